//! Which confirmations were used. Memory for one replica; a shared store takes its place for several.
//! `confirm` asks it last before a yes; what isn't kept for sure is no yes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::call::Refusal;
use crate::clock::Clock;

/// No more than this are kept; while the list is full nothing more is confirmed.
const MAX_KEPT: usize = 200_000;

/// The nonces that were spent, until they would have expired anyway.
pub enum Spent {
    /// In this process.
    Memory(Mutex<BTreeMap<String, u64>>),
}

impl Spent {
    /// An empty list in this process.
    pub fn memory() -> Self {
        Self::Memory(Mutex::new(BTreeMap::new()))
    }

    /// Spends a nonce: goes well exactly once for each, however many ask at once.
    ///
    /// # Errors
    /// [`Refusal::AlreadyUsed`]; [`Refusal::Internal`] where it can't be kept.
    #[expect(clippy::unused_async, reason = "a shared store will have to be awaited")]
    pub async fn spend(&self, nonce: &str, expires: u64, clock: &Clock) -> Result<(), Refusal> {
        let Self::Memory(kept) = self;
        let mut kept = kept.lock().map_err(|_| Refusal::Internal)?;
        if kept.contains_key(nonce) {
            return Err(Refusal::AlreadyUsed);
        }
        if kept.len() >= MAX_KEPT {
            // What has expired is refused for its age.
            let now = clock.unix_seconds();
            kept.retain(|_, expires| *expires > now);
        }
        if kept.len() >= MAX_KEPT {
            tracing::error!(kept = kept.len(), "no more confirmations can be kept");
            return Err(Refusal::Internal);
        }
        kept.insert(nonce.to_owned(), expires);
        Ok(())
    }

    /// Was a nonce spent? It decides nothing but the words of a refusal.
    #[expect(clippy::unused_async, reason = "a shared store will have to be awaited")]
    pub async fn was_spent(&self, nonce: &str) -> bool {
        let Self::Memory(kept) = self;
        kept.lock().is_ok_and(|kept| kept.contains_key(nonce))
    }
}
