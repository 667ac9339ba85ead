//! The refusals of the pipeline, as plain values: no HTTP and no JSON-RPC here.
//!
//! `error.rs` holds the one table that maps them for each front door. What a caller may read is
//! in the variant; what only the log may know travels in [`Trouble`].

use std::time::Duration;

/// Why a call ended without an outcome.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// There is no such tool for this caller: unknown, hidden or denied, all alike.
    UnknownTool(String),
    /// The arguments don't fit the tool; each problem says where and how to mend it.
    InvalidArguments(Vec<String>),
    /// The cursor isn't one of ours for this caller, tool, filter and scope, or is too old.
    InvalidCursor,
    /// The named record doesn't exist for this caller: missing or out of scope, both alike.
    NotFound {
        /// The argument that named it.
        argument: String,
    },
    /// The request state isn't ours, isn't for this caller and call, or is too old.
    InvalidState,
    /// The answer to the question doesn't have the asked form.
    InvalidAnswer,
    /// The confirmation was used before.
    AlreadyUsed,
    /// The record changed after the question was asked.
    Changed,
    /// The person said no.
    Declined,
    /// The person closed the question without an answer.
    Cancelled,
    /// The client took the call back or went away; nobody is left to read this.
    Withdrawn,
    /// The client can't show the question; `mcp` makes it, the pipeline never does.
    CannotAsk,
    /// The client can't show the question, but the person can answer it on a page of ours; `mcp`
    /// makes it, the pipeline never does.
    ByLink {
        /// The page.
        url: String,
        /// Until when it can be answered there, in seconds since 1970.
        expires: u64,
        /// The question, as the person will read it.
        question: String,
    },
    /// The permission service gave no usable answer: nothing is allowed until it does.
    PermissionsUnavailable,
    /// The caller's token can't name all of their groups, by which this deployment decides: nothing
    /// is allowed until somebody changes what tokens name.
    TooManyGroups,
    /// The audit sink takes no record: without one no call begins and nothing is written.
    AuditUnavailable,
    /// The service refused or failed.
    Service(Trouble),
    /// A file of which no text can be shown.
    Unreadable {
        /// Why.
        why: Unreadable,
        /// What to do instead, in the definition's words.
        otherwise: Option<String>,
    },
    /// There are more calls than may be; nothing was begun.
    Limited {
        /// Whose limit it is.
        limit: Limit,
        /// When to come again.
        retry_after: Duration,
    },
    /// The call took longer than it may.
    TimedOut,
    /// The answer is longer than an answer may be, even cut to one row.
    TooLarge,
    /// Something that should not happen; the log has it under the decision's id.
    Internal,
}

/// A limit of calls (`docs/LIMITS.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Calls of one person that run at once.
    Person,
    /// Calls of one tool, by all people together.
    Tool,
    /// Calls that run at once, of all people together.
    Overall,
}

impl Limit {
    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "limit_person",
            Self::Tool => "limit_tool",
            Self::Overall => "limit_overall",
        }
    }
}

/// Why no text of a file can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is of this content type, `type/subtype`.
    Type(String),
    /// The service has no text of it.
    Nothing,
    /// The service gives a link to it, and links aren't followed.
    ByLink,
}

/// What a service answered instead of a result, in words of ours that a person can act on.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// The service, by its name in the configuration.
    pub service: String,
    /// What kind of trouble, and so which words.
    pub kind: TroubleKind,
}

/// The kinds of trouble that a service can be in.
#[derive(Clone, Debug, PartialEq)]
pub enum TroubleKind {
    /// 400 or 422: the service won't take these values; the named fields, if it said which.
    Rejected(Vec<String>),
    /// 422 for a saved query: it was asked right and can't be run.
    QueryFailed,
    /// 401: the service doesn't take the caller's token.
    NotSignedIn,
    /// 403: the service doesn't allow it.
    Forbidden,
    /// 404 for something that was there a moment ago, or 410.
    Gone,
    /// 409: the service says that it collides with something else.
    Conflict,
    /// 412: the record changed since it was read.
    Stale,
    /// 429 or 503: busy, and when it may be tried again, if the service said so.
    Busy(Option<Duration>),
    /// It can't be reached: nothing was sent.
    Unreachable,
    /// It was asked and didn't answer in time.
    NoAnswer,
    /// An answer that isn't what the service promises: another status, too long, not JSON.
    BadAnswer,
    /// A write went out and its end isn't known.
    Unknown,
    /// The service needs the caller's own token, and this caller has none that may be sent.
    NoToken,
    /// The service needs a token of its own audience in the caller's name, and Entra gave none. What
    /// happened in a sentence, where Entra's number says it.
    NoTokenFor(Hindrance, Option<&'static str>),
}

/// What keeps Entra from giving a token in a person's name, by what is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Nobody consented: an administrator does, once for all.
    Consent,
    /// The sign-in isn't enough, or is over: the person signs in again.
    SignIn,
    /// A policy or an assignment: an administrator.
    Policy,
    /// Osier's registration or settings: whoever runs it.
    Setup,
    /// No usable answer: it passes.
    Away,
}

impl TroubleKind {
    /// Its name in records.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rejected(_) => "service_rejected",
            Self::QueryFailed => "service_query_failed",
            Self::NotSignedIn => "service_not_signed_in",
            Self::Forbidden => "service_forbidden",
            Self::Gone => "service_gone",
            Self::Conflict => "service_conflict",
            Self::Stale => "service_stale",
            Self::Busy(_) => "service_busy",
            Self::Unreachable => "service_unreachable",
            Self::NoAnswer => "service_no_answer",
            Self::BadAnswer => "service_bad_answer",
            Self::Unknown => "service_end_unknown",
            Self::NoToken => "service_needs_token",
            Self::NoTokenFor(Hindrance::Consent, _) => "service_needs_consent",
            Self::NoTokenFor(Hindrance::SignIn, _) => "service_needs_sign_in",
            Self::NoTokenFor(Hindrance::Policy, _) => "service_blocked_by_policy",
            Self::NoTokenFor(Hindrance::Setup, _) => "service_token_set_up_wrong",
            Self::NoTokenFor(Hindrance::Away, _) => "service_token_unavailable",
        }
    }
}
