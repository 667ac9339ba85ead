//! Tokens that were verified a moment ago, by the SHA-256 of their text: a lookup is fifty times
//! cheaper than a signature. Bounded; a refusal is never kept; a key set that changed empties it.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use moka::future::Cache;

use super::Identity;
use super::claims::Times;
use crate::clock::Clock;

/// The longest that a verified token is believed without another look.
const LONGEST: Duration = Duration::from_mins(5);

/// A token's text, hashed: the cache holds no key that would open a door.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenHash([u8; 32]);

impl TokenHash {
    pub(super) fn of(token: &str) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(digest(&SHA256, token.as_bytes()).as_ref()) {
            *to = *from;
        }
        Self(hash)
    }
}

#[derive(Clone)]
struct Entry {
    identity: Arc<Identity>,
    times: Times,
    /// Which key set verified it.
    generation: u64,
    /// When, in unix seconds.
    verified: u64,
}

/// The verified tokens.
pub(super) struct TokenCache {
    entries: Cache<TokenHash, Entry>,
    clock: Clock,
    leeway: u64,
}

impl TokenCache {
    pub(super) fn new(most: u64, leeway: Duration, clock: Clock) -> Self {
        // moka counts by a clock that nobody can set, so the cap holds whatever the wall clock does.
        let entries = Cache::builder().max_capacity(most).time_to_live(LONGEST).build();
        Self { entries, clock, leeway: leeway.as_secs() }
    }

    /// Who the token speaks for, if it was verified with this key set, not long ago, and its own
    /// times hold at this moment.
    pub(super) async fn get(&self, hash: &TokenHash, generation: u64) -> Option<Arc<Identity>> {
        let entry = self.entries.get(hash).await?;
        let now = self.clock.unix_seconds();
        let held = now.checked_sub(entry.verified)?;
        let good = held < LONGEST.as_secs()
            && entry.generation == generation
            && entry.times.check(now, self.leeway).is_ok();
        good.then_some(entry.identity)
    }

    pub(super) async fn put(
        &self,
        hash: TokenHash,
        identity: Arc<Identity>,
        times: Times,
        generation: u64,
    ) {
        let verified = self.clock.unix_seconds();
        self.entries.insert(hash, Entry { identity, times, generation, verified }).await;
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.entries.invalidate_all();
    }
}
