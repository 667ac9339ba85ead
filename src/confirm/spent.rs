//! Which confirmations were used. Memory for one replica; a shared store takes its place for several.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::clock::Clock;

/// More open ends than this aren't kept: with a full list nothing more is confirmed.
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

    /// Spends a nonce. True exactly once for each, however many ask at once; false also where it
    /// can't be kept.
    #[expect(clippy::unused_async, reason = "a shared store will have to be awaited")]
    pub async fn spend(&self, nonce: &str, expires: u64, clock: &Clock) -> bool {
        let Self::Memory(kept) = self;
        let Ok(mut kept) = kept.lock() else { return false };
        if kept.len() >= MAX_KEPT {
            let now = clock.unix_seconds();
            kept.retain(|_, expires| *expires > now);
        }
        if kept.len() >= MAX_KEPT || kept.contains_key(nonce) {
            return false;
        }
        kept.insert(nonce.to_owned(), expires);
        true
    }
}
