//! A look-alike of Microsoft Entra ID: one tenant, the endpoints that Osier and its tests need, the
//! fields and oddities of the real one. `osier demo` starts it, and so does every test: there is
//! one implementation. It knows the demo's people and nobody else; it must never leave loopback.

mod discovery;
mod errors;
mod token;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Map, Value};

use super::claims;
use super::keys::{self, KeySet, SigningKey};
use super::people::{Person, TENANT_ID};
use super::wire::{self, Fault, Wire};
use crate::clock::Clock;

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
    /// `/{tid}/oauth2/v2.0/token`
    Token,
}

impl Endpoint {
    fn path(self) -> String {
        let rest = match self {
            Self::Discovery => "v2.0/.well-known/openid-configuration",
            Self::Keys => "discovery/v2.0/keys",
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
            discovery: Mutex::default(),
        })))
    }

    /// The routes, behind the wire.
    pub(super) fn router(&self) -> Router {
        Router::new()
            .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::document))
            .route("/{tenant}/discovery/v2.0/keys", get(discovery::keys))
            .route("/{tenant}/oauth2/v2.0/token", post(token::issue))
            .with_state(self.clone())
            .layer(axum::middleware::from_fn_with_state(self.0.wire.clone(), wire::pass))
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

    /// An access token as the person would get it now.
    pub fn token(&self, person: &Person) -> String {
        self.mint(person, |_| {})
    }

    /// An access token whose claims were altered before they were signed.
    pub fn mint(&self, person: &Person, alter: impl FnOnce(&mut Map<String, Value>)) -> String {
        self.mint_with(person, |_, claims| alter(claims))
    }

    /// An access token whose header and claims were altered before they were signed.
    pub fn mint_with(
        &self,
        person: &Person,
        alter: impl FnOnce(&mut Map<String, Value>, &mut Map<String, Value>),
    ) -> String {
        let mut header = claims::header(&self.kid());
        let mut payload = self.claims(person, claims::usual_client(), 4200);
        alter(&mut header, &mut payload);
        self.sign(Value::Object(header).to_string(), Value::Object(payload).to_string())
    }

    /// Signs any bytes with the current key: header and payload as they are, JSON or not.
    pub fn sign(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        match self.0.keys.current() {
            Some(key) => key.sign(header.as_ref(), payload.as_ref()),
            None => String::new(),
        }
    }

    /// Signs any bytes with a key that was never published, as a forger would.
    pub fn sign_with_a_foreign_key(
        &self,
        header: impl AsRef<[u8]>,
        payload: impl AsRef<[u8]>,
    ) -> anyhow::Result<String> {
        Ok(SigningKey::generate()?.sign(header.as_ref(), payload.as_ref()))
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

    fn claims(&self, person: &Person, client: &str, lifetime: u64) -> Map<String, Value> {
        claims::payload(person, &self.issuer(), client, self.0.clock.unix_seconds(), lifetime)
    }

    /// The base64url modulus and exponent of a published key.
    pub(super) fn public_key(&self, kid: &str) -> Option<(String, &'static str)> {
        let key = self.0.keys.find(kid)?;
        let (modulus, exponent) = key.components();
        Some((modulus.to_owned(), exponent))
    }
}
