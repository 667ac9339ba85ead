//! The issuer's signing keys: fetched at the first need and in the background, fetched again when
//! they are old or a token names an unknown one, and kept while the issuer is away. The
//! authenticator asks; nothing else does.
//!
//! One fetch runs at a time, and whoever needs it waits for that one. A fetch for an unknown `kid`
//! that doesn't bring it starts the cool-down: until it ends, unknown keys are refused unasked. A
//! fetch that brings the key starts none, so a real rollover is never met with a 401 unless
//! somebody else's invented `kid` was asked for within the cool-down before it.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use url::{Origin, Url};

mod documents;
mod set;

use self::set::KeySet;
use super::Settings;
use crate::clock::Clock;
use crate::telemetry::{Done, meters};

/// How soon after a failure the next caller may try again while there are no keys at all.
const RETRY_EMPTY: Duration = Duration::from_secs(1);

/// Why the issuer's keys couldn't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No connection, no answer in time, or a server error.
    #[error("the issuer didn't answer")]
    Unreachable,
    /// Something else than the document that was asked for, or no usable key in it.
    #[error("the issuer's answer isn't usable")]
    BadAnswer,
    /// Another issuer, or another origin for the keys, than was pinned.
    #[error("the issuer or the origin of its keys changed")]
    Moved,
    /// Nobody has asked yet.
    #[error("the keys weren't fetched yet")]
    NotFetched,
    /// The last good keys are older than they may be.
    #[error("the keys are too old")]
    TooOld,
}

/// How the keys stand, for `/readyz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeysStatus {
    /// Fetched, and the last fetch was good.
    Ready,
    /// In use, though the last fetch failed. Known keys still verify.
    Degraded(KeyFault),
    /// None to use: every call is answered with 503.
    Missing(KeyFault),
}

impl KeysStatus {
    /// True while tokens can be verified.
    pub fn is_ready(self) -> bool {
        !matches!(self, Self::Missing(_))
    }
}

/// What the first good discovery document said and every later one must repeat.
#[derive(Clone, Debug)]
struct Pin {
    issuer: String,
    keys_origin: Origin,
}

/// Where a tenant signs people in and hands out tokens, by its discovery document; each at one of the
/// origins that the deployment allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// `authorization_endpoint`
    pub authorization: Url,
    /// `token_endpoint`
    pub token: Url,
}

/// A key set in use, with the issuer that it belongs to.
#[derive(Clone)]
pub(super) struct Keys {
    set: Arc<KeySet>,
    issuer: Arc<str>,
    /// Counts the changes of the set; a token that was verified with an older one is verified anew.
    pub(super) generation: u64,
}

impl Keys {
    /// The issuer, byte for byte.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The key of that name.
    pub(super) fn get(&self, kid: &str) -> Option<&jsonwebtoken::DecodingKey> {
        self.set.get(kid)
    }
}

/// What is sought that isn't there.
#[derive(Clone, Copy)]
pub(super) enum Sought<'a> {
    /// Any usable key set.
    Any,
    /// The key of this name.
    Key(&'a str),
}

#[derive(Default)]
struct State {
    pin: Option<Pin>,
    /// What the last good document said of the endpoints.
    endpoints: Option<Endpoints>,
    keys: Option<Keys>,
    /// When the keys were fetched, in unix milliseconds.
    fetched: u64,
    /// The last fetch's fault, and when it ended.
    fault: Option<(KeyFault, u64)>,
    /// When an unknown key was last sought in vain.
    missed: Option<u64>,
}

/// The issuer's keys, and the rules by which they are fetched.
#[derive(Clone)]
pub(super) struct KeyStore {
    settings: Arc<Settings>,
    http: reqwest::Client,
    clock: Clock,
    state: Arc<RwLock<State>>,
    flight: Arc<Mutex<()>>,
}

impl KeyStore {
    pub(super) fn new(settings: Arc<Settings>, http: reqwest::Client, clock: Clock) -> Self {
        Self { settings, http, clock, state: Arc::default(), flight: Arc::default() }
    }

    /// The keys in use, unless they are too old.
    pub(super) fn current(&self) -> Result<Keys, KeyFault> {
        let state = self.read();
        let Some(keys) = &state.keys else {
            return Err(state.fault.map_or(KeyFault::NotFetched, |(fault, _)| fault));
        };
        let keep = self.settings.refresh_every + self.settings.keep_last_good;
        if self.age(state.fetched) >= keep {
            return Err(state.fault.map_or(KeyFault::TooOld, |(fault, _)| fault));
        }
        Ok(keys.clone())
    }

    /// The issuer, once a discovery document named it.
    pub(super) fn issuer(&self) -> Option<String> {
        self.read().pin.as_ref().map(|pin| pin.issuer.clone())
    }

    /// The endpoints, once a discovery document named them.
    pub(super) fn endpoints(&self) -> Option<Endpoints> {
        self.read().endpoints.clone()
    }

    /// How the keys stand.
    pub(super) fn status(&self) -> KeysStatus {
        match self.current() {
            Err(fault) => KeysStatus::Missing(fault),
            Ok(_) => match self.read().fault {
                Some((fault, _)) => KeysStatus::Degraded(fault),
                None => KeysStatus::Ready,
            },
        }
    }

    /// True where the background loop should fetch.
    pub(super) fn is_due(&self) -> bool {
        self.current().is_err() || self.age(self.read().fetched) >= self.settings.refresh_every
    }

    /// Fetches because `sought` isn't in the keys in use, unless somebody just has. `Ok` where the
    /// keys are as new as they get for now, with or without what was sought.
    pub(super) async fn seek(&self, sought: Sought<'_>) -> Result<Keys, KeyFault> {
        if let Some(settled) = self.settled(sought) {
            return settled;
        }
        let flight = Arc::clone(&self.flight).lock_owned().await;
        if let Some(settled) = self.settled(sought) {
            return settled;
        }
        let (store, kid) = (self.clone(), sought.kid().map(str::to_owned));
        // A task of its own: a caller that goes away mustn't end the fetch that others wait for,
        // nor leave it uncounted.
        let fetch = tokio::spawn(async move {
            store.fetch(kid.as_deref()).await;
            drop(flight);
        });
        if fetch.await.is_err() {
            return Err(KeyFault::Unreachable);
        }
        match sought {
            Sought::Any => self.current(),
            Sought::Key(_) => self.settled(sought).unwrap_or_else(|| self.current()),
        }
    }

    /// Fetches if it is due; what the background loop does.
    pub(super) async fn refresh_if_due(&self) {
        let flight = Arc::clone(&self.flight).lock_owned().await;
        if self.is_due() {
            self.fetch(None).await;
        }
        drop(flight);
    }

    /// The answer that needs no fetch, if there is one.
    fn settled(&self, sought: Sought<'_>) -> Option<Result<Keys, KeyFault>> {
        let current = self.current();
        let state = self.read();
        match (current, sought.kid()) {
            (Ok(keys), None) => Some(Ok(keys)),
            (Ok(keys), Some(kid)) if keys.get(kid).is_some() => Some(Ok(keys)),
            (Ok(keys), Some(_)) if self.within(state.missed, self.settings.cool_down) => {
                // If the issuer didn't answer, nobody knows whether the key is good.
                Some(state.fault.map_or(Ok(keys), |(fault, _)| Err(fault)))
            }
            (Ok(_), Some(_)) => None,
            (Err(fault), _) => {
                let failed = state.fault.map(|(_, at)| at);
                self.within(failed, RETRY_EMPTY).then_some(Err(fault))
            }
        }
    }

    /// Fetches both documents and keeps what is good of them. Only with the flight's lock held.
    async fn fetch(&self, kid: Option<&str>) {
        let pinned = self.read().pin.clone();
        let fetched = self.fetch_documents(pinned.as_ref()).await;
        let now = self.clock.unix_millis();
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(set) => {
                state.fetched = now;
                meters().keys_fetch(Done::Ok);
                meters().keys_fetched(now / 1000);
                state.fault = None;
                if kid.is_some_and(|kid| set.get(kid).is_none()) {
                    state.missed = Some(now);
                }
                state.take(set);
            }
            Err(fault) => {
                tracing::warn!(%fault, "the issuer's keys couldn't be fetched");
                meters().keys_fetch(Done::Failed);
                state.fault = Some((fault, now));
                if kid.is_some() {
                    state.missed = Some(now);
                }
            }
        }
    }

    async fn fetch_documents(&self, pinned: Option<&Pin>) -> Result<KeySet, KeyFault> {
        let discovery = documents::discover(&self.http, &self.settings, pinned).await?;
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            state.endpoints = discovery.endpoints;
            if pinned.is_none() {
                state.pin = Some(discovery.pin);
            }
        }
        documents::key_set(&self.http, &discovery.jwks_uri).await
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time since then. A clock that was set back makes nothing younger than new.
    fn age(&self, then: u64) -> Duration {
        Duration::from_millis(self.clock.unix_millis().saturating_sub(then))
    }

    /// True where `then` lies less than `span` ago. A moment in the future is none: the clock was
    /// set back, and a pause mustn't last until it catches up.
    fn within(&self, then: Option<u64>, span: Duration) -> bool {
        then.is_some_and(|then| {
            let passed = self.clock.unix_millis().checked_sub(then);
            passed.is_some_and(|millis| Duration::from_millis(millis) < span)
        })
    }
}

impl<'a> Sought<'a> {
    fn kid(self) -> Option<&'a str> {
        match self {
            Self::Any => None,
            Self::Key(kid) => Some(kid),
        }
    }
}

impl State {
    fn take(&mut self, set: KeySet) {
        let Some(pin) = &self.pin else { return };
        let before = self.keys.as_ref();
        if before.is_some_and(|keys| keys.set.same_as(&set)) {
            return;
        }
        let generation = before.map_or(1, |keys| keys.generation + 1);
        tracing::info!(keys = set.len(), generation, "took the issuer's keys");
        self.keys =
            Some(Keys { set: Arc::new(set), issuer: pin.issuer.as_str().into(), generation });
    }
}
