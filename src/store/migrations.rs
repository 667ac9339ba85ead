//! The tables, as numbered statements that both engines take. What has been released is never
//! changed, only added to, so that an older replica can work beside a newer one.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, Connection, SqlSafeStr};

use super::engine::POSTGRES;
use super::fault::StoreFault;

const ALL: [(i64, &str, &str); 2] = [
    (1, "confirmations", include_str!("migrations/0001_confirmations.sql")),
    (2, "uses", include_str!("migrations/0002_uses.sql")),
];

/// Brings the tables up to date, one process after the other.
pub(super) async fn run(connection: &mut AnyConnection) -> Result<(), StoreFault> {
    let mut migrator = Migrator::with_migrations(
        ALL.into_iter()
            .map(|(version, name, sql)| {
                let sql = sql.into_sql_str();
                Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql, false)
            })
            .collect(),
    );
    // Those of a newer version: it went on to add, and left what this one knows.
    migrator.set_ignore_missing(true);
    if connection.backend_name() == POSTGRES {
        // Under an advisory lock of the database.
        return Ok(migrator.run_direct(None, connection, false).await?);
    }
    // SQLite has no lock other than that of its file.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    migrator.run_direct(None, &mut *transaction, false).await?;
    Ok(transaction.commit().await?)
}
