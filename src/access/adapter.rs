//! The cache in front of the source of permissions: how old an answer may be, and who is told when
//! a new one says something else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::future::Cache;

use crate::call::Refusal;
use crate::clock::Clock;
use crate::identity::{Identity, PersonKey};
use crate::telemetry::{Looked, meters};

use super::changes::{Altered, Changes};
use super::feed::Feed;
use super::snapshot::Snapshot;
use super::source::Source;
use super::subject::Subject;
use super::unavailable::Unavailable;

/// How many callers' snapshots are kept.
const CALLERS: u64 = 10_000;
/// No answer is believed for longer; this frees the room of those who are gone.
const KEPT: Duration = Duration::from_mins(5);
/// How long after somebody's last call a change is still told apart.
const LAST: Duration = Duration::from_hours(8);

/// How old a snapshot may be for what is about to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Reads and lists.
    Read,
    /// A write.
    Write,
    /// After an answer to a question: asked afresh, always.
    Now,
}

/// The ages that go with [`Freshness::Read`] and [`Freshness::Write`].
#[derive(Clone, Copy, Debug)]
pub struct Ages {
    /// At most this old for reads.
    pub read: Duration,
    /// At most this old for writes.
    pub write: Duration,
}

/// The permission source with its cache.
#[derive(Debug)]
pub struct Access {
    source: Source,
    ages: Ages,
    clock: Clock,
    cache: Cache<PersonKey, Arc<Snapshot>>,
    /// Each caller's last answer, to tell whether the next one says something else.
    last: Cache<PersonKey, Arc<Snapshot>>,
    pub(super) changes: Changes,
    pub(super) feed: Option<Feed>,
}

impl Access {
    /// A cache in front of a source, and the source's feed of changes if it has one.
    pub fn new(source: Source, ages: Ages, feed: Option<Feed>) -> Self {
        let clock = source.clock.clone();
        let cache = Cache::builder().max_capacity(CALLERS).time_to_live(KEPT).build();
        let last = Cache::builder().max_capacity(CALLERS).time_to_idle(LAST).build();
        Self { source, ages, clock, cache, last, changes: Changes::new(), feed }
    }

    /// A caller's permissions, no older than asked for. Concurrent callers of one person share a
    /// fetch; a failed fetch is never cached and never replaced by an older answer.
    pub async fn snapshot(
        &self,
        identity: &Arc<Identity>,
        freshness: Freshness,
    ) -> Result<Arc<Snapshot>, Refusal> {
        let key = identity.person_key();
        if self.source.is_of_the_token() {
            let asked = self.source.ask(&Subject::of(identity), true).await;
            return asked.map(Arc::new).map_err(|error| refused(&error));
        }
        let oldest = match freshness {
            Freshness::Read => self.ages.read,
            Freshness::Write => self.ages.write,
            Freshness::Now => return Box::pin(self.refetch(identity, key)).await,
        };
        let strong = freshness != Freshness::Read;
        if let Some(snapshot) = self.cache.get(&key).await {
            if self.will_do(&key, &snapshot, oldest, strong).await {
                meters().lookup(Looked::Hit);
                return Ok(snapshot);
            }
            self.cache.invalidate(&key).await;
        }
        let fetch = Box::pin(self.fetch(identity, strong));
        match self.cache.try_get_with(key.clone(), fetch).await {
            // Joined a fetch that began too long ago, or for less.
            Ok(snapshot) if !self.will_do(&key, &snapshot, oldest, strong).await => {
                Box::pin(self.refetch(identity, key)).await
            }
            Ok(snapshot) => Ok(snapshot),
            Err(error) => Err(error.refusal()),
        }
    }

    /// Somebody's permissions now, asked of the source itself: for a person who isn't calling.
    ///
    /// # Errors
    /// Where the source gives no usable answer.
    pub async fn look_up(&self, who: &Subject<'_>) -> Result<Snapshot, Unavailable> {
        self.source.ask(who, true).await
    }

    /// Has the source ever answered, or need it not be asked? For readiness.
    pub async fn probe(&self) -> bool {
        self.source.reachable().await
    }

    /// Has `watcher` called whenever what somebody may do has changed, or may have.
    pub fn watch(&self, watcher: impl Fn(&Altered<'_>) + Send + Sync + 'static) {
        self.changes.watch(watcher);
    }

    /// Believes no older answer about these people any more, and tells the watchers.
    pub async fn purge(&self, altered: &Altered<'_>) {
        self.changes.purge(altered).await;
        self.changes.tell(altered);
    }

    /// Believes no older answer about these people any more; who tells so has told the watchers, too.
    pub async fn forget(&self, altered: &Altered<'_>) {
        self.changes.purge(altered).await;
    }

    async fn will_do(
        &self,
        key: &PersonKey,
        snapshot: &Snapshot,
        oldest: Duration,
        strong: bool,
    ) -> bool {
        let now = self.clock.unix_millis();
        snapshot.is_at_most(oldest, now)
            && snapshot.holds_at(now)
            && (snapshot.is_strong() || !strong)
            && self.changes.are_before(key.subject(), snapshot).await
    }

    async fn refetch(
        &self,
        identity: &Arc<Identity>,
        key: PersonKey,
    ) -> Result<Arc<Snapshot>, Refusal> {
        match self.fetch(identity, true).await {
            Ok(snapshot) => {
                self.cache.insert(key, Arc::clone(&snapshot)).await;
                Ok(snapshot)
            }
            Err(error) => {
                self.cache.invalidate(&key).await;
                Err(error.refusal())
            }
        }
    }

    async fn fetch(
        &self,
        identity: &Arc<Identity>,
        strong: bool,
    ) -> Result<Arc<Snapshot>, Unavailable> {
        let turn = self.changes.turn();
        let began = Instant::now();
        let asked = self.source.ask(&Subject::of(identity), strong).await;
        meters().lookup_took(began.elapsed());
        meters().lookup(if asked.is_ok() { Looked::Miss } else { Looked::Failed });
        let snapshot = asked.inspect_err(log)?;
        let strong = snapshot.is_strong();
        let snapshot = Arc::new(snapshot.asked(strong, turn));
        self.compare(identity, &snapshot).await;
        Ok(snapshot)
    }

    /// Tells of an answer that says something else than the one before.
    async fn compare(&self, identity: &Arc<Identity>, after: &Arc<Snapshot>) {
        let key = identity.person_key();
        let before = self.last.get(&key).await;
        // An answer that was overtaken by a later one tells nothing.
        if before.as_ref().is_some_and(|before| before.turn() > after.turn()) {
            return;
        }
        self.last.insert(key.clone(), Arc::clone(after)).await;
        let Some(before) = before.filter(|before| before.differs(after)) else { return };
        // What the feed made known was told then.
        if self.changes.are_before(key.subject(), &before).await {
            self.changes.tell(&Altered::Answer { identity, before: &before, after });
        }
    }
}

fn refused(error: &Unavailable) -> Refusal {
    log(error);
    error.refusal()
}

fn log(error: &Unavailable) {
    tracing::warn!(why = error.why(), "the permission service gave no usable answer");
}
