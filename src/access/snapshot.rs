//! One caller's permissions at one moment.

use std::collections::BTreeMap;
use std::time::Duration;

use super::scopes::Scopes;

/// What an adapter learned about one caller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    permissions: BTreeMap<String, Scopes>,
    /// Unix milliseconds at which the source was asked.
    taken_at: u64,
    /// The source's name for this state of things, which changes with it.
    version: Option<String>,
    /// Unix milliseconds from which the source won't stand by it any more.
    expires_at: Option<u64>,
    /// The source was asked past its caches, or has none.
    strong: bool,
    /// How many questions and purges there were before this one.
    turn: u64,
}

impl Snapshot {
    /// Takes what a source said, as of the moment at which it was asked (unix milliseconds).
    /// A permission that holds nowhere isn't held.
    pub fn new(permissions: BTreeMap<String, Scopes>, taken_at: u64) -> Self {
        let held = permissions.into_iter().filter(|(_, scopes)| !scopes.is_empty()).collect();
        Self { permissions: held, taken_at, strong: true, ..Self::default() }
    }

    /// Where a permission holds; nothing where it isn't held or isn't known.
    pub fn scopes(&self, permission: &str) -> Option<&Scopes> {
        self.permissions.get(permission)
    }

    /// Every permission that is held, by name.
    pub fn permissions(&self) -> impl Iterator<Item = (&str, &Scopes)> {
        self.permissions.iter().map(|(name, scopes)| (name.as_str(), scopes))
    }

    /// With what the source says of its own answer.
    pub(super) fn told(self, version: Option<String>, expires_at: Option<u64>) -> Self {
        Self { version, expires_at, ..self }
    }

    pub(super) fn asked(self, strong: bool, turn: u64) -> Self {
        Self { strong, turn, ..self }
    }

    /// The source's name for this state of things, if it has one.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    pub(super) fn turn(&self) -> u64 {
        self.turn
    }

    pub(super) fn is_strong(&self) -> bool {
        self.strong
    }

    /// Does the source still stand by it at a moment?
    pub(super) fn holds_at(&self, now: u64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Does it say anything else than this one?
    pub(super) fn differs(&self, other: &Self) -> bool {
        self.version != other.version || self.permissions != other.permissions
    }

    /// Is it at most so old at a moment? One from what is now the future isn't: the clock was set back, and
    /// nobody knows by how much.
    pub(super) fn is_at_most(&self, oldest: Duration, now: u64) -> bool {
        let age = now.checked_sub(self.taken_at);
        age.is_some_and(|millis| Duration::from_millis(millis) <= oldest)
    }
}
