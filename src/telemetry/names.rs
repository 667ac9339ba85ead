//! Names of the configuration and the catalog as attribute values: kept once each, and only so many.
//! What comes after is "other", so that no mistake makes series without end.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

/// What stands for every name that has no series of its own.
pub(super) const OTHER: &str = "other";

/// A bounded set of names, each with what is kept for it. The first entry is for all others.
pub(super) struct Names<T> {
    most: usize,
    kept: RwLock<HashMap<Box<str>, Arc<T>>>,
}

impl<T> Names<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, kept: RwLock::default() }
    }

    /// What is kept for that name.
    pub(super) fn of(&self, name: &str, make: impl FnOnce(&str) -> T) -> Arc<T> {
        if let Some(found) = get(&self.kept.read().unwrap_or_else(PoisonError::into_inner), name) {
            return found;
        }
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let name = if kept.len() < self.most { name } else { OTHER };
        if let Some(found) = get(&kept, name) {
            return found;
        }
        let made = Arc::new(make(name));
        kept.insert(name.into(), Arc::clone(&made));
        made
    }

    /// All that is kept.
    pub(super) fn all(&self) -> Vec<Arc<T>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

fn get<K: Borrow<str> + Hash + Eq, T>(kept: &HashMap<K, Arc<T>>, name: &str) -> Option<Arc<T>> {
    kept.get(name).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_end_are_other() {
        let names: Names<String> = Names::new(3);
        let kept: Vec<_> = (0..10_000).map(|n| names.of(&n.to_string(), str::to_owned)).collect();
        assert_eq!(names.all().len(), 4);
        assert_eq!((kept[2].as_str(), kept[3].as_str(), kept[9_999].as_str()), ("2", OTHER, OTHER));
        assert_eq!(names.of("1", str::to_owned).as_str(), "1");
    }
}
