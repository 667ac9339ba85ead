//! The page: every stage of a call in order, with the audit record around them.
//!
//! Front doors call [`Pipeline::run`] and render its end. The order is the design: who may, what
//! was said, what it names, whether the person said yes, the call, what of it may be seen.

mod circumstances;
mod compose;
mod parts;

pub use parts::{Pipeline, Ran};

use std::sync::Arc;

use crate::access::{Freshness, Snapshot};
use crate::audit::{Record, Stage};
use crate::backend::Sent;
use crate::call::{Call, Refusal, Stop};
use crate::catalog::Catalog;
use crate::confirm::{Consent, Trace};
use crate::identity::Identity;
use crate::response::{self, Outcome};
use crate::{request, scope, target};

use circumstances::Circumstances;

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
        let circumstances = Circumstances::of(&call);
        // Boxed, since the doors above would otherwise carry the stages' whole state around.
        let consent = Box::pin(circumstances.hold(self.consent(identity, call, &mut record))).await;
        let consent = match consent {
            Ok(consent) => consent,
            Err(stop) => return Ran { decision, end: record.end(Err(stop)) },
        };
        let writes = consent.yes().is_some();
        let carried_out = Box::pin(Arc::clone(self).carry_out(consent, record, circumstances));
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

    /// From a yes to the end, and its record.
    async fn carry_out(
        self: Arc<Self>,
        consent: Consent,
        mut record: Record,
        circumstances: Circumstances,
    ) -> Result<Outcome, Stop> {
        let end = match consent.yes() {
            None => {
                let answer = self.answer(consent, &circumstances, &mut record);
                circumstances.hold(answer).await
            }
            // A write without an accepted record of the intent doesn't go out.
            Some(_) if record.intend().await.is_err() => Err(Refusal::AuditUnavailable.into()),
            Some(_) => self.answer(consent, &circumstances, &mut record).await,
        };
        record.end(end)
    }

    /// The service's call, and what of its answer may be seen.
    async fn answer(
        self: &Arc<Self>,
        consent: Consent,
        circumstances: &Circumstances,
        record: &mut Record,
    ) -> Result<Outcome, Stop> {
        record.enter(Stage::Backend);
        if let Some(parts) = consent.located().checked().permit().tool().parts() {
            return self.compose(&consent, parts, circumstances).await;
        }
        let mut sent = Sent::default();
        let notes = &circumstances.notes;
        let raw = self.backends.execute(consent, &self.confirmations, notes, &mut sent).await;
        record.upstream(&sent);
        let raw = raw.inspect_err(|stop| record.asked(stop))?;

        record.enter(Stage::Scope);
        let scoped = scope::apply(raw, &self.backends, &mut sent).await;
        record.upstream(&sent);
        let scoped = scoped?;

        record.enter(Stage::Response);
        Ok(response::check(&scoped, self.bounds, &self.confirmations.keys, &self.clock)?)
    }
}
