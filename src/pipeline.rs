//! The page: every stage of a call in order, with the audit record around them.
//!
//! Front doors call [`Pipeline::run`] and render its end. The order is the design: who may, what
//! was said, what it names, whether the person said yes, the call, what of it may be seen.

mod admission;
mod circumstances;
mod compose;
mod parts;

pub use admission::Admission;
pub use parts::{Pipeline, Ran};

use std::sync::Arc;

use tracing::Instrument;

use crate::audit::{Record, Stage};
use crate::backend::{RawResult, Sent};
use crate::call::{Call, Notes, Refusal, Stop};
use crate::catalog::Plan;
use crate::confirm::{Consent, Trace as Asked};
use crate::identity::Identity;
use crate::response::{self, Outcome};
use crate::telemetry::Trace;
use crate::{request, scope, target};
use circumstances::Circumstances;
use parts::lost_write;

impl Pipeline {
    /// Runs a call to its end and leaves a record of it.
    pub async fn run(self: &Arc<Self>, identity: Arc<Identity>, call: Call) -> Ran {
        let _running = self.running.token();
        let mut circumstances = Circumstances::of(&call);
        // The place in the record is reserved first: what can't be recorded doesn't run.
        let record = Record::open(&self.audit, &self.clock, &identity, &call.client);
        let Some(Ok(mut record)) = circumstances.at_most(record).await else {
            return Ran::unrecorded();
        };
        let decision = record.id().to_owned();
        record.part_of(call.part_of.clone());
        circumstances.decided_as(&decision);
        // What the stages log is found by the id that the caller sees.
        let span = tracing::error_span!("call", decision);
        // Boxed, since the doors above would otherwise carry the stages' whole state around.
        let consent = self.consent(identity, call, &mut record, &circumstances);
        let consent = Box::pin(circumstances.hold(consent));
        let consent = match consent.instrument(span.clone()).await {
            Ok(consent) => consent,
            Err(stop) => return Ran { decision, end: record.end(Err(stop)) },
        };
        let lost = lost_write(&consent);
        let carried_out = Box::pin(Arc::clone(self).carry_out(consent, record, circumstances));
        let carried_out = Trace::here().around(carried_out.instrument(span));
        let end = match lost {
            None => carried_out.await,
            // The yes is spent: from here on a client that goes away stops nothing.
            Some(lost) => self.running.spawn(carried_out).await.unwrap_or(Err(lost.into())),
        };
        Ran { decision, end }
    }

    /// From who and what to a yes where one is needed.
    async fn consent(
        &self,
        identity: Arc<Identity>,
        call: Call,
        record: &mut Record,
        circumstances: &Circumstances,
    ) -> Result<Consent, Stop> {
        // First, so that nobody learns anything of a tool that they may not use.
        let answered = call.answer.is_some() || call.by_link;
        let permit = self.access.authorize(&self.catalog, &identity, &call.tool, answered).await;
        let permit = permit.map_err(|denial| record.denied(denial))?;
        record.tool(permit.tool());
        circumstances.admit(&self.admission, &permit).await?;
        record.enter(Stage::Request);
        let checked =
            request::check(permit, call.arguments, &self.confirmations.keys, &self.clock)?;
        record.arguments(checked.digest());
        // Before the question, so that the person is asked about what is there now.
        record.enter(Stage::Target);
        let located = target::locate(checked, &*self.backends).await?;
        record.enter(Stage::Confirm);
        let mut trace = Asked::default();
        let decided =
            self.confirmations.decide(located, call.answer, call.by_link, &mut trace).await;
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
                let answer = Box::pin(self.answer(consent, &circumstances, &mut record));
                circumstances.hold(answer).await
            }
            // A write without an accepted record of the intent doesn't go out.
            Some(_) => match circumstances.at_most(record.intend()).await {
                Some(Ok(())) => Box::pin(self.answer(consent, &circumstances, &mut record)).await,
                _ => Err(Refusal::AuditUnavailable.into()),
            },
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
        let tool = Arc::clone(consent.located().checked().permit().tool());
        if let Plan::Compose(composition) = &tool.plan {
            return Box::pin(self.compose(&consent, composition, circumstances)).await;
        }
        let lost = lost_write(&consent);
        let mut sent = Sent::default();
        let notes = &circumstances.notes;
        let raw = self.backends.execute(consent, &self.confirmations, notes, &mut sent).await;
        record.upstream(&sent);
        let raw = raw.inspect_err(|stop| record.asked(stop))?;
        let shown = self.show(raw, sent, notes, record).await;
        // A write that was carried out isn't undone by an answer that can't be shown.
        shown.map_err(|refusal| lost.unwrap_or(refusal).into())
    }

    async fn show(
        &self,
        raw: RawResult,
        mut sent: Sent,
        notes: &Notes,
        record: &mut Record,
    ) -> Result<Outcome, Refusal> {
        record.enter(Stage::Scope);
        let scoped = scope::apply(raw, &self.backends, notes, &mut sent).await;
        record.upstream(&sent);
        let scoped = scoped?;
        record.enter(Stage::Response);
        response::check(&scoped, &self.bounds, &self.confirmations.keys, &self.clock)
    }
}
