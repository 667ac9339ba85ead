//! What goes along with a call from its start to its end: who speaks for the person, where its notes
//! go, and what ends it before its time.

use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::access::Permit;
use crate::call::{Call, Client, Notes, Refusal, Stop};
use crate::telemetry::Trace;

use super::admission::{Admission, Admitted};

/// What goes along with a call.
pub(super) struct Circumstances {
    pub(super) notes: Notes,
    client: Client,
    cancel: CancellationToken,
    ends: Instant,
    /// The decision's id.
    decision: String,
    /// A part needs no place beside that of its whole.
    is_part: bool,
    /// The place that the call takes up, to its end.
    place: OnceLock<Admitted>,
}

impl Circumstances {
    /// Those of a call that begins now.
    pub(super) fn of(call: &Call) -> Self {
        Self {
            notes: call.notes.clone(),
            client: call.client.clone(),
            cancel: call.cancel.clone(),
            ends: Instant::now() + call.budget,
            decision: String::new(),
            is_part: call.part_of.is_some(),
            place: OnceLock::new(),
        }
    }

    /// By this id the call's parts name it.
    pub(super) fn decided_as(&mut self, decision: &str) {
        decision.clone_into(&mut self.decision);
        Trace::here().say("osier.decision_id", || decision.to_owned());
    }

    /// Takes a place for the call, where there is one.
    pub(super) async fn admit(&self, by: &Admission, permit: &Permit) -> Result<(), Refusal> {
        by.tool(permit.tool())?;
        if !self.is_part {
            let place = by.enter(permit.identity()).await?;
            let _ = self.place.set(place);
        }
        Ok(())
    }

    /// Waits for what only the budget may end.
    pub(super) async fn at_most<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.ends, work).await.ok()
    }

    /// Works until the work is done, the budget is used up, or the client is gone.
    pub(super) async fn hold<T>(
        &self,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Stop> {
        tokio::select! {
            biased;
            end = tokio::time::timeout_at(self.ends, work) => {
                end.unwrap_or_else(|_| Err(Refusal::TimedOut.into()))
            }
            () = self.cancel.cancelled() => Err(Refusal::Withdrawn.into()),
        }
    }

    /// A part of the call, as a call of its own. It ends when the whole does, at the latest.
    pub(super) fn part(&self, tool: String, arguments: Map<String, Value>) -> Call {
        Call {
            tool,
            arguments,
            answer: None,
            by_link: false,
            part_of: Some(self.decision.clone()),
            client: self.client.clone(),
            notes: Notes::silent(),
            cancel: self.cancel.child_token(),
            budget: self
                .ends
                .saturating_duration_since(Instant::now())
                .max(Duration::from_millis(1)),
        }
    }
}
