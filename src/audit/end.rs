//! How runs end, in the words of records: one status for each end, one reason for each refusal.

use serde::Serialize;

use crate::call::{Refusal, Stop, TroubleKind};
use crate::response::Outcome;
use crate::telemetry::CallStatus;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum End {
    /// Not yet: what the intent of a write says.
    Pending,
    /// With an outcome.
    Ok,
    /// With an outcome that tells of an error, or a service's trouble.
    ToolError,
    /// Denied by a rule.
    Denied,
    /// Ended by a guard, or by the person's no.
    Blocked,
    /// With a question.
    Asked,
    /// Not begun: there are more calls than may be.
    Limited,
    /// With a fault of ours or of what we depend on.
    Error,
    /// A write went out and its end isn't known.
    Unknown,
    /// The client went away, or the call was taken back, before anything was written.
    Cancelled,
}

impl End {
    /// Its name in metrics. What is still pending is told when it ends.
    pub(super) fn status(self) -> Option<CallStatus> {
        match self {
            Self::Pending => None,
            Self::Ok => Some(CallStatus::Ok),
            Self::ToolError => Some(CallStatus::ToolError),
            Self::Denied => Some(CallStatus::Denied),
            Self::Blocked => Some(CallStatus::Blocked),
            Self::Asked => Some(CallStatus::Asked),
            Self::Limited => Some(CallStatus::Limited),
            Self::Error => Some(CallStatus::Error),
            Self::Unknown => Some(CallStatus::Unknown),
            Self::Cancelled => Some(CallStatus::Cancelled),
        }
    }

    pub(super) fn of(end: &Result<Outcome, Stop>) -> Self {
        match end {
            Ok(outcome) if outcome.is_error() => Self::ToolError,
            Ok(_) => Self::Ok,
            Err(Stop::Ask(_)) => Self::Asked,
            Err(Stop::Refused(refusal)) => Self::of_refusal(refusal),
        }
    }

    fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::UnknownTool(_) => Self::Denied,
            Refusal::InvalidArguments(_)
            | Refusal::InvalidCursor
            | Refusal::NotFound { .. }
            | Refusal::InvalidState
            | Refusal::InvalidAnswer
            | Refusal::AlreadyUsed
            | Refusal::Changed
            | Refusal::Declined
            | Refusal::Cancelled
            | Refusal::CannotAsk
            | Refusal::ByLink { .. }
            | Refusal::TooLarge => Self::Blocked,
            Refusal::Withdrawn => Self::Cancelled,
            Refusal::Service(trouble) if trouble.kind == TroubleKind::Unknown => Self::Unknown,
            Refusal::Service(_) | Refusal::Unreadable { .. } => Self::ToolError,
            Refusal::Limited { .. } => Self::Limited,
            Refusal::PermissionsUnavailable
            | Refusal::TooManyGroups
            | Refusal::AuditUnavailable
            | Refusal::TimedOut
            | Refusal::Internal => Self::Error,
        }
    }
}

/// A refusal's name in records.
pub(super) fn reason(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownTool(_) => "unknown_tool",
        Refusal::InvalidArguments(_) => "invalid_arguments",
        Refusal::InvalidCursor => "invalid_cursor",
        Refusal::NotFound { .. } => "not_found",
        Refusal::InvalidState => "invalid_state",
        Refusal::InvalidAnswer => "invalid_answer",
        Refusal::AlreadyUsed => "already_used",
        Refusal::Changed => "changed",
        Refusal::Declined => "declined",
        Refusal::Cancelled => "cancelled",
        Refusal::CannotAsk => "cannot_ask",
        Refusal::ByLink { .. } => "by_link",
        Refusal::Withdrawn => "withdrawn",
        Refusal::PermissionsUnavailable => "permissions_unavailable",
        Refusal::TooManyGroups => "too_many_groups",
        Refusal::AuditUnavailable => "audit_unavailable",
        Refusal::Service(trouble) => trouble.kind.name(),
        Refusal::Unreadable { .. } => "unreadable",
        Refusal::Limited { limit, .. } => limit.name(),
        Refusal::TimedOut => "timed_out",
        Refusal::TooLarge => "too_large",
        Refusal::Internal => "internal",
    }
}
