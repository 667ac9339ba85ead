//! The page: every stage of a call in order, with the audit record around them.
//!
//! Front doors call [`Pipeline::run`] and render its end. The order is the design: who may, what
//! was said, what it names, whether the person said yes, the call, what of it may be seen.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::access::{Access, Freshness, Snapshot};
use crate::audit::{Record, Sink, Stage};
use crate::backend::{Backends, Sent};
use crate::call::{Call, Refusal, Stop};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::confirm::{Confirmations, Consent, Trace};
use crate::identity::Identity;
use crate::request;
use crate::response::{self, Bounds, Outcome};
use crate::scope;
use crate::target;

/// What a call passes through.
pub struct Pipeline {
    /// The definitions.
    pub catalog: Arc<Catalog>,
    /// Who may do what.
    pub access: Access,
    /// The customer's services.
    pub backends: Backends,
    /// Questions and their answers.
    pub confirmations: Confirmations,
    /// Where the records go.
    pub audit: Sink,
    /// Bounds of results.
    pub bounds: Bounds,
    /// The clock.
    pub clock: Clock,
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

    /// Runs a call to its end and leaves a record of it.
    pub async fn run(self: &Arc<Self>, identity: Arc<Identity>, call: Call) -> Ran {
        // The place in the record is reserved first: what can't be recorded doesn't run.
        let record = Record::open(&self.audit, &self.clock, &identity, &call.client).await;
        let Ok(mut record) = record else {
            return Ran { decision: String::new(), end: Err(Refusal::AuditUnavailable.into()) };
        };
        let decision = record.id().to_owned();
        let limits = Limits { cancel: call.cancel.clone(), ends: Instant::now() + call.budget };
        let consent = match limits.hold(self.consent(identity, call, &mut record)).await {
            Ok(consent) => consent,
            Err(stop) => return Ran { decision, end: record.end(Err(stop)) },
        };
        let writes = consent.yes().is_some();
        let carried_out = Arc::clone(self).carry_out(consent, record, limits);
        let end = if writes {
            // The yes is spent: from here on a client that goes away stops nothing.
            tokio::spawn(carried_out).await.unwrap_or(Err(Refusal::Internal.into()))
        } else {
            carried_out.await
        };
        Ran { decision, end }
    }

    /// From who and what to a yes where one is needed.
    async fn consent(
        &self,
        identity: Arc<Identity>,
        call: Call,
        record: &mut Record,
    ) -> Result<Consent, Stop> {
        // First, so that nobody learns anything of a tool that they may not use.
        let answered = call.answer.is_some();
        let permit = self.access.authorize(&self.catalog, &identity, &call.tool, answered).await;
        let permit = permit.map_err(|denial| record.denied(denial))?;
        record.tool(permit.tool());

        record.enter(Stage::Request);
        let checked =
            request::check(permit, call.arguments, &self.confirmations.keys, &self.clock)?;
        record.arguments(checked.digest());

        // Before the question, so that the person is asked about what is there now.
        record.enter(Stage::Target);
        let located = target::locate(checked, &self.backends).await?;

        record.enter(Stage::Confirm);
        let mut trace = Trace::default();
        let decided = self.confirmations.decide(located, call.answer, &mut trace).await;
        record.decided(trace, &decided);
        decided
    }

    /// From a yes to what may be seen of the answer.
    async fn carry_out(
        self: Arc<Self>,
        consent: Consent,
        mut record: Record,
        limits: Limits,
    ) -> Result<Outcome, Stop> {
        let end = if consent.yes().is_some() {
            // A write without an accepted record of the intent doesn't go out.
            match record.intend().await {
                Ok(()) => self.answer(consent, &mut record).await,
                Err(_) => Err(Refusal::AuditUnavailable.into()),
            }
        } else {
            limits.hold(self.answer(consent, &mut record)).await
        };
        record.end(end)
    }

    async fn answer(&self, consent: Consent, record: &mut Record) -> Result<Outcome, Stop> {
        record.enter(Stage::Backend);
        let mut sent = Sent::default();
        let raw = self.backends.execute(consent, &self.confirmations, &mut sent).await;
        record.upstream(sent.status, sent.took);
        let raw = raw.inspect_err(|stop| record.asked(stop))?;

        record.enter(Stage::Scope);
        let scoped = scope::apply(raw, &self.backends, &mut sent).await;
        record.upstream(sent.status, sent.took);
        let scoped = scoped?;

        record.enter(Stage::Response);
        Ok(response::check(&scoped, self.bounds, &self.confirmations.keys, &self.clock)?)
    }
}

/// What ends a call before its time: its budget, and its client.
struct Limits {
    cancel: CancellationToken,
    ends: Instant,
}

impl Limits {
    async fn hold<T>(&self, work: impl Future<Output = Result<T, Stop>>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            end = tokio::time::timeout_at(self.ends, work) => {
                end.unwrap_or_else(|_| Err(Refusal::TimedOut.into()))
            }
            () = self.cancel.cancelled() => Err(Refusal::Cancelled.into()),
        }
    }
}
