//! The accept loop and its connections: what axum's own `serve` doesn't know, namely deadlines for
//! headers, limits of their size, and an end that doesn't wait for ever. `app::serve` calls it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::service_fn;

use super::live::Live;
use super::tls::Tls;

/// From a connection's first byte to the end of a request's header. It also ends idle connections,
/// so that it is longer than clients and proxies keep theirs: one that is closed just as it is used
/// again loses a request.
const HEADER: Duration = Duration::from_secs(75);
/// Between the pings of an HTTP/2 connection, and until one must be answered.
const PING: Duration = Duration::from_secs(15);
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long to wait when the machine can't open another socket.
const BREATH: Duration = Duration::from_millis(100);

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest header of a request, in bytes; tokens with many groups are long.
    pub header_bytes: usize,
    /// How long requests may still run once the server is told to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { header_bytes: 32 * 1024, grace: Duration::from_secs(10) }
    }
}

/// Accepts connections until `shutdown`, and then lets the running requests end.
pub(super) async fn accept(
    listener: TcpListener,
    live: Arc<Live>,
    tls: Option<Tls>,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let limits = live.limits;
    let address = listener.local_addr()?;
    let connections = TaskTracker::new();
    tracing::info!(%address, tls = tls.is_some(), "serving");
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (live, tls) = (Arc::clone(&live), tls.clone());
                connections.spawn(connection((stream, peer), live, tls, shutdown.clone()));
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
    if tokio::time::timeout(limits.grace, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "stopping with requests still open");
    }
    Ok(())
}

/// One connection, to its end.
async fn connection(
    (stream, peer): (TcpStream, SocketAddr),
    live: Arc<Live>,
    tls: Option<Tls>,
    shutdown: CancellationToken,
) {
    // Small answers would otherwise wait for the client's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let Some(tls) = tls else { return speak((stream, peer), live, shutdown).await };
    match tokio::time::timeout(HANDSHAKE, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => speak((stream, peer), live, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

/// HTTP, over whatever carries it.
async fn speak(
    (stream, peer): (impl AsyncRead + AsyncWrite + Unpin + Send + 'static, SocketAddr),
    live: Arc<Live>,
    shutdown: CancellationToken,
) {
    let limits = live.limits;
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(limits.header_bytes);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    let service = service_fn(move |mut request: http::Request<_>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let live = Arc::clone(&live);
        async move { Ok::<_, Infallible>(live.answer(request.map(Body::new)).await) }
    });
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

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use axum::{Extension, Router};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn requests_know_the_other_end_of_their_connection() {
        let tell = async |Extension(ConnectInfo(peer)): Extension<ConnectInfo<SocketAddr>>| {
            peer.to_string()
        };
        let router = Router::new().route("/", get(tell));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(accept(listener, Live::bare(router), None, shutdown.clone()));
        let _stop = shutdown.drop_guard();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let own = stream.local_addr().unwrap().to_string();
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 8.8.8.8\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with(&own), "{answer}");
    }
}
