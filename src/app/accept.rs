//! The accept loop and its connections: what axum's own `serve` doesn't know, namely deadlines for
//! headers, limits of their size, and an end that doesn't wait for ever. `app::serve` calls it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::serve;
use super::crowd::{Crowd, Seat};
use super::live::Live;
use super::tls::Tls;
use crate::config::Connections;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long to wait when the machine can't open another socket.
const BREATH: Duration = Duration::from_millis(100);

/// How long to wait for connections that were cut to be gone.
const MOMENT: Duration = Duration::from_millis(1);

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
    live: Arc<Live>,
    tls: Option<Tls>,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let limits = live.limits;
    let address = listener.local_addr()?;
    let connections = TaskTracker::new();
    let crowd = Arc::new(Crowd::new(limits.connections.most));
    tracing::info!(%address, tls = tls.is_some(), "serving");
    loop {
        while crowd.is_overfull() {
            tokio::time::sleep(MOMENT).await;
        }
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (live, tls) = (Arc::clone(&live), tls.clone());
                let seat = crowd.join();
                let (cut, stop) = (seat.cut.clone(), shutdown.clone());
                let serving = connection((stream, peer, seat), live, tls, stop);
                match cut {
                    Some(cut) => {
                        drop(connections.spawn(cut.run_until_cancelled_owned(serving)));
                    }
                    None => drop(connections.spawn(serving)),
                }
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
    (stream, peer, seat): (TcpStream, SocketAddr, Seat),
    live: Arc<Live>,
    tls: Option<Tls>,
    shutdown: CancellationToken,
) {
    // Small answers would otherwise wait for the client's acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection was gone before it began");
        return;
    }
    let limits = live.limits;
    let peer = (peer, seat.for_what);
    let Some(tls) = tls else { return serve(stream, peer, live, limits, shutdown).await };
    match tokio::time::timeout(HANDSHAKE, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => serve(stream, peer, live, limits, shutdown).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::ConnectInfo;
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
