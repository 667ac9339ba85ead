//! The wired server: `serve` takes its socket and its stop signal.

mod accept;
mod assembly;
mod connection;
mod crowd;
mod keepers;
mod live;
mod reload;
mod run;
mod scrape;
mod tls;
mod watch;

pub use accept::Limits;
pub use assembly::{Assembly, BadDefinitions, Means, assemble, definitions};
pub(crate) use assembly::{access, identity_settings, known};
pub use live::Live;
pub use reload::Source;
pub use run::{Signals, run, signals};
pub use tls::Tls;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::health::Health;
use crate::mcp::{Door, Served};
use crate::middleware::{address, bearer, body, handover, host, limits, session};
use crate::oauth;

/// How long the answer of a call that has just ended takes to get into its stream.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// What is served.
pub struct App {
    /// MCP.
    pub door: Arc<Door>,
    /// What is served through that door.
    pub served: Served,
    /// Who is let in.
    pub gate: bearer::Gate,
    /// Under which names.
    pub allowed: Arc<host::Allowed>,
    /// Whose word for a caller's address counts.
    pub proxies: address::Proxies,
    /// How long a body may be.
    pub body: body::Limits,
    /// What sessions are called, and where they are.
    pub names: Arc<session::Names>,
    /// Who hands requests over to other replicas.
    pub forwarder: Option<handover::Forwarder>,
    /// Who takes what other replicas hand over, and where.
    pub taker: Option<Arc<handover::Taker>>,
    /// Where it listens for them.
    pub peer_listen: Option<SocketAddr>,
    /// How much there may be.
    pub admission: Arc<limits::Admission>,
    /// Where people and their clients sign in.
    pub oauth: oauth::Door,
    /// What has to be there.
    pub health: Health,
    /// What a connection may take.
    pub limits: Limits,
    /// The requests and calls that run.
    pub running: TaskTracker,
    /// When it is cancelled, the door's sessions and streams end.
    pub streams: CancellationToken,
    /// It is cancelled when the process is about to end.
    pub stopping: CancellationToken,
}

/// Serves until `shutdown`. Then no more connections are accepted, the requests and calls that run
/// come to their end, sessions and streams are ended, and what is open after the grace is left.
///
/// # Errors
/// Where the socket has no address any more.
pub async fn serve(
    listener: TcpListener,
    live: Arc<Live>,
    tls: Option<Tls>,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let (limits, running) = (live.limits, live.running.clone());
    // Streams end with this, in whatever way the serving ends.
    let streams = live.streams.clone().drop_guard();
    let mut serving = pin!(accept::accept(listener, live, tls, shutdown.clone()));
    let calls_end = async {
        shutdown.cancelled().await;
        running.close();
        // What is left of the grace is for the streams to end in.
        let _ = tokio::time::timeout(limits.grace * 3 / 4, running.wait()).await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    tokio::select! {
        ended = &mut serving => return ended,
        () = calls_end => drop(streams),
    }
    serving.await
}

/// Serves what other replicas hand over, where they reach each other, until `shutdown`; beside [`serve`],
/// which ends the streams.
///
/// # Errors
/// Where the socket has no address any more.
pub async fn serve_peers(
    listener: Option<TcpListener>,
    live: &Live,
    shutdown: CancellationToken,
) -> io::Result<()> {
    match listener.zip(live.peers.clone()) {
        Some((listener, peers)) => accept::accept(listener, peers, None, shutdown).await,
        None => Ok(()),
    }
}
