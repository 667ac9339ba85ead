//! The wired server and the loop that serves it: `serve` takes its socket and its stop signal.

mod assembly;
mod run;

pub use assembly::{Assembly, Means, assemble, definitions};
pub use run::{run, stop_signal};

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::health::Health;
use crate::mcp::Door;
use crate::middleware::{bearer, body, host};
use crate::oauth::protected_resource::ProtectedResource;
use crate::router::router;

/// From a connection's first byte to the end of a request's header, and while it idles.
const HEADER: Duration = Duration::from_secs(15);
/// The longest header of a request, in bytes; tokens with many groups are long.
const HEADER_BYTES: usize = 64 * 1024;
/// How long requests may still run once the server is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long to wait when the machine can't open another socket.
const BREATH: Duration = Duration::from_millis(100);

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
    /// What the metadata says.
    pub resource: ProtectedResource,
    /// What has to be there.
    pub health: Health,
}

/// Serves until `shutdown`, and then until the running requests have ended. The door must have been
/// made with the same `shutdown`, which is what ends its streams.
///
/// # Errors
/// Where the socket has no address any more.
pub async fn serve(listener: TcpListener, app: App, shutdown: CancellationToken) -> io::Result<()> {
    let address = listener.local_addr()?;
    let router = router(app);
    let connections = TaskTracker::new();
    tracing::info!(%address, "serving");
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, router.clone(), shutdown.clone()));
            }
            Err(error) => {
                // Too many open files, mostly: those that are open will end.
                tracing::warn!(%error, "a connection couldn't be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(FAREWELL, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "stopping with requests still open");
    }
    Ok(())
}

/// One connection, to its end.
async fn connection(stream: TcpStream, router: Router, shutdown: CancellationToken) {
    // Small answers would otherwise wait for the client's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER).max_buf_size(HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(HEADER)
        .keep_alive_timeout(HEADER);
    let service = router.map_request(|request: http::Request<_>| request.map(Body::new));
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut serving = pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = shutdown.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
