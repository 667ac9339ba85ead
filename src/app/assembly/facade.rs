//! The authorization server's face, from its settings: `assembly` makes it once, where clients sign in
//! here.

use std::sync::Arc;

use anyhow::Context;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::identity::Authenticator;
use crate::oauth::client::Clients;
use crate::oauth::cookie::Cookies;
use crate::oauth::families::Families;
use crate::oauth::resource::Resource;
use crate::oauth::seen::Seen;
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
    clock: &Clock,
) -> anyhow::Result<Facade> {
    let public_url = &config.server.public_url;
    let callback = public_url.join("/oauth/callback").context("server.public_url")?;
    let endpoints = Arc::clone(&authenticator);
    let fetcher =
        Fetcher::new(Network::open()).context("the client of client id metadata documents")?;
    let clients = Clients::new(config.clients.clone(), Arc::clone(&keys), fetcher, clock.clone());
    let families = Families::new(&pipeline.confirmations.store);
    Ok(Facade {
        issuer: public_url.origin().ascii_serialization(),
        resource: Resource::new(config.server.own_origins()),
        scope: config.identity.scope.clone(),
        registration: config.clients.registration,
        clients: Arc::new(clients),
        upstream: Upstream::new(auth, &callback, endpoints, clock.clone())?,
        authenticator,
        keys,
        clock: clock.clone(),
        cookies: Cookies::of(public_url),
        lives: Lives { consent: auth.consent_life.as_secs(), refresh: auth.refresh_life.as_secs() },
        pipeline,
        seen: Seen::default(),
        families,
    })
}
