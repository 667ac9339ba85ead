//! Where snapshots come from, and how old one may be.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use crate::call::Refusal;
use crate::clock::Clock;
use crate::identity::{Identity, PersonKey};

use super::file::Assignments;
use super::http::HttpAdapter;
use super::snapshot::Snapshot;

/// How many callers' snapshots are kept.
const CALLERS: u64 = 10_000;

/// The sources of permissions.
#[derive(Debug)]
pub enum Adapter {
    /// The customer's permission service.
    Http(Box<HttpAdapter>),
    /// A file of assignments.
    File(Assignments),
}

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
    adapter: Adapter,
    ages: Ages,
    clock: Clock,
    cache: Cache<PersonKey, Arc<Snapshot>>,
}

/// The source gave no usable answer; the log has said why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unavailable;

impl Access {
    /// A cache in front of a source.
    pub fn new(adapter: Adapter, ages: Ages, clock: Clock) -> Self {
        Self { adapter, ages, clock, cache: Cache::new(CALLERS) }
    }

    /// A caller's permissions, no older than asked for. Concurrent callers of one person share a
    /// fetch; a failed fetch is never cached and never replaced by an older answer.
    pub async fn snapshot(
        &self,
        identity: &Arc<Identity>,
        freshness: Freshness,
    ) -> Result<Arc<Snapshot>, Refusal> {
        let key = identity.person_key();
        let oldest = match freshness {
            Freshness::Read => self.ages.read,
            Freshness::Write => self.ages.write,
            Freshness::Now => return self.refetch(identity, key).await,
        };
        let fresh = |snapshot: &Arc<Snapshot>| {
            u128::from(snapshot.age(self.clock.unix_millis())) <= oldest.as_millis()
        };
        if let Some(snapshot) = self.cache.get(&key).await {
            if fresh(&snapshot) {
                return Ok(snapshot);
            }
            self.cache.invalidate(&key).await;
        }
        let shared = self.cache.try_get_with(key.clone(), self.fetch(identity)).await;
        match shared {
            // Joined a fetch that began too long ago.
            Ok(snapshot) if !fresh(&snapshot) => self.refetch(identity, key).await,
            Ok(snapshot) => Ok(snapshot),
            Err(_) => Err(Refusal::PermissionsUnavailable),
        }
    }

    /// Has the source ever answered, or need it not be asked? For readiness.
    pub async fn probe(&self) -> bool {
        match &self.adapter {
            Adapter::Http(http) => http.reachable().await,
            Adapter::File(_) => true,
        }
    }

    async fn refetch(
        &self,
        identity: &Arc<Identity>,
        key: PersonKey,
    ) -> Result<Arc<Snapshot>, Refusal> {
        let Ok(snapshot) = self.fetch(identity).await else {
            self.cache.invalidate(&key).await;
            return Err(Refusal::PermissionsUnavailable);
        };
        self.cache.insert(key, Arc::clone(&snapshot)).await;
        Ok(snapshot)
    }

    async fn fetch(&self, identity: &Arc<Identity>) -> Result<Arc<Snapshot>, Unavailable> {
        // The moment before the question, so that an answer is never called younger than it is.
        let asked_at = self.clock.unix_millis();
        let permissions = match &self.adapter {
            Adapter::Http(http) => http.permissions(identity).await?,
            Adapter::File(assignments) => assignments.grants(identity.subject()),
        };
        Ok(Arc::new(Snapshot::new(permissions, asked_at)))
    }
}
