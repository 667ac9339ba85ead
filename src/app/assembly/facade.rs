//! The authorization server's face, from its settings: `assembly` makes it, where clients sign in here.
//! What was used is remembered in parts that outlive it.

use std::sync::Arc;

use anyhow::Context;

use super::kept::Lasting;
use crate::config::{self, Config};
use crate::identity::Authenticator;
use crate::oauth::client::Clients;
use crate::oauth::cookie::Cookies;
use crate::oauth::resource::Resource;
use crate::oauth::upstream::Upstream;
use crate::oauth::{Facade, Lives};
use crate::outbound::{Fetcher, Network};
use crate::pipeline::Pipeline;
use crate::seal::KeyRing;

/// The authorization server's face.
pub(super) fn facade(
    config: &Config,
    auth: &config::Facade,
    (keys, authenticator, pipeline): (Arc<KeyRing>, Arc<Authenticator>, Arc<Pipeline>),
    clients: Option<Arc<Clients>>,
    lasting: &Lasting,
) -> anyhow::Result<Facade> {
    let clock = &lasting.means.clock;
    let public_url = &config.server.public_url;
    let callback = public_url.join("/oauth/callback").context("server.public_url")?;
    let endpoints = Arc::clone(&authenticator);
    let clients = if let Some(clients) = clients {
        clients
    } else {
        let fetcher =
            Fetcher::new(Network::open()).context("the client of client id metadata documents")?;
        let (settings, keys) = (config.clients.clone(), Arc::clone(&keys));
        Arc::new(Clients::new(settings, keys, fetcher, clock.clone()))
    };
    Ok(Facade {
        issuer: public_url.origin().ascii_serialization(),
        resource: Resource::new(config.server.own_origins()),
        scope: config.identity.scope.clone(),
        registration: config.clients.registration,
        clients,
        upstream: Upstream::new(auth, &callback, endpoints, clock.clone())?,
        authenticator,
        keys,
        clock: clock.clone(),
        cookies: Cookies::of(public_url),
        lives: Lives { consent: auth.consent_life.as_secs(), refresh: auth.refresh_life.as_secs() },
        pipeline,
        seen: Arc::clone(&lasting.seen),
        families: Arc::clone(&lasting.families),
    })
}
