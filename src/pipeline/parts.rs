//! What a call passes through, made once at start, and what comes of a call.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;

use crate::access::{Access, Freshness, Snapshot};
use crate::audit::Sink;
use crate::backend::Backends;
use crate::call::{Refusal, Stop, Trouble, TroubleKind};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::confirm::{Confirmations, Consent};
use crate::identity::Identity;
use crate::response::{Bounds, Outcome};
use crate::seal::random_name;
use crate::telemetry::{CallStatus, meters};

use super::admission::Admission;

/// What a call passes through.
pub struct Pipeline {
    /// The definitions.
    pub catalog: Arc<Catalog>,
    /// Who may do what.
    pub access: Arc<Access>,
    /// The customer's services.
    pub backends: Arc<Backends>,
    /// Questions and their answers.
    pub confirmations: Confirmations,
    /// Where the records go.
    pub audit: Sink,
    /// How many calls there may be.
    pub admission: Arc<Admission>,
    /// Bounds of results.
    pub bounds: Bounds,
    /// The clock.
    pub clock: Clock,
    /// The calls that run, and the writes that nobody waits for any more: the end of the process
    /// waits for them.
    pub running: TaskTracker,
}

/// A call that was run: how it ended, and the id under which it is on record.
#[derive(Debug)]
pub struct Ran {
    /// The decision's id, as the audit record has it.
    pub decision: String,
    /// The end.
    pub end: Result<Outcome, Stop>,
}

impl Pipeline {
    /// The definitions.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// What a caller may do, fresh enough for a list.
    ///
    /// # Errors
    /// [`Refusal::PermissionsUnavailable`]
    pub async fn permissions(&self, identity: &Arc<Identity>) -> Result<Arc<Snapshot>, Refusal> {
        self.access.snapshot(identity, Freshness::Read).await
    }
}

impl Ran {
    /// A call that wasn't begun, since there is no place to record it.
    pub(super) fn unrecorded() -> Self {
        let decision = random_name("dec_");
        // No record drops, which would have counted it.
        meters().call(None, CallStatus::Error, Duration::ZERO);
        meters().refusal("audit_unavailable");
        tracing::error!(decision, "a call can't be recorded and wasn't begun");
        Self { decision, end: Err(Refusal::AuditUnavailable.into()) }
    }
}

/// What there is to say of a write whose answer is lost; none for a read.
pub(super) fn lost_write(consent: &Consent) -> Option<Refusal> {
    consent.yes()?;
    let service = consent.located().checked().permit().tool().backend.clone();
    Some(Refusal::Service(Trouble { service, kind: TroubleKind::Unknown }))
}
