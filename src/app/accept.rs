//! The accept loop and its connections: what axum's own `serve` doesn't know, namely deadlines for
//! headers, limits of their size, and an end that doesn't wait for ever. `app::serve` calls it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::connection;
use super::crowd::{Crowd, Seat};
use crate::config::Connections;

/// How long to wait when the machine can't open another socket.
const BREATH: Duration = Duration::from_millis(100);

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest header of a request, in bytes; tokens with many groups are long.
    pub header_bytes: usize,
    /// How long requests may still run once the server is told to stop.
    pub grace: Duration,
    /// How many there may be, and for how long what may take.
    pub connections: Connections,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes: 32 * 1024,
            grace: Duration::from_secs(10),
            connections: Connections::default(),
        }
    }
}

/// Accepts connections until `shutdown`, and then lets the running requests end.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let connections = TaskTracker::new();
    let crowd = Arc::new(Crowd::new(limits.connections.most));
    tracing::info!(%address, "serving");
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let client = (stream, peer, crowd.join());
                connections.spawn(one(client, router.clone(), limits, shutdown.clone()));
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
async fn one(
    (stream, peer, seat): (TcpStream, SocketAddr, Seat),
    router: Router,
    limits: Limits,
    shutdown: CancellationToken,
) {
    // Small answers would otherwise wait for the client's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let answer = move |request| {
        let router = router.clone();
        async move {
            let Ok(response) = router.oneshot(request).await;
            response
        }
    };
    let serving =
        connection::serve(stream, (peer, seat.for_what), answer, limits, shutdown.clone());
    tokio::select! {
        () = serving => {}
        () = seat.cut.cancelled() => tracing::debug!("a newer connection took its place"),
    }
}

#[cfg(test)]
mod tests {
    use axum::Extension;
    use axum::routing::get;
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
        tokio::spawn(accept(listener, router, Limits::default(), shutdown.clone()));
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
