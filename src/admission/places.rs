//! How many at once: [`Places`] for all together, with a short line of those who wait for a moment,
//! and [`Shares`], how many of them one key may have. Both are given back by drop.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Bound, locked};

/// So many at once.
pub struct Places {
    free: Arc<Semaphore>,
    bound: Bound,
    waiting: AtomicUsize,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Places {
    /// All of them free.
    pub fn new(bound: Bound) -> Self {
        let most = bound.most.min(Semaphore::MAX_PERMITS);
        Self { free: Arc::new(Semaphore::new(most)), bound, waiting: AtomicUsize::new(0) }
    }

    /// A place now, or after a short wait; none where the line is full or the wait was in vain.
    pub async fn enter(&self) -> Option<Place> {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Some(Place { _permit: permit });
        }
        let _inline = self.line_up()?;
        let turn = Arc::clone(&self.free).acquire_owned();
        let permit = tokio::time::timeout(self.bound.patience, turn).await.ok()?.ok()?;
        Some(Place { _permit: permit })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.bound.most.saturating_sub(self.free.available_permits())
    }

    fn line_up(&self) -> Option<InLine<'_>> {
        let one_more = |waiting| (waiting < self.bound.waiting).then_some(waiting + 1);
        let joined = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        joined.ok().map(|_| InLine(&self.waiting))
    }
}

/// A place in the line; whoever gives up leaves it too.
struct InLine<'a>(&'a AtomicUsize);

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// So many at once for each key. Only keys that have any are remembered.
#[derive(Debug)]
pub struct Shares<K: Eq + Hash> {
    taken: Arc<Mutex<HashMap<K, usize>>>,
    most: usize,
}

/// One of a key's, until it is dropped.
#[derive(Debug)]
pub struct Share<K: Eq + Hash> {
    key: K,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Clone + Eq + Hash> Shares<K> {
    /// So many for each key.
    pub fn new(most: usize) -> Self {
        Self { taken: Arc::default(), most }
    }

    /// One more of this key's, unless it has them all.
    pub fn take(&self, key: &K) -> Option<Share<K>> {
        self.take_below(key, self.most)
    }

    /// One more of this key's, however many it has: for what has begun already.
    pub fn count_in(&self, key: &K) -> Option<Share<K>> {
        self.take_below(key, usize::MAX)
    }

    fn take_below(&self, key: &K, most: usize) -> Option<Share<K>> {
        let mut taken = locked(&self.taken);
        match taken.get_mut(key) {
            Some(count) if *count >= most => return None,
            Some(count) => *count += 1,
            None if most == 0 => return None,
            None => {
                taken.insert(key.clone(), 1);
            }
        }
        drop(taken);
        Some(Share { key: key.clone(), taken: Arc::clone(&self.taken) })
    }

    /// How many keys have one or more.
    pub fn keys(&self) -> usize {
        locked(&self.taken).len()
    }
}

impl<K: Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut taken = locked(&self.taken);
        let left = taken.get_mut(&self.key).map(|count| {
            *count -= 1;
            *count
        });
        if left == Some(0) {
            taken.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(600);

    fn places(most: usize, waiting: usize) -> Arc<Places> {
        Arc::new(Places::new(Bound { most, waiting, patience: PATIENCE }))
    }

    #[tokio::test]
    async fn one_waits_the_next_is_turned_away_and_patience_ends() {
        let places = places(1, 1);
        let first = places.enter().await.unwrap();
        let (ours, begun) = (Arc::clone(&places), tokio::time::Instant::now());
        let waits = tokio::spawn(async move { ours.enter().await });
        tokio::task::yield_now().await;
        assert!(places.enter().await.is_none());
        assert!(begun.elapsed() < PATIENCE, "who is turned away isn't kept waiting");
        drop(first);
        let second = waits.await.unwrap().unwrap();
        assert!(places.enter().await.is_none());
        assert!(begun.elapsed() >= PATIENCE);
        drop(second);
        assert_eq!(places.taken(), 0);
        assert!(places.enter().await.is_some());
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_line() {
        let places = places(1, 1);
        let _first = places.enter().await.unwrap();
        for _ in 0..3 {
            let soon = Duration::from_millis(20);
            assert!(tokio::time::timeout(soon, places.enter()).await.is_err());
        }
        assert_eq!(places.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn keys_have_their_own_and_are_forgotten_with_the_last() {
        let shares = Shares::new(2);
        let held = [shares.take(&"a").unwrap(), shares.take(&"a").unwrap()];
        assert!(shares.take(&"a").is_none());
        let other = shares.take(&"b").unwrap();
        let beyond = shares.count_in(&"a").unwrap();
        assert_eq!(shares.keys(), 2);
        drop((held, other));
        assert!(shares.take(&"a").is_some());
        drop(beyond);
        assert_eq!(shares.keys(), 0);
    }
}
