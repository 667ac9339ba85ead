//! What this replica is to the others, from `[replicas]`: the names of its sessions, and both ends of a
//! handover. `assembly` makes it; without that section sessions have their names all the same.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use http::HeaderValue;

use crate::clock::Clock;
use crate::config::Config;
use crate::middleware::handover::{Forwarder, Taker};
use crate::middleware::session::Names;
use crate::middleware::{body, host};
use crate::seal::KeyRing;

/// The parts.
pub(super) struct Peering {
    pub(super) names: Arc<Names>,
    pub(super) forwarder: Option<Forwarder>,
    pub(super) taker: Option<Arc<Taker>>,
    pub(super) peer_listen: Option<SocketAddr>,
}

pub(super) fn peering(
    config: &Config,
    keys: &Arc<KeyRing>,
    allowed: &host::Allowed,
    body: body::Limits,
    clock: &Clock,
) -> anyhow::Result<Peering> {
    let Some(replicas) = &config.replicas else {
        let names = Arc::new(Names::new(Arc::clone(keys), None));
        return Ok(Peering { names, forwarder: None, taker: None, peer_listen: None });
    };
    let own = replicas.url.clone();
    let names = Names::new(Arc::clone(keys), Some((own.clone(), replicas.peers.clone())));
    let host = allowed.hosts().first().context("server.public_url has no host")?;
    let taker = Taker {
        keys: Arc::clone(keys),
        clock: clock.clone(),
        own,
        host: HeaderValue::try_from(host).context("server.public_url")?,
        body,
    };
    let forwarder = Forwarder::new(Arc::clone(keys), clock.clone())
        .context("the HTTP client for other replicas")?;
    Ok(Peering {
        names: Arc::new(names),
        forwarder: Some(forwarder),
        taker: Some(Arc::new(taker)),
        peer_listen: Some(replicas.listen),
    })
}
