//! A look-alike of Microsoft Entra ID: one tenant, the endpoints that Osier and its tests need, the
//! fields and oddities of the real one. `osier demo` starts it, and so does every test: there is
//! one implementation. It knows the demo's people and nobody else; it must never leave loopback.

mod admission;
mod apps;
mod authorize;
mod discovery;
mod elsewhere;
mod errors;
mod grants;
mod pages;
mod parameters;
mod scopes;
mod switches;
mod token;
mod tokens;
mod walk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use serde_json::{Map, Value};

pub use self::apps::{App, Federated, Secret};
use self::errors::Stamp;
use self::grants::Grants;
use self::scopes::Api;
use self::switches::Switches;
pub use self::switches::{Obstacle, Policy};
pub use self::walk::sign_in;
use super::keys::{self, KeySet};
use super::people::{API_CLIENT_ID, SCOPE, TENANT_ID};
use super::wire::{self, Fault, Wire};
use crate::clock::Clock;

/// How long a code lives, in seconds.
const CODE_LIFETIME: u64 = 600;
/// How long an unused refresh token lives, in seconds: 90 days.
const REFRESH_LIFETIME: u64 = 90 * 24 * 3600;

/// The look-alike's handle. Clones are the same tenant.
#[derive(Clone)]
pub struct Entra(Arc<Tenant>);

struct Tenant {
    base: String,
    clock: Clock,
    wire: Wire,
    keys: KeySet,
    /// The index of the next key for a rotation.
    next_key: AtomicUsize,
    apps: Mutex<BTreeMap<String, App>>,
    api: Mutex<Api>,
    grants: Mutex<Grants>,
    switches: Mutex<Switches>,
    /// What a test wants the discovery document to say instead.
    discovery: Mutex<Map<String, Value>>,
}

/// One of the look-alike's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `/{tid}/v2.0/.well-known/openid-configuration`
    Discovery,
    /// `/{tid}/discovery/v2.0/keys`
    Keys,
    /// `/{tid}/oauth2/v2.0/authorize`
    Authorize,
    /// `/{tid}/oauth2/v2.0/token`
    Token,
}

impl Endpoint {
    fn path(self) -> String {
        let rest = match self {
            Self::Discovery => "v2.0/.well-known/openid-configuration",
            Self::Keys => "discovery/v2.0/keys",
            Self::Authorize => "oauth2/v2.0/authorize",
            Self::Token => "oauth2/v2.0/token",
        };
        format!("/{TENANT_ID}/{rest}")
    }
}

impl Entra {
    /// A tenant that is reached at `base` (`http://127.0.0.1:PORT`). Makes an RSA key.
    pub(super) fn new(base: String, clock: Clock) -> anyhow::Result<Self> {
        Ok(Self(Arc::new(Tenant {
            base,
            clock,
            wire: Wire::default(),
            keys: KeySet::new(keys::nth(0)?),
            next_key: AtomicUsize::new(1),
            apps: Mutex::new(
                apps::demo_apps().into_iter().map(|app| (app.client_id.clone(), app)).collect(),
            ),
            api: Mutex::new(Api {
                client_id: API_CLIENT_ID,
                identifier_uris: vec![format!("api://{API_CLIENT_ID}")],
                scopes: vec![SCOPE.to_owned(), "Other.Read".to_owned()],
            }),
            grants: Mutex::default(),
            switches: Mutex::default(),
            discovery: Mutex::default(),
        })))
    }

    /// The routes, behind the wire.
    pub(super) fn router(&self) -> Router {
        Router::new()
            .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::document))
            .route("/{tenant}/.well-known/openid-configuration", get(discovery::v1_document))
            .route("/sts/{tenant}/.well-known/openid-configuration", get(discovery::v1_document))
            .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
            .route("/{tenant}/discovery/keys", get(discovery::v1_keys))
            .route("/{tenant}/oauth2/v2.0/authorize", get(authorize::show).post(authorize::submit))
            .route("/{tenant}/oauth2/v2.0/token", post(token::issue))
            .fallback(elsewhere::unknown_page)
            .method_not_allowed_fallback(elsewhere::wrong_verb)
            .with_state(self.clone())
            .layer(from_fn_with_state(self.0.wire.clone(), wire::pass))
            .layer(from_fn_with_state(self.clone(), elsewhere::date))
    }

    /// Where it listens, `http://127.0.0.1:PORT` without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.0.base
    }

    /// The tenant's issuer, as in `iss`: `…/{tid}/v2.0`.
    pub fn issuer(&self) -> String {
        format!("{}/{TENANT_ID}/v2.0", self.0.base)
    }

    /// The URL of one endpoint.
    pub fn url(&self, endpoint: Endpoint) -> String {
        format!("{}{}", self.0.base, endpoint.path())
    }

    /// What was asked of it, and its faults by path.
    pub fn wire(&self) -> &Wire {
        &self.0.wire
    }

    /// How often an endpoint was asked since the start or the last `wire().forget()`.
    pub fn hits(&self, endpoint: Endpoint) -> usize {
        self.0.wire.count(&endpoint.path())
    }

    /// Makes an endpoint fail until `wire().heal()`.
    pub fn inject(&self, endpoint: Endpoint, fault: Fault) {
        self.0.wire.inject(&endpoint.path(), fault);
    }

    /// Replaces a field of the discovery document (`issuer`, `jwks_uri`, …); null removes it.
    pub fn alter_discovery(&self, field: &str, value: Value) {
        let mut altered = self.0.discovery.lock().unwrap_or_else(PoisonError::into_inner);
        altered.insert(field.to_owned(), value);
    }

    /// The discovery document as it should be again.
    pub fn restore_discovery(&self) {
        self.0.discovery.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The JWK set that its keys endpoint serves.
    pub fn key_set(&self) -> Value {
        self.0.keys.published(&self.issuer())
    }

    /// The id of the key that signs now.
    pub fn kid(&self) -> String {
        self.0.keys.current().map(|key| key.kid().to_owned()).unwrap_or_default()
    }

    /// Publishes a new key beside the old ones and signs with it from now on.
    pub fn add_key(&self) -> anyhow::Result<()> {
        let index = self.0.next_key.fetch_add(1, Ordering::Relaxed);
        self.0.keys.add(keys::nth(index)?);
        Ok(())
    }

    /// Withdraws every key but the one that signs.
    pub fn drop_old_keys(&self) {
        self.0.keys.drop_old();
    }

    /// A new key, and the old ones gone: tokens that they signed are worthless from now on.
    pub fn rotate(&self) -> anyhow::Result<()> {
        self.add_key()?;
        self.drop_old_keys();
        Ok(())
    }

    fn grants(&self) -> MutexGuard<'_, Grants> {
        lock(&self.0.grants)
    }

    /// The present moment, in unix seconds.
    fn now(&self) -> u64 {
        self.0.clock.unix_seconds()
    }

    /// What stands around an answer that is a refusal.
    fn stamp(&self, headers: &HeaderMap) -> Stamp {
        Stamp::new(self.shown_time(), headers)
    }

    /// The time that the tenant believes it is.
    fn shown_time(&self) -> SystemTime {
        let (now, skew) = (self.0.clock.now(), self.switches().skew);
        let by = Duration::from_secs(skew.unsigned_abs());
        let shown = if skew < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        shown.unwrap_or(now)
    }

    /// The base64url modulus and exponent of a published key.
    pub(super) fn public_key(&self, kid: &str) -> Option<(String, &'static str)> {
        let key = self.0.keys.find(kid)?;
        let (modulus, exponent) = key.components();
        Some((modulus.to_owned(), exponent))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
