//! What this replica has seen used: states, codes, refresh tokens. Best effort, bounded, gone after a
//! restart. Entra itself redeems its code once, on whatever replica; this only answers sooner.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// No more than this are remembered; beyond it, the oldest go.
const MAX_KEPT: usize = 50_000;

/// Things that were used, each until it would have expired anyway.
#[derive(Debug, Default)]
pub struct Seen(Mutex<HashMap<String, Use>>);

/// When something was used, and until when that matters, in unix seconds.
#[derive(Clone, Copy, Debug)]
struct Use {
    at: u64,
    expires: u64,
}

impl Seen {
    /// Marks a thing as used. None the first time; else when it was used first, in unix seconds.
    pub fn mark(&self, id: &str, expires: u64, now: u64) -> Option<u64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = seen.get(id).filter(|used| used.expires > now) {
            return Some(used.at);
        }
        if seen.len() >= MAX_KEPT {
            seen.retain(|_, used| used.expires > now);
        }
        if seen.len() >= MAX_KEPT {
            let mut times: Vec<_> = seen.values().map(|used| used.at).collect();
            let (_, median, _) = times.select_nth_unstable(MAX_KEPT / 2);
            let median = *median;
            seen.retain(|_, used| used.at > median);
        }
        seen.insert(id.to_owned(), Use { at: now, expires });
        None
    }

    /// Takes a mark back: it turned out not to be used.
    pub fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// Since when it is used, in unix seconds; none where it isn't.
    pub fn since(&self, id: &str, now: u64) -> Option<u64> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(id).filter(|used| used.expires > now).map(|used| used.at)
    }

    /// Was it used?
    pub fn has(&self, id: &str, now: u64) -> bool {
        self.since(id, now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_once_until_it_expires_and_stays_bounded() {
        let seen = Seen::default();
        assert_eq!(seen.mark("a", 100, 10), None);
        assert_eq!(seen.mark("a", 100, 20), Some(10));
        assert!(seen.has("a", 99) && !seen.has("a", 100) && !seen.has("b", 20));
        assert_eq!(seen.mark("a", 200, 100), None);
        seen.forget("a");
        assert_eq!(seen.mark("a", 200, 100), None);
        for at in 0..(MAX_KEPT as u64 + 10) {
            seen.mark(&at.to_string(), u64::MAX, 1000 + at);
        }
        assert!(seen.0.lock().unwrap().len() <= MAX_KEPT);
    }
}
