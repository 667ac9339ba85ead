//! What belongs to people and is never told: arguments, results, questions, e-mail, request state. Stages
//! work with it freely; no log line, span, metric, panic or audit line can be made of it by accident.
//! Secrets that open something are `secrecy`'s, which also wipes them.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Something that can be used, and neither displayed nor serialized. Its debug form is always the same,
/// and doesn't need one of the content.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// The content, for whoever it is meant for.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Private<T> {
    fn from(content: T) -> Self {
        Self(content)
    }
}

impl<T> Deref for Private<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Private<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[private]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_of_the_content() {
        let private = Private::from("hush".to_owned());
        assert_eq!(private.len(), 4);
        let told = format!("{private:?} {:?} {:#?}", Some(&private), vec![private.clone()]);
        assert!(!told.contains("hush"), "{told}");
        assert_eq!(private.into_inner(), "hush");
    }
}
