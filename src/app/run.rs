//! `osier serve`: a server from its settings, on its socket, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::assembly::{Means, assemble};
use super::serve;
use crate::audit::Sink;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;

/// Cancelled by SIGINT or SIGTERM.
///
/// # Errors
/// Where the machine doesn't let the process listen for them.
pub fn stop_signal() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        told.cancel();
    });
    Ok(stop)
}

/// How long writes that are on their way may still take once nothing else is served.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `shutdown`, and then until the writes that are on their way have ended. Audit
/// records go to `audit`. `ready` is called once the socket is open.
///
/// # Errors
/// Where a part can't be made, or the socket can't be opened.
pub async fn run(
    config: &Config,
    catalog: Catalog,
    audit: Sink,
    shutdown: CancellationToken,
    ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    super::crowd::raise_open_files();
    let clock = Clock::System;
    let store = Store::open(&config.store.location, clock.clone()).await.context("store.url")?;
    let means = Means { clock, audit, store };
    let assembly = assemble(config, catalog, means)?;
    let address = config.server.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address} (server.listen)"))?;
    ready(listener.local_addr().unwrap_or(address));
    let keys = assembly.authenticator;
    let stop = shutdown.clone();
    let refreshing = tokio::spawn(async move { keys.run(stop).await });
    let (pipeline, stop) = (Arc::clone(&assembly.pipeline), shutdown.clone());
    let following = tokio::spawn(async move { pipeline.access.follow(stop).await });
    serve(listener, assembly.app, shutdown.clone()).await?;
    shutdown.cancel();
    // A write may run on though its client has gone; its service has a deadline.
    let running = &assembly.pipeline.running;
    if tokio::time::timeout(GRACE, running.wait()).await.is_err() {
        tracing::warn!(open = running.len(), "stopping before the end of calls is known");
    }
    refreshing.await.context("the keeper of the signing keys")?;
    following.await.context("the feed of permission changes")?;
    Ok(())
}
