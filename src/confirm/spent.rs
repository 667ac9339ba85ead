//! Using a confirmation up. The store says which were used; what isn't kept for sure is no yes.
//! `confirm` asks it last before a yes.

use super::Confirmations;
use crate::call::Refusal;
use crate::store::StoreFault;

impl Confirmations {
    /// Spends a nonce: goes well exactly once for each, however many ask at once and at whichever
    /// replica.
    ///
    /// # Errors
    /// [`Refusal::AlreadyUsed`]; [`Refusal::Internal`] where it can't be kept.
    pub(super) async fn spend(&self, nonce: &str, expires: u64) -> Result<(), Refusal> {
        match self.store.spend(nonce, expires).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refusal::AlreadyUsed),
            Err(fault) => Err(lost(&fault)),
        }
    }

    /// Was a nonce spent? It decides nothing but the words of a refusal.
    pub(super) async fn was_spent(&self, nonce: &str) -> bool {
        self.store.was_spent(nonce).await.unwrap_or_else(|fault| {
            lost(&fault);
            false
        })
    }
}

/// Without the store nothing is confirmed.
pub(super) fn lost(fault: &StoreFault) -> Refusal {
    tracing::error!(%fault, "confirmations can't be kept");
    Refusal::Internal
}
