//! What was used, and when first: codes and refresh tokens of sign-ins, where several replicas have to
//! know of each other's. Names are random ones that stood in a sealed value.

use sqlx::Row;

use super::spent::seconds;
use super::{Store, StoreFault};

impl Store {
    /// Marks a thing as used until `expires` (unix seconds). None the first time; else when it was used
    /// first, in unix seconds.
    ///
    /// # Errors
    /// [`StoreFault`]: whether it is marked isn't known then.
    pub async fn mark_used(&self, name: &str, expires: u64) -> Result<Option<u64>, StoreFault> {
        self.sweep_when_due().await;
        let insert = sqlx::query(
            "INSERT INTO uses (name, at, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        );
        let now = self.0.clock.unix_seconds();
        let insert = insert.bind(name.to_owned()).bind(seconds(now)).bind(seconds(expires));
        if self.0.engine.execute(insert).await? == 1 {
            return Ok(None);
        }
        // It may have been swept in between, so long after that it is as good as now.
        Ok(Some(self.used_since(name).await?.unwrap_or(now)))
    }

    /// Since when a thing is used, in unix seconds; none where it isn't.
    ///
    /// # Errors
    /// [`StoreFault`]
    pub async fn used_since(&self, name: &str) -> Result<Option<u64>, StoreFault> {
        let select = sqlx::query("SELECT at FROM uses WHERE name = $1");
        let rows = self.0.engine.rows(select.bind(name.to_owned())).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let at: i64 = row.try_get("at")?;
        Ok(Some(u64::try_from(at).unwrap_or_default()))
    }

    /// Takes a mark back: it turned out not to be used.
    ///
    /// # Errors
    /// [`StoreFault`]
    pub async fn forget_use(&self, name: &str) -> Result<(), StoreFault> {
        let delete = sqlx::query("DELETE FROM uses WHERE name = $1");
        self.0.engine.execute(delete.bind(name.to_owned())).await.map(drop)
    }
}
