//! A port in front of a demo server that a test can shut: connections are refused and those that stand
//! break, as when the machine behind it is gone. Nothing of what passes is looked at.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The port. It ends when it is dropped.
pub struct Relay {
    address: SocketAddr,
    target: Arc<Mutex<Option<SocketAddr>>>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Relay {
    /// Opens a free port of 127.0.0.1 that leads nowhere yet.
    pub async fn open() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr().context("the relay's address")?;
        let target = Arc::default();
        let running = Some(run(listener, Arc::clone(&target)));
        Ok(Self { address, target, running })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it leads to the server at this URL, `http://127.0.0.1:PORT`.
    pub fn lead_to(&self, url: &str) -> anyhow::Result<()> {
        let target = url.trim_start_matches("http://").parse().context("where the relay leads")?;
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Some(target);
        Ok(())
    }

    /// Refuses connections and breaks those that stand.
    pub async fn shut(&mut self) {
        if let Some((stop, running)) = self.running.take() {
            stop.cancel();
            // It ended by the cancellation, or before it.
            let _ended = running.await;
        }
    }

    /// Takes connections at the same port again.
    pub async fn reopen(&mut self) -> anyhow::Result<()> {
        self.shut().await;
        let listener = TcpListener::bind(self.address).await.context("the relay's port")?;
        self.running = Some(run(listener, Arc::clone(&self.target)));
        Ok(())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some((stop, _)) = &self.running {
            stop.cancel();
        }
    }
}

fn run(
    listener: TcpListener,
    target: Arc<Mutex<Option<SocketAddr>>>,
) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running = tokio::spawn(async move {
        let take = async {
            while let Ok((near, _)) = listener.accept().await {
                let target = *target.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(target) = target {
                    tokio::spawn(stopped.clone().run_until_cancelled_owned(pass(near, target)));
                }
            }
        };
        stopped.run_until_cancelled(take).await;
    });
    (stop, running)
}

async fn pass(mut near: TcpStream, target: SocketAddr) {
    if let Ok(mut far) = TcpStream::connect(target).await {
        // Without it, an answer in two writes waits for the other side's delayed ACK.
        let _set = (near.set_nodelay(true), far.set_nodelay(true));
        // Either side may end it; whoever asked sees that.
        let _ended = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    }
}
