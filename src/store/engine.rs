//! Connections to the database: a bounded pool, a bounded time for each statement, and tables that are
//! seen to before the first one. The rest of the store writes statements and reads rows.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use sqlx::any::{AnyArguments, AnyConnectOptions, AnyPoolOptions, AnyRow, install_default_drivers};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, ConnectOptions, Connection, Executor};
use tokio::sync::{Mutex, OnceCell, Semaphore};
use tokio::time::timeout;
use url::Url;

use super::fault::StoreFault;
use super::location::Location;
use super::migrations;
use crate::seal::random_name;

/// For others to end, where as much is done at once as may be, or somebody sees to the tables.
const TURN: Duration = Duration::from_secs(5);
/// Until there is a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// For one statement.
const STATEMENT: Duration = Duration::from_secs(3);
/// For the tables, waiting for another replica included.
const TABLES: Duration = Duration::from_secs(10);
/// Connections to PostgreSQL, of one replica.
const CONNECTIONS: u32 = 8;

/// The name of the engine that isn't SQLite.
pub(super) const POSTGRES: &str = "PostgreSQL";

/// A write is on the disk when it is said to be done: what is forgotten could be used again.
const FILE_SETTINGS: &str =
    "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

/// A statement with its values.
pub(super) type Statement = Query<'static, Any, AnyArguments>;

pub(super) struct Engine {
    pool: AnyPool,
    /// As many as there are connections, so that who waits for one waits for the database alone.
    turns: Arc<Semaphore>,
    tables: OnceCell<()>,
    /// What connections are made with.
    connect: AnyConnectOptions,
    /// Memory lasts as long as somebody is connected to it; a pool may let its connections go.
    _anchor: Option<Mutex<AnyConnection>>,
}

impl Engine {
    /// Connections are made when they are needed.
    pub(super) async fn new(location: &Location) -> Result<Self, StoreFault> {
        install_default_drivers();
        let options = AnyPoolOptions::new().acquire_timeout(CONNECT);
        let url = match location {
            // The shared cache's name is this store's own.
            Location::Memory => {
                format!("sqlite:file:{}?mode=memory&cache=shared", random_name("osier-"))
            }
            Location::File(path) => {
                create(path)?;
                let path = percent_encoding::utf8_percent_encode(
                    path.to_str().ok_or_else(|| StoreFault::Refused("not UTF-8".to_owned()))?,
                    percent_encoding::NON_ALPHANUMERIC,
                );
                format!("sqlite:{path}?mode=rw")
            }
            Location::Postgres(url) => url.expose_secret().to_owned(),
        };
        let url = Url::parse(&url).map_err(|error| StoreFault::Refused(error.to_string()))?;
        let connect = AnyConnectOptions::from_url(&url)?;
        let mut anchor = None;
        let options = match location {
            Location::Postgres(_) => options.max_connections(CONNECTIONS),
            Location::File(_) => options.max_connections(1).after_connect(|connection, _| {
                Box::pin(async { connection.execute(FILE_SETTINGS).await.map(drop) })
            }),
            Location::Memory => {
                anchor = Some(Mutex::new(connect.connect().await?));
                options.max_connections(1)
            }
        };
        let turns = Semaphore::new(options.get_max_connections() as usize);
        let pool = options.connect_lazy_with(connect.clone());
        Ok(Self { pool, turns: Arc::new(turns), tables: OnceCell::new(), connect, _anchor: anchor })
    }

    /// Sees to the tables, until that went well once.
    pub(super) async fn ready(&self) -> Result<(), StoreFault> {
        let made = self.tables.get_or_try_init(|| async {
            let seeing_to_it = tokio::spawn(make_ready(self.connect.clone()));
            seeing_to_it.await.unwrap_or_else(|_| Err(StoreFault::late()))
        });
        timeout(TURN, made).await.map_err(|_| StoreFault::late())?.copied()
    }

    /// Carries a statement out and tells how many rows it changed.
    pub(super) async fn execute(&self, statement: Statement) -> Result<u64, StoreFault> {
        self.ready().await?;
        let changed = self.finished(STATEMENT, |connection| {
            async { Ok(statement.execute(connection).await?.rows_affected()) }.boxed()
        });
        changed.await
    }

    /// The rows that a statement gives.
    pub(super) async fn rows(&self, statement: Statement) -> Result<Vec<AnyRow>, StoreFault> {
        self.ready().await?;
        let rows = self.finished(STATEMENT, |connection| {
            async { Ok(statement.fetch_all(connection).await?) }.boxed()
        });
        rows.await
    }

    /// Does some work with a connection, in time. It is done by a task of its own, so that what was
    /// begun isn't left in the middle where the caller goes away.
    async fn finished<T: Send + 'static>(
        &self,
        within: Duration,
        work: impl FnOnce(&mut AnyConnection) -> BoxFuture<'_, Result<T, StoreFault>> + Send + 'static,
    ) -> Result<T, StoreFault> {
        let turn = timeout(TURN, Arc::clone(&self.turns).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or_else(StoreFault::late)?;
        let mut connection = self.pool.acquire().await?;
        let task = tokio::spawn(async move {
            let done = timeout(within, work(&mut connection)).await;
            let done = done.unwrap_or_else(|_| Err(StoreFault::late()));
            if done.is_err() {
                // In whatever state it is, with a statement on its way.
                drop(connection.detach());
            }
            drop(turn);
            done
        });
        task.await.unwrap_or_else(|_| Err(StoreFault::late()))
    }
}

/// Over a connection of its own: the pool would try again and again, and never say what is wrong. What
/// it holds, a lock too, goes with it.
async fn make_ready(connect: AnyConnectOptions) -> Result<(), StoreFault> {
    let connecting = timeout(CONNECT, connect.connect()).await;
    let mut connection = connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
    if connection.backend_name() != POSTGRES {
        connection.execute(FILE_SETTINGS).await?;
    }
    let tables = timeout(TABLES, migrations::run(&mut connection)).await;
    tables.unwrap_or_else(|_| Err(StoreFault::late()))?;
    connection.close().await?;
    Ok(())
}

/// An empty file that only its owner reads, where there is none: the driver would make one that
/// everybody may read. SQLite gives the files beside it the same rights.
fn create(path: &Path) -> Result<(), StoreFault> {
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    opened.map(drop).map_err(|error| StoreFault::Refused(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_too_long_is_left_and_memory_keeps_what_it_holds() {
        let engine = Engine::new(&Location::Memory).await.unwrap();
        let insert = "INSERT INTO spent (nonce, expires) VALUES ('a', 1)";
        assert_eq!(engine.execute(sqlx::query(insert)).await.unwrap(), 1);
        let endless = engine.finished(Duration::from_millis(5), |_| {
            std::future::pending::<Result<(), StoreFault>>().boxed()
        });
        assert!(matches!(endless.await, Err(StoreFault::Unavailable(_))));
        assert_eq!(engine.pool.size(), 0);
        assert_eq!(engine.rows(sqlx::query("SELECT nonce FROM spent")).await.unwrap().len(), 1);
    }
}
