//! What has expired goes, a little at a time, on the way of what is new: nobody needs a timer for it,
//! and a store that nobody writes to doesn't grow.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sqlx::Row;

use super::spent::seconds;
use super::{Store, StoreFault};

/// Seconds between two sweeps of one replica.
const PAUSE: u64 = 60;
/// Seconds for which what has expired is kept on: replicas' clocks differ.
const MARGIN: u64 = 3600;
/// No more nonces than this are kept; above it nothing more is confirmed.
const MOST_SPENT: i64 = 1_000_000;

/// When the next sweep is due, and what the last one found.
#[derive(Default)]
pub(super) struct Sweeping {
    due: AtomicU64,
    full: AtomicBool,
}

impl Sweeping {
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// True for one of those who ask when it is due.
    fn is_due(&self, now: u64) -> bool {
        let due = self.due.load(Ordering::Relaxed);
        let next = now.saturating_add(PAUSE);
        now >= due
            && self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

impl Store {
    /// Deletes what has expired, where it is time. That it can't be done stops nothing else.
    pub(super) async fn sweep_when_due(&self) {
        if !self.0.sweeping.is_due(self.0.clock.unix_seconds()) {
            return;
        }
        if let Err(fault) = self.sweep(MOST_SPENT).await {
            tracing::warn!(%fault, "what has expired is still in the store");
        }
    }

    pub(super) async fn sweep(&self, most: i64) -> Result<(), StoreFault> {
        let before = seconds(self.0.clock.unix_seconds().saturating_sub(MARGIN));
        let statements = [
            "DELETE FROM spent WHERE nonce IN \
             (SELECT nonce FROM spent WHERE expires <= $1 LIMIT 10000)",
            "DELETE FROM links WHERE id_hash IN \
             (SELECT id_hash FROM links WHERE expires <= $1 LIMIT 10000)",
            "DELETE FROM uses WHERE name IN \
             (SELECT name FROM uses WHERE expires <= $1 LIMIT 10000)",
        ];
        for statement in statements {
            self.0.engine.execute(sqlx::query(statement).bind(before)).await?;
        }
        let rows = self.0.engine.rows(sqlx::query("SELECT count(*) AS kept FROM spent")).await?;
        let kept: i64 = rows.first().map_or(Ok(0), |row| row.try_get("kept"))?;
        self.0.sweeping.full.store(kept >= most, Ordering::Relaxed);
        if kept >= most {
            tracing::error!(kept, "no more confirmations can be kept");
        }
        Ok(())
    }
}
