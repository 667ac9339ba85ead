//! What ends a call before its time: its budget, and its client.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call::{Refusal, Stop};

/// When a call ends at the latest, and who may end it before.
pub(super) struct Limits {
    cancel: CancellationToken,
    ends: Instant,
}

impl Limits {
    /// From now on.
    pub(super) fn new(budget: Duration, cancel: CancellationToken) -> Self {
        Self { cancel, ends: Instant::now() + budget }
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
}
