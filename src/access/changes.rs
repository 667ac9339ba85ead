//! What is known of changes: whose answers aren't to be believed any more, and who wants to be told.
//! [`Access`](super::Access) keeps it; the feed and fresh answers write to it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::future::Cache;

use crate::identity::Identity;

use super::snapshot::Snapshot;

/// Longer than any answer is believed.
const REMEMBERED: Duration = Duration::from_mins(5);
/// How many people's purges are kept apart; beyond it everybody is purged.
const PEOPLE: u64 = 10_000;

/// What somebody may do has changed, or may have.
#[derive(Clone, Copy, Debug)]
pub enum Altered<'a> {
    /// A fresh answer says something else than the one before.
    Answer {
        /// Whose.
        identity: &'a Identity,
        /// What they could do.
        before: &'a Snapshot,
        /// What they can do.
        after: &'a Snapshot,
    },
    /// The source says so of these people (`oid`).
    People(&'a [String]),
    /// The source says so of all, or can't say of whom.
    Everybody,
}

type Watcher = Arc<dyn Fn(&Altered<'_>) + Send + Sync>;

/// Turns, purges and watchers. Questions and purges take turns from one count, so that an answer
/// to a question that was on its way while the purge came is known to be old.
pub(super) struct Changes {
    turn: AtomicU64,
    everybody: AtomicU64,
    people: Cache<String, u64>,
    watchers: Mutex<Vec<Watcher>>,
}

impl Changes {
    pub(super) fn new() -> Self {
        Self {
            turn: AtomicU64::new(1),
            everybody: AtomicU64::new(0),
            people: Cache::builder().max_capacity(PEOPLE).time_to_live(REMEMBERED).build(),
            watchers: Mutex::default(),
        }
    }

    /// The turn of a question that begins now.
    pub(super) fn turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::SeqCst)
    }

    /// Was this asked after the last purge of this person?
    pub(super) async fn are_before(&self, subject: &str, snapshot: &Snapshot) -> bool {
        let own = self.people.get(&subject.to_ascii_lowercase()).await.unwrap_or(0);
        snapshot.turn() > own.max(self.everybody.load(Ordering::SeqCst))
    }

    /// Answers about them that were asked for before now aren't believed any more.
    pub(super) async fn purge(&self, altered: &Altered<'_>) {
        let turn = self.turn();
        match altered {
            Altered::Everybody => {
                self.everybody.fetch_max(turn, Ordering::SeqCst);
            }
            // What the cache has no room for would be forgotten.
            Altered::People(people) if people.len() as u64 + self.kept().await > PEOPLE / 2 => {
                self.everybody.fetch_max(turn, Ordering::SeqCst);
            }
            Altered::People(people) => {
                for person in *people {
                    self.people.insert(person.to_ascii_lowercase(), turn).await;
                }
            }
            Altered::Answer { .. } => {}
        }
    }

    /// How many people's purges are kept now.
    async fn kept(&self) -> u64 {
        self.people.run_pending_tasks().await;
        self.people.entry_count()
    }

    pub(super) fn watch(&self, watcher: impl Fn(&Altered<'_>) + Send + Sync + 'static) {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(watcher));
    }

    pub(super) fn tell(&self, altered: &Altered<'_>) {
        let watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for watcher in &watchers {
            watcher(altered);
        }
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("turn", &self.turn).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[tokio::test]
    async fn no_purge_is_forgotten_for_want_of_room() {
        let changes = Changes::new();
        let before = Snapshot::new(BTreeMap::new(), 0).asked(true, changes.turn());
        let people: Vec<String> = (0..PEOPLE + 2_000).map(|number| format!("P{number}")).collect();
        for person in &people {
            changes.purge(&Altered::People(std::slice::from_ref(person))).await;
        }
        changes.kept().await;
        for person in &people {
            assert!(!changes.are_before(person, &before).await, "{person}");
        }
        let after = Snapshot::new(BTreeMap::new(), 0).asked(true, changes.turn());
        assert!(changes.are_before("p0", &after).await);
    }
}
