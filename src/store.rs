//! The one SQL store: memory, a SQLite file or PostgreSQL, chosen by a URL. It keeps which
//! confirmations were used, which questions are answered by link and which codes and refresh tokens
//! were used, and nothing of the customer's business: names are digests or random, and what is more
//! than a name is sealed by whoever puts it here. With PostgreSQL replicas tell each other through it.
//!
//! `confirm` asks it before each yes. A [`StoreFault`] is never taken for an answer.

mod engine;
mod fault;
mod links;
mod location;
mod migrations;
mod notices;
mod reach;
mod spent;
mod sweep;
mod uses;

#[cfg(test)]
mod tests;

pub use fault::StoreFault;
pub use links::{KeptLink, LinkStatus};
pub use location::Location;
pub use notices::{Heard, Notice};
pub use reach::reach;

use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::seal::random_name;
use engine::Engine;
use sweep::Sweeping;

/// The store; cheap to clone. Each operation is one statement or a few, each of them bounded in time
/// and finished even where its caller is gone.
#[derive(Clone)]
pub struct Store(Arc<Parts>);

struct Parts {
    engine: Engine,
    clock: Clock,
    sweeping: Sweeping,
    probed: Mutex<Option<Probed>>,
    /// The URL of a database that several replicas share.
    shared: Option<SecretString>,
    /// This process among them.
    name: String,
}

/// What the store said when it was last asked whether it is there.
#[derive(Clone, Copy)]
struct Probed {
    second: u64,
    answer: Result<(), &'static str>,
}

impl Store {
    /// Opens the store and brings its tables up to date, under the engine's lock. One that doesn't
    /// answer is opened all the same: its tables are seen to with the first operation that reaches
    /// it.
    ///
    /// # Errors
    /// [`StoreFault::Refused`] where it answers and can't be used as it stands: a wrong password, a
    /// database that isn't there, tables that aren't ours.
    pub async fn open(location: &Location, clock: Clock) -> Result<Self, StoreFault> {
        let engine = Engine::new(location).await?;
        let ready = engine.ready().await;
        let shared = match location {
            Location::Postgres(url) => Some(url.clone()),
            Location::Memory | Location::File(_) => None,
        };
        let (sweeping, probed) = (Sweeping::default(), Mutex::default());
        let name = random_name("replica_");
        let parts = Parts { engine, clock, sweeping, probed, shared, name };
        match ready {
            Ok(()) | Err(StoreFault::Full) => {}
            Err(fault @ StoreFault::Unavailable(_)) => {
                tracing::warn!(%fault, "starting without the store; it will be tried again");
            }
            Err(fault @ StoreFault::Refused(_)) => return Err(fault),
        }
        Ok(Self(Arc::new(parts)))
    }

    /// Does the store answer? For readiness: asked at most once a second, however often it is called.
    ///
    /// # Errors
    /// The class of the reason, see [`StoreFault::class`].
    pub async fn probe(&self) -> Result<(), &'static str> {
        let mut probed = self.0.probed.lock().await;
        let second = self.0.clock.unix_seconds();
        if let Some(last) = probed.filter(|last| last.second == second) {
            return last.answer;
        }
        let answer = self.0.engine.rows(sqlx::query("SELECT 1")).await;
        let answer = answer.map(drop).map_err(|fault| {
            tracing::warn!(%fault, "the store isn't ready");
            fault.class()
        });
        *probed = Some(Probed { second, answer });
        answer
    }
}
