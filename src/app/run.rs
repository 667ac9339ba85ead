//! `osier serve`: a server from its settings, on its socket, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::assembly::{Assembly, Means, assemble};
use super::keepers::Keepers;
use super::live::Live;
use super::reload::{Reloader, Source};
use super::scrape::scrape;
use super::tls::Tls;
use super::{serve, serve_peers};
use crate::audit::{self, Cause, Change, Settled, Sink};
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::Store;
use crate::telemetry::meters;

/// How long writes that are on their way may still take once nothing else is served.
const GRACE: Duration = Duration::from_secs(10);

/// What the process is told from outside.
pub struct Signals {
    /// Cancelled by SIGINT or SIGTERM.
    pub stop: CancellationToken,
    /// Cancelled by the second one: nothing is waited for that need not be.
    pub at_once: CancellationToken,
    /// A word for each SIGHUP.
    pub hangups: mpsc::Receiver<()>,
}

/// Listens for SIGINT and SIGTERM, and for SIGHUP where there is something to read anew: otherwise it
/// ends the process, as it does by itself.
///
/// # Errors
/// Where the machine doesn't let the process listen for them.
pub fn signals(reloads: bool) -> anyhow::Result<Signals> {
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM")?;
    let hangup = reloads.then(|| signal(SignalKind::hangup()).context("SIGHUP")).transpose()?;
    let (stop, at_once) = (CancellationToken::new(), CancellationToken::new());
    let told = [stop.clone(), at_once.clone()];
    tokio::spawn(async move {
        for told in told {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            told.cancel();
        }
    });
    Ok(Signals { stop, at_once, hangups: hangups(hangup) })
}

fn hangups(signal: Option<Signal>) -> mpsc::Receiver<()> {
    // More than one that waits says no more than one.
    let (sender, receiver) = mpsc::channel(1);
    if let Some(mut signal) = signal {
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                let _waiting = sender.try_send(());
            }
        });
    }
    receiver
}

/// Serves until it is told to stop: then `/readyz` says no at once, requests are taken for as long as the
/// balancer needs to notice, and writes that are on their way come to their end. Where there is a
/// `source`, it is read anew when it changes. `ready` is called once the socket is open.
///
/// # Errors
/// Where a part can't be made, or the socket can't be opened.
pub async fn run(
    (config, catalog): (Config, Catalog),
    source: Option<Source>,
    audit: Sink,
    signals: Signals,
    ready: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let Signals { stop, at_once, hangups } = signals;
    super::crowd::raise_open_files();
    let shutdown = CancellationToken::new();
    let clock = Clock::System;
    meters().runs_here();
    meters().config_read(clock.unix_seconds());
    let store = Store::open(&config.store.location, clock.clone()).await.context("store.url")?;
    let loaded = Change {
        cause: Cause::Start,
        outcome: Settled::Applied,
        settings: Some(config.fingerprint.digest()),
        definitions: Some(catalog.digest().to_owned()),
        changed: Vec::new(),
    };
    audit::configuration(&audit, &clock, loaded);
    let mut assembly = assemble(&config, catalog, Means { clock, audit, store })?;
    let tls = config.server.tls.as_ref().map(Tls::new).transpose()?;
    let address = config.server.listen;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address} (server.listen)"))?;
    scrape(config.telemetry.prometheus_listen, &shutdown).await?;
    let app = assembly.app.take().context("an assembly is served once")?;
    let replicas = app.door.replicas();
    let live = Live::new(app);
    let peers = live.listen_to_peers().await?;
    ready(listener.local_addr().unwrap_or(address));
    let keepers = Keepers::start(&assembly);
    // What a reload leaves in place: the calls that run are counted in one place all along.
    let running = assembly.pipeline.running.clone();
    let draining = tokio::spawn(drain(
        (stop, at_once),
        config.server.drain_delay,
        Arc::clone(&live),
        shutdown.clone(),
    ));
    let stop = shutdown.clone();
    let telling = tokio::spawn(async move { replicas.run(stop).await });
    let (served, serving) = (Arc::clone(&live), tls.clone());
    let beside = tokio::spawn(beside(
        (assembly, config),
        source.zip(Some(hangups)),
        (live, keepers, tls),
        shutdown.clone(),
    ));
    let _stop = shutdown.clone().drop_guard();
    let handed_over = serve_peers(peers, &served, shutdown.clone());
    let public = serve(listener, Arc::clone(&served), serving, shutdown.clone());
    tokio::try_join!(public, handed_over)?;
    shutdown.cancel();
    // A write may run on though its client has gone; its service has a deadline. A tracker that nobody
    // closes never says that it is empty, and the serving may end before it closes this one.
    running.close();
    if tokio::time::timeout(GRACE, running.wait()).await.is_err() {
        tracing::warn!(open = running.len(), "stopping before the end of calls is known");
    }
    draining.await.context("the drain")?;
    telling.await.context("what replicas tell each other")?;
    beside.await.context("the keepers of keys and permissions")?;
    Ok(())
}

/// What runs beside the serving, and ends with it.
async fn beside(
    (assembly, config): (Assembly, Config),
    source: Option<(Source, mpsc::Receiver<()>)>,
    (live, keepers, tls): (Arc<Live>, Keepers, Option<Tls>),
    shutdown: CancellationToken,
) {
    let keepers = if let Some((source, hangups)) = source {
        let served = (assembly, config);
        Reloader::new(source, served, live, keepers, tls).run(hangups, shutdown).await
    } else {
        shutdown.cancelled().await;
        keepers
    };
    keepers.end().await;
}

/// From the first word to stop to the last request that is taken.
async fn drain(
    (stop, at_once): (CancellationToken, CancellationToken),
    delay: Duration,
    live: Arc<Live>,
    shutdown: CancellationToken,
) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = shutdown.cancelled() => return,
    }
    live.stopping.cancel();
    tracing::info!(?delay, "stopping: not ready any more");
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = at_once.cancelled() => {}
    }
    shutdown.cancel();
}
