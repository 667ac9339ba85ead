//! What one replica tells the others: that lists changed, or what people may do. PostgreSQL carries it
//! (`NOTIFY`) and keeps none of it; whoever wasn't connected meanwhile is told of a gap instead. A store
//! that only one process uses has nobody to tell.

use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Store, StoreFault};

/// One channel for a database; a database is one deployment's.
const CHANNEL: &str = "osier";
/// PostgreSQL carries less than 8000 bytes at once.
const LONGEST: usize = 7900;
/// How long to wait after a failure, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(5);

/// One piece of news.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The lists that changed, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<String>,
    /// Does what these people may do have to be asked anew?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub permissions: bool,
    /// Whom it is about, by object id; none for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<String>>,
}

/// What is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Another replica said so.
    Notice(Notice),
    /// Something may have been missed: anything may have changed.
    Gap,
}

/// As it travels.
#[derive(Serialize, Deserialize)]
struct Told {
    /// The replica that says it, which hears it, too.
    from: String,
    #[serde(flatten)]
    notice: Notice,
}

impl Store {
    /// Is there anybody to tell?
    pub fn is_shared(&self) -> bool {
        self.0.shared.is_some()
    }

    /// Tells the other replicas.
    ///
    /// # Errors
    /// [`StoreFault`]: whether they were told isn't known then.
    pub async fn tell(&self, notice: &Notice) -> Result<(), StoreFault> {
        if !self.is_shared() {
            return Ok(());
        }
        let mut told = Told { from: self.0.name.clone(), notice: notice.clone() };
        let mut payload = serde_json::to_string(&told).unwrap_or_default();
        if payload.len() > LONGEST {
            // Too many to name.
            told.notice.people = None;
            payload = serde_json::to_string(&told).unwrap_or_default();
        }
        let statement = sqlx::query("SELECT pg_notify($1, $2)");
        self.0.engine.execute(statement.bind(CHANNEL).bind(payload)).await.map(drop)
    }

    /// Hears what the other replicas tell, over a connection of its own, until `stop`.
    pub async fn hear(&self, heard: mpsc::Sender<Heard>, stop: CancellationToken) {
        let Some(url) = &self.0.shared else { return };
        let Ok(options) = PgConnectOptions::from_str(url.expose_secret()) else { return };
        let mut wait = RETRY.0;
        let mut before = false;
        let hearing = async {
            loop {
                match listen(&options).await {
                    Ok(mut listener) => {
                        // Whatever was told until now went by.
                        let missed = std::mem::replace(&mut before, true);
                        if missed && heard.send(Heard::Gap).await.is_err() {
                            return;
                        }
                        wait = RETRY.0;
                        self.listen_on(&mut listener, &heard).await;
                        tracing::warn!("the connection that hears other replicas broke");
                    }
                    Err(error) => {
                        // One that comes later has missed what was told before.
                        before = true;
                        let fault = StoreFault::from(error);
                        tracing::warn!(%fault, "other replicas can't be heard; it will be tried again");
                    }
                }
                tokio::time::sleep(wait).await;
                wait = RETRY.1.min(wait * 2);
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = hearing => {}
        }
    }

    /// Until the connection breaks.
    async fn listen_on(&self, listener: &mut PgListener, heard: &mpsc::Sender<Heard>) {
        while let Ok(Some(notification)) = listener.try_recv().await {
            let news = match serde_json::from_str::<Told>(notification.payload()) {
                Ok(told) if told.from == self.0.name => continue,
                Ok(told) => Heard::Notice(told.notice),
                // Of another version: it may say anything.
                Err(_) => Heard::Gap,
            };
            if heard.send(news).await.is_err() {
                return;
            }
        }
    }
}

async fn listen(options: &PgConnectOptions) -> Result<PgListener, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(CONNECT);
    let pool = pool.connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // One that was lost is told, not made up for behind our back.
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
