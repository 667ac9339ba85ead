//! From settings to a server that can be served: every part made once, here.

mod backends;
mod facade;
mod permissions;

pub(crate) use permissions::{access, known};

use std::sync::Arc;

use anyhow::Context;
use futures::FutureExt;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::audit::Sink;
use crate::catalog::{self, Catalog, Files};
use crate::check;
use crate::clock::Clock;
use crate::config::{self, AllowedClients, Config, Fallback};
use crate::confirm::Confirmations;
use crate::health::Health;
use crate::identity::{Authenticator, Challenge, Require, Settings, V1};
use crate::mcp::{self, Door};
use crate::middleware::{bearer, body, host, limits as shedding};
use crate::oauth;
use crate::oauth::pace::{Budget, Pace};
use crate::oauth::protected_resource::ProtectedResource;
use crate::outbound::{self, Limits, Reach};
use crate::pipeline::{self, Pipeline};
use crate::response::Bounds;
use crate::seal::KeyRing;
use crate::store::Store;

/// What the parts are made with, other than the settings.
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
    /// What is served.
    pub app: App,
    /// The calls' way.
    pub pipeline: Arc<Pipeline>,
    /// Who is let in; its `run` keeps the signing keys fresh.
    pub authenticator: Arc<Authenticator>,
}

/// Makes every part of a server. Nothing is asked of the network yet.
///
/// # Errors
/// Definitions with problems, and whatever of the machine doesn't do its part.
pub fn assemble(config: &Config, catalog: Catalog, means: Means) -> anyhow::Result<Assembly> {
    let Means { clock, audit, store } = means;
    let limits = &config.limits;
    let (running, streams) = (TaskTracker::new(), CancellationToken::new());
    let http = outbound::client(&Limits::documents()).context("the HTTP client")?;
    let authenticator =
        Arc::new(Authenticator::new(identity_settings(&config.identity), http, clock.clone()));
    let keys = Arc::new(key_ring(&config.keys)?);
    let catalog = Arc::new(serve_only(catalog, config));
    let pipeline = Arc::new(Pipeline {
        access: access(&config.access, known(&catalog), &clock)?,
        catalog,
        backends: backends::backends(config, &authenticator, &running, &clock)?,
        confirmations: Confirmations {
            keys: Arc::clone(&keys),
            store,
            clock: clock.clone(),
            life: config.confirmation.ttl,
        },
        audit,
        admission: Arc::new(admission(limits, &clock)),
        bounds: Bounds {
            max_chars: config.limits.max_result_chars,
            app_url: config.tools.app_url.clone(),
        },
        clock,
        running: running.clone(),
    });
    let server = &config.server;
    let allowed = host::Allowed::new(server.hosts(), server.origins());
    let body = body::Limits { bytes: server.max_body_bytes, time: limits.body_deadline };
    let settings = mcp::Settings {
        patience: mcp::Patience {
            call: config.limits.call_deadline,
            answer: config.confirmation.ttl,
        },
        sessions: mcp::Limits {
            per_person: limits.sessions_per_person,
            overall: limits.sessions,
            ..mcp::Limits::default()
        },
        subscriptions: mcp::Subscriptions {
            per_person: limits.subscriptions_per_person,
            overall: limits.streams,
        },
        links: links(config),
    };
    let door = Door::new(Arc::clone(&pipeline), settings, &allowed, body, streams.clone());
    let scope = scope(config);
    let resource = ProtectedResource::new(&server.public_url, &scope);
    let challenge = Challenge::new(resource.metadata_url(), &scope);
    let budget = Budget { each: limits.tokens_per_minute, all: limits.tokens_per_minute_overall };
    let gate = bearer::Gate {
        authenticator: Arc::clone(&authenticator),
        challenge: Arc::new(challenge),
        strangers: Arc::new(Pace::new(budget, pipeline.clock.clone())),
    };
    let health = health(&authenticator, &pipeline);
    let limits = super::Limits {
        header_bytes: server.max_header_bytes,
        grace: server.shutdown_grace,
        connections: config.limits.connections,
    };
    let allowed = Arc::new(allowed);
    let admission =
        Arc::new(shedding::Admission::new(shed_at(&config.limits), pipeline.clock.clone()));
    let facade = match &config.auth {
        config::Auth::Facade(auth) => {
            let parts = (Arc::clone(&keys), Arc::clone(&authenticator), Arc::clone(&pipeline));
            Some(Arc::new(facade::facade(config, auth, parts, &pipeline.clock)?))
        }
        config::Auth::Direct(_) => None,
    };
    let oauth = oauth::Door { resource, authenticator: Arc::clone(&authenticator), facade };
    let app = App { door, gate, allowed, body, admission, oauth, health, limits, running, streams };
    Ok(Assembly { app, pipeline, authenticator })
}

/// How many calls there may be.
fn admission(limits: &config::Limits, clock: &Clock) -> pipeline::Admission {
    let config::Limits { in_flight, in_flight_per_person, tool, .. } = *limits;
    pipeline::Admission::new(in_flight, in_flight_per_person, tool, clock.clone())
}

/// How much the HTTP layer lets in.
fn shed_at(limits: &config::Limits) -> shedding::Settings {
    shedding::Settings {
        person: limits.person,
        overall: limits.overall,
        in_flight: limits.in_flight,
        in_flight_per_person: limits.in_flight_per_person,
        streams_per_person: limits.streams_per_person,
        streams: limits.streams,
    }
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

/// The definitions that the settings name.
///
/// # Errors
/// Every problem of every file.
pub fn definitions(tools: &config::Tools) -> Result<Catalog, Vec<catalog::Problem>> {
    let files = match &tools.dir {
        Some(dir) => Files::read(dir).map_err(|problem| vec![problem])?,
        None => Files::built_in(),
    };
    catalog::load(&files)
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

/// Ready once issuer, keys and the permission service have answered, and while the store does; the
/// catalog stands before anything is served.
fn health(authenticator: &Arc<Authenticator>, pipeline: &Arc<Pipeline>) -> Health {
    let keys = Arc::clone(authenticator);
    let permissions = Arc::clone(pipeline);
    let store = pipeline.confirmations.store.clone();
    Health::default()
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
}
