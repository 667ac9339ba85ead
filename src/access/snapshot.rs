//! One caller's permissions at one moment.

use std::collections::BTreeMap;

use super::scopes::Scopes;

/// What an adapter learned about one caller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    permissions: BTreeMap<String, Scopes>,
    /// Unix milliseconds at which the source was asked.
    taken_at: u64,
}

impl Snapshot {
    /// Takes what a source said, as of the moment at which it was asked (unix milliseconds).
    /// A permission that holds nowhere isn't held.
    pub fn new(permissions: BTreeMap<String, Scopes>, taken_at: u64) -> Self {
        let held = permissions.into_iter().filter(|(_, scopes)| !scopes.is_empty()).collect();
        Self { permissions: held, taken_at }
    }

    /// Where a permission holds; nothing where it isn't held or isn't known.
    pub fn scopes(&self, permission: &str) -> Option<&Scopes> {
        self.permissions.get(permission)
    }

    /// Every permission that is held, by name.
    pub fn permissions(&self) -> impl Iterator<Item = (&str, &Scopes)> {
        self.permissions.iter().map(|(name, scopes)| (name.as_str(), scopes))
    }

    /// How old it is at a moment, in milliseconds.
    pub(super) fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.taken_at)
    }
}
