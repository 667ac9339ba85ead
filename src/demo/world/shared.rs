//! Records that are made when they are first asked for: most starts of the sample services ask for few
//! of them.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};

/// Records that all who have it share, and that the first of them to look makes.
pub struct Shared<T>(Arc<LazyLock<T, Box<dyn FnOnce() -> T + Send>>>);

impl<T> Shared<T> {
    /// What this makes.
    pub(in crate::demo) fn of(make: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(Arc::new(LazyLock::new(Box::new(make))))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
