//! Which confirmations were used: a nonce is spent by being in the table.

use super::{Store, StoreFault};

impl Store {
    /// Spends a nonce. True exactly once for each, however many ask at once and wherever; it is kept
    /// until an hour after `expires` (seconds since 1970), so that no replica's clock brings it back.
    ///
    /// # Errors
    /// [`StoreFault`]: whether it is spent isn't known then.
    pub async fn spend(&self, nonce: &str, expires: u64) -> Result<bool, StoreFault> {
        self.sweep_when_due().await;
        if self.0.sweeping.is_full() {
            return Err(StoreFault::Full);
        }
        let insert = sqlx::query(
            "INSERT INTO spent (nonce, expires) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        );
        let insert = insert.bind(nonce.to_owned()).bind(seconds(expires));
        Ok(self.0.engine.execute(insert).await? == 1)
    }

    /// Was a nonce spent?
    ///
    /// # Errors
    /// [`StoreFault`]
    pub async fn was_spent(&self, nonce: &str) -> Result<bool, StoreFault> {
        let select = sqlx::query("SELECT expires FROM spent WHERE nonce = $1");
        Ok(!self.0.engine.rows(select.bind(nonce.to_owned())).await?.is_empty())
    }
}

/// Seconds as the engines hold them.
pub(super) fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
