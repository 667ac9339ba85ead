//! The wired server: `serve` takes its socket and its stop signal.

mod accept;

pub use accept::Limits;

mod assembly;
mod run;

pub use assembly::{Assembly, Means, assemble, definitions};
pub(crate) use assembly::{access, identity_settings, known};
pub use run::{run, stop_signal};

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::health::Health;
use crate::mcp::Door;
use crate::middleware::{bearer, body, handover, host, session};
use crate::oauth;
use crate::router::routers;

/// How long the answer of a call that has just ended takes to get into its stream.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// The longest header of a request that is handed over, in bytes.
const HANDOVER_BYTES: usize = 64 * 1024;

/// What is served.
pub struct App {
    /// MCP.
    pub door: Door,
    /// Who is let in.
    pub gate: bearer::Gate,
    /// Under which names.
    pub allowed: Arc<host::Allowed>,
    /// How long a body may be.
    pub body: body::Limits,
    /// What sessions are called, and where they are.
    pub names: Arc<session::Names>,
    /// Who hands requests over to other replicas.
    pub forwarder: Option<handover::Forwarder>,
    /// Who takes what other replicas hand over, and where.
    pub taker: Option<Arc<handover::Taker>>,
    /// Where other replicas come; opened by [`App::listen`].
    pub peers: Peers,
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
}

/// The listener for other replicas.
#[derive(Debug, Default)]
pub struct Peers {
    /// Where it is to be; none where replicas don't reach each other.
    pub address: Option<SocketAddr>,
    /// Open.
    pub listener: Option<TcpListener>,
}

impl App {
    /// Opens the listener for other replicas, where there is to be one.
    ///
    /// # Errors
    /// Where its address is taken or isn't this machine's.
    pub async fn listen(&mut self) -> anyhow::Result<()> {
        if let Some(address) = self.peers.address {
            let opened = TcpListener::bind(address).await;
            let says = || format!("can't listen on {address} (replicas.peer_listen)");
            self.peers.listener = Some(opened.with_context(says)?);
        }
        Ok(())
    }
}

/// Serves until `shutdown`. Then no more connections are accepted, the requests and calls that run
/// come to their end, sessions and streams are ended, and what is open after the grace is left.
///
/// # Errors
/// Where the socket has no address any more.
pub async fn serve(
    listener: TcpListener,
    mut app: App,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let (limits, running, streams) = (app.limits, app.running.clone(), app.streams.clone());
    let peers = app.peers.listener.take();
    let (router, handed_over) = routers(app);
    // Streams end with this, in whatever way the serving ends.
    let streams = streams.drop_guard();
    let public = accept::accept(listener, router, limits, shutdown.clone());
    let private = async {
        let Some((listener, router)) = peers.zip(handed_over) else { return Ok(()) };
        // A handover's head holds a token in its seal.
        let limits = Limits { header_bytes: limits.header_bytes.max(HANDOVER_BYTES), ..limits };
        accept::accept(listener, router, limits, shutdown.clone()).await
    };
    let serving = async { tokio::try_join!(public, private).map(|((), ())| ()) };
    let mut serving = pin!(serving);
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
