//! The identity stage, in its order. The HTTP middleware calls [`Authenticator::authenticate`];
//! the program runs [`Authenticator::run`] beside its server. It never reads a body or a query.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::HeaderMap;
use tokio_util::sync::CancellationToken;

use super::cache::{TokenCache, TokenHash};
use super::claims::RawClaims;
use super::credential::unverified_bearer;
use super::keys::{Endpoints, KeyFault, KeyStore, Keys, KeysStatus, Sought};
use super::rejection::{Flaw, Rejection};
use super::token::UnverifiedToken;
use super::{Identity, Settings};
use crate::clock::Clock;
use crate::telemetry::{Cached, meters};

/// How often the background loop looks whether the keys are due.
const LOOK: Duration = Duration::from_mins(1);

/// How long the loop waits between attempts while there are no keys, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(4));

/// Turns a request's headers into an identity.
pub struct Authenticator {
    settings: Arc<Settings>,
    clock: Clock,
    keys: KeyStore,
    cache: TokenCache,
    /// The key set whose tokens the cache holds.
    cached_generation: AtomicU64,
}

impl Authenticator {
    /// An authenticator that hasn't fetched anything yet. `http` comes from
    /// [`outbound::client`](crate::outbound::client).
    pub fn new(settings: Settings, http: reqwest::Client, clock: Clock) -> Self {
        crate::outbound::install_crypto();
        let settings = Arc::new(settings);
        Self {
            keys: KeyStore::new(Arc::clone(&settings), http, clock.clone()),
            cache: TokenCache::new(settings.cached_tokens, settings.leeway, clock.clone()),
            cached_generation: AtomicU64::new(0),
            settings,
            clock,
        }
    }

    /// Who is calling.
    ///
    /// # Errors
    /// A [`Rejection`]; the reason in it is for the log, its kind for the caller.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Identity>, Rejection> {
        self.authenticate_token(unverified_bearer(headers)?).await
    }

    /// Who is calling, if the token was verified a moment ago: an answer that costs no signature. None
    /// says nothing of the token.
    pub async fn remembered(&self, headers: &HeaderMap) -> Option<Arc<Identity>> {
        let token = unverified_bearer(headers).ok()?;
        UnverifiedToken::check_size(token).ok()?;
        let keys = self.keys.current().ok()?;
        let identity = self.cache.get(&TokenHash::of(token), keys.generation).await?;
        meters().token(Cached::Hit);
        Some(identity)
    }

    /// Whom a bare token speaks for: the same judgement, for a token that came otherwise.
    ///
    /// # Errors
    /// As [`Authenticator::authenticate`].
    pub async fn authenticate_token(&self, token: &str) -> Result<Arc<Identity>, Rejection> {
        UnverifiedToken::check_size(token)?;
        let hash = TokenHash::of(token);
        // Keys that grew too old verify nothing, remembered tokens included.
        if let Ok(keys) = self.keys.current()
            && let Some(identity) = self.cache.get(&hash, keys.generation).await
        {
            meters().token(Cached::Hit);
            return Ok(identity);
        }
        let unverified = UnverifiedToken::parse(token)?;
        let keys = self.keys_with(unverified.kid()).await?;
        let key = keys.get(unverified.kid()).ok_or(Flaw::UnknownKey)?;
        let payload = unverified.verify(key)?;
        let now = self.clock.unix_seconds();
        let facts = RawClaims::read(&payload)?.validate(&self.settings, keys.issuer(), now)?;
        let times = facts.times;
        let identity = Arc::new(Identity::from_token(facts, token));
        meters().token(Cached::Miss);
        self.remember(hash, &identity, times, &keys).await;
        Ok(identity)
    }

    /// How the signing keys stand, for `/readyz`.
    pub fn status(&self) -> KeysStatus {
        self.keys.status()
    }

    /// The issuer that signs the tokens, as its discovery document names it; asks for the document
    /// if nobody has.
    ///
    /// # Errors
    /// Where the document can't be had.
    pub async fn issuer(&self) -> Result<String, KeyFault> {
        if let Some(issuer) = self.keys.issuer() {
            return Ok(issuer);
        }
        let sought = self.keys.seek(Sought::Any).await;
        // Good discovery without keys is enough to know the name.
        self.keys.issuer().ok_or_else(|| sought.err().unwrap_or(KeyFault::NotFetched))
    }

    /// Where the tenant signs people in, as its discovery document says; asks for the document if
    /// nobody has.
    ///
    /// # Errors
    /// Where the document can't be had, or names no endpoints at an origin that is allowed.
    pub async fn endpoints(&self) -> Result<Endpoints, KeyFault> {
        if let Some(endpoints) = self.keys.endpoints() {
            return Ok(endpoints);
        }
        let sought = self.keys.seek(Sought::Any).await;
        self.keys.endpoints().ok_or_else(|| sought.err().unwrap_or(KeyFault::BadAnswer))
    }

    /// Fetches the keys now and whenever they are due, until `shutdown`.
    pub async fn run(&self, shutdown: CancellationToken) {
        let mut retry = RETRY.0;
        loop {
            // Looks at the clock each time instead of sleeping until the keys are due: a clock that
            // jumped, or a machine that slept, is noticed within a minute.
            let work = async {
                if self.keys.is_due() {
                    self.keys.refresh_if_due().await;
                }
                if self.keys.current().is_ok() {
                    retry = RETRY.0;
                    tokio::time::sleep(LOOK).await;
                } else {
                    tokio::time::sleep(retry).await;
                    retry = RETRY.1.min(retry * 2);
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = work => {}
            }
        }
    }

    async fn keys_with(&self, kid: &str) -> Result<Keys, Rejection> {
        match self.keys.current() {
            Ok(keys) if keys.get(kid).is_some() => Ok(keys),
            _ => {
                let sought = Box::pin(self.keys.seek(Sought::Key(kid)));
                sought.await.map_err(Rejection::KeysUnavailable)
            }
        }
    }

    async fn remember(
        &self,
        hash: TokenHash,
        identity: &Arc<Identity>,
        times: super::claims::Times,
        keys: &Keys,
    ) {
        // An entry of an older key set is never believed (`TokenCache::get`); this frees its room.
        if self.cached_generation.fetch_max(keys.generation, Ordering::Relaxed) < keys.generation {
            self.cache.clear();
        }
        self.cache.put(hash, Arc::clone(identity), times, keys.generation).await;
    }
}
