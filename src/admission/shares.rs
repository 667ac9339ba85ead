//! How many at once for each key, given back by drop.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use super::locked;

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
    use super::*;

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
