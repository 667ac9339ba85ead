//! From settings to a server that can be served: every part made once, here.

mod backends;
mod facade;
mod kept;
mod limits;
mod permissions;
mod replicas;

pub(crate) use permissions::{access, known};

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use futures::FutureExt;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use self::kept::{Lasting, Parts};
use self::limits::Taken;
use crate::access::Access;
use crate::app::App;
use crate::audit::Sink;
use crate::backend::Backends;
use crate::catalog::{self, Catalog, Files};
use crate::check;
use crate::clock::Clock;
use crate::config::{self, AllowedClients, Config, Fallback};
use crate::confirm::Confirmations;
use crate::health::Health;
use crate::identity::{Authenticator, Challenge, Require, Settings, V1};
use crate::mcp::{self, Door, Served};
use crate::middleware::{address, bearer, body, host};
use crate::oauth;
use crate::oauth::protected_resource::ProtectedResource;
use crate::outbound::{self, Limits, Reach};
use crate::pipeline::Pipeline;
use crate::response::Bounds;
use crate::seal::KeyRing;
use crate::store::Store;

/// What the parts are made with, other than the settings.
#[derive(Clone)]
pub struct Means {
    /// The clock.
    pub clock: Clock,
    /// Where audit records go.
    pub audit: Sink,
    /// What is kept.
    pub store: Store,
}

/// The parts, made.
pub struct Assembly {
    /// What is served, until it was taken.
    pub app: Option<App>,
    /// The calls' way.
    pub pipeline: Arc<Pipeline>,
    /// Who is let in; its `run` keeps the signing keys fresh.
    pub authenticator: Arc<Authenticator>,
    lasting: Lasting,
    parts: Parts,
}

/// Makes every part of a server. Nothing is asked of the network yet.
///
/// # Errors
/// Definitions with problems, and whatever of the machine doesn't do its part.
pub fn assemble(config: &Config, catalog: Catalog, means: Means) -> anyhow::Result<Assembly> {
    build(config, catalog, Lasting::new(means), None)
}

impl Assembly {
    /// The same server with other settings or definitions; nothing of it is served yet. Parts whose
    /// settings stayed as they were are taken over, and sessions always.
    ///
    /// # Errors
    /// As [`assemble`].
    pub fn next(&self, config: &Config, catalog: Catalog) -> anyhow::Result<Self> {
        build(config, catalog, self.lasting.clone(), Some(&self.parts))
    }
}

fn build(
    config: &Config,
    catalog: Catalog,
    lasting: Lasting,
    before: Option<&Parts>,
) -> anyhow::Result<Assembly> {
    let Lasting { means: Means { clock, audit, store }, running, streams, .. } = lasting.clone();
    let keys = Arc::new(key_ring(&config.keys)?);
    let catalog = Arc::new(serve_only(catalog, config));
    let known = known(&catalog);
    let (authenticator, access, backends) = lookups(config, &known, &lasting, before)?;
    let taken = before.and_then(|parts| parts.taken(config));
    let taken = taken.unwrap_or_else(|| Taken::new(&config.limits, &clock));
    let pipeline = Arc::new(Pipeline {
        access: Arc::clone(&access),
        catalog,
        backends: Arc::clone(&backends),
        confirmations: Confirmations {
            keys: Arc::clone(&keys),
            store,
            clock: clock.clone(),
            life: config.confirmation.ttl,
        },
        audit,
        admission: Arc::clone(&taken.calls),
        bounds: Bounds {
            max_chars: config.limits.max_result_chars,
            app_url: config.tools.app_url.clone(),
        },
        clock,
        running: running.clone(),
    });
    let server = &config.server;
    let allowed = host::Allowed::new(server.hosts(), server.origins());
    let body = body::Limits { bytes: server.max_body_bytes, time: config.limits.body_deadline };
    let through = Served {
        pipeline: Arc::clone(&pipeline),
        patience: mcp::Patience {
            call: config.limits.call_deadline,
            answer: config.confirmation.ttl,
        },
        links: links(config),
    };
    let opened = || {
        let limits = limits::sessions(&config.limits);
        Arc::new(Door::new(through.clone(), limits, streams.clone()))
    };
    let door = before.map_or_else(opened, |parts| Arc::clone(&parts.door));
    let scope = scope(config);
    let resource = ProtectedResource::new(&server.public_url, &scope);
    let challenge = Challenge::new(resource.metadata_url(), &scope);
    let gate = bearer::Gate {
        authenticator: Arc::clone(&authenticator),
        challenge: Arc::new(challenge),
        strangers: Arc::clone(&taken.strangers),
        denials: lasting.denials.clone(),
    };
    let health = health(&authenticator, &pipeline, &lasting.stopping);
    let limits = super::Limits {
        header_bytes: server.max_header_bytes,
        grace: server.shutdown_grace,
        connections: config.limits.connections,
    };
    let allowed = Arc::new(allowed);
    let facade = match &config.auth {
        config::Auth::Facade(auth) => {
            let clients = before.and_then(|parts| parts.clients(config));
            let parts = (Arc::clone(&keys), Arc::clone(&authenticator), Arc::clone(&pipeline));
            Some(Arc::new(facade::facade(config, auth, parts, clients, &lasting)?))
        }
        config::Auth::Direct(_) => None,
    };
    let peering = replicas::peering(config, &keys, &allowed, body, &pipeline.clock)?;
    let oauth = oauth::Door { resource, authenticator: Arc::clone(&authenticator), facade };
    let parts = Parts {
        fingerprint: config.fingerprint.clone(),
        known,
        authenticator: Arc::clone(&authenticator),
        access,
        backends,
        clients: oauth.facade.as_ref().map(|facade| Arc::clone(&facade.clients)),
        door: Arc::clone(&door),
        taken: taken.clone(),
    };
    let replicas::Peering { names, forwarder, taker, peer_listen } = peering;
    let app = App {
        door,
        served: through,
        gate,
        allowed,
        proxies: address::Proxies(server.trusted_proxies),
        body,
        names,
        forwarder,
        taker,
        peer_listen,
        admission: Arc::clone(&taken.requests),
        oauth,
        health,
        limits,
        running,
        streams,
        stopping: lasting.stopping.clone(),
    };
    Ok(Assembly { app: Some(app), pipeline, authenticator, lasting, parts })
}

/// Who asks the network: for keys, for permissions, for the customer's records.
fn lookups(
    config: &Config,
    known: &BTreeSet<String>,
    lasting: &Lasting,
    before: Option<&Parts>,
) -> anyhow::Result<(Arc<Authenticator>, Arc<Access>, Arc<Backends>)> {
    let clock = &lasting.means.clock;
    let authenticator = match before.and_then(|parts| parts.authenticator(config)) {
        Some(authenticator) => authenticator,
        None => authenticator(config, clock)?,
    };
    let access = match before.and_then(|parts| parts.access(config, known)) {
        Some(access) => access,
        None => Arc::new(access(&config.access, known.clone(), clock)?),
    };
    let backends = match before.and_then(|parts| parts.backends(config)) {
        Some(backends) => backends,
        None => Arc::new(backends::backends(config, &authenticator, &lasting.running, clock)?),
    };
    Ok((authenticator, access, backends))
}

fn authenticator(config: &Config, clock: &Clock) -> anyhow::Result<Arc<Authenticator>> {
    let http = outbound::client(&Limits::documents()).context("the HTTP client")?;
    let settings = identity_settings(&config.identity);
    Ok(Arc::new(Authenticator::new(settings, http, clock.clone())))
}

/// Where the questions of writes can be answered by link: nobody signs in here in direct mode.
fn links(config: &Config) -> Option<String> {
    match (config.confirmation.fallback, &config.auth) {
        (Fallback::Link, config::Auth::Facade(_)) => {
            Some(config.server.public_url.origin().ascii_serialization())
        }
        _ => None,
    }
}

/// The scope as clients have to ask for it. Entra takes a bare one for Microsoft Graph's
/// (AADSTS650053), so that in direct mode it stands behind the resource.
fn scope(config: &Config) -> String {
    match config.auth {
        config::Auth::Facade(_) => config.identity.scope.clone(),
        config::Auth::Direct(_) => {
            format!("{}/{}", config.server.resource(), config.identity.scope)
        }
    }
}

/// Definition files with problems, one line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct BadDefinitions(pub Vec<catalog::Problem>);

/// The definitions that the settings name.
///
/// # Errors
/// Every problem of every file.
pub fn definitions(tools: &config::Tools) -> Result<Catalog, Vec<catalog::Problem>> {
    catalog::load(&files(tools).map_err(|problem| vec![problem])?)
}

/// The files that the settings name.
pub(super) fn files(tools: &config::Tools) -> Result<Files, catalog::Problem> {
    tools.dir.as_deref().map_or_else(|| Ok(Files::built_in()), Files::read)
}

/// Leaves out what the settings disable, and the tools of services that aren't configured.
fn serve_only(mut catalog: Catalog, config: &Config) -> Catalog {
    catalog.retain(|tool| check::left_out(tool, config).is_none());
    catalog
}

/// What the identity stage is told.
pub(crate) fn identity_settings(identity: &config::Identity) -> Settings {
    let mut settings = Settings::new(
        identity.audience.clone(),
        identity.tenant_id.clone(),
        identity.discovery_url.clone(),
    );
    settings.require = match identity.require {
        config::Require::Either => Require::Either,
        config::Require::Scope => Require::Scope,
        config::Require::Role => Require::Role,
        config::Require::Both => Require::Both,
    };
    settings.scope.clone_from(&identity.scope);
    settings.role.clone_from(&identity.role);
    settings.allow_app_only = identity.allow_app_only;
    settings.authority_origins.clone_from(&identity.authority_origins);
    settings.expected_issuer.clone_from(&identity.issuer);
    settings.policies.clone_from(&identity.policies);
    settings.v1 = identity
        .v1_issuer
        .clone()
        .map(|issuer| V1 { issuer, audiences: v1_audiences(&identity.audience) });
    settings.allowed_clients = match &identity.allowed_clients {
        AllowedClients::Any => None,
        AllowedClients::Only(clients) => Some(clients.iter().cloned().collect()),
    };
    settings
}

/// The audiences that v1 tokens for one application may have: the URI's slash isn't settled there.
fn v1_audiences(audience: &str) -> Vec<String> {
    let bare = audience.trim_end_matches('/');
    let uri = if bare.contains("://") { bare.to_owned() } else { format!("api://{bare}") };
    vec![audience.to_owned(), format!("{uri}/"), uri]
}

fn key_ring(keys: &config::Keys) -> anyhow::Result<KeyRing> {
    let previous = keys.previous.as_ref().map(ExposeSecret::expose_secret);
    Ok(KeyRing::new(keys.current.expose_secret(), previous)?)
}

fn reach(allow_private_network: bool) -> Reach {
    if allow_private_network { Reach::Private } else { Reach::Public }
}

/// Ready once issuer, keys and the permission service have answered, and while the store does and
/// calls can be recorded; the catalog stands before anything is served.
fn health(
    authenticator: &Arc<Authenticator>,
    pipeline: &Arc<Pipeline>,
    stopping: &CancellationToken,
) -> Health {
    let stopping = stopping.clone();
    let keys = Arc::clone(authenticator);
    let permissions = Arc::clone(pipeline);
    let store = pipeline.confirmations.store.clone();
    let audit = pipeline.audit.clone();
    Health::default()
        .with(
            "process",
            Box::new(move || {
                let ending = stopping.is_cancelled();
                async move { if ending { Err("stopping") } else { Ok(()) } }.boxed()
            }),
        )
        .with(
            "signing_keys",
            Box::new(move || {
                let ready = keys.status().is_ready();
                async move { if ready { Ok(()) } else { Err("not fetched yet") } }.boxed()
            }),
        )
        .with(
            "permission_service",
            Box::new(move || {
                let pipeline = Arc::clone(&permissions);
                async move { if pipeline.access.probe().await { Ok(()) } else { Err("no answer") } }
                    .boxed()
            }),
        )
        .with(
            "store",
            Box::new(move || {
                let store = store.clone();
                async move { store.probe().await }.boxed()
            }),
        )
        .with(
            "audit",
            Box::new(move || {
                let takes_calls = audit.takes_calls();
                async move { if takes_calls { Ok(()) } else { Err("records can't be written") } }
                    .boxed()
            }),
        )
}
