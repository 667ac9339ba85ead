//! The leg to Entra: the URL that a person's browser is sent to, and the requests to Entra's token
//! endpoint. The facade's endpoints call it. The tokens are Entra's own and are judged by nobody here:
//! who hands one out has `identity` judge it first.

mod fault;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::clock::Clock;
use crate::config;
use crate::identity::Authenticator;

pub use fault::{Said, UpstreamFault};

/// What of one sign-in goes to Entra's authorize page.
#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    /// Our own `state`: a nonce, short.
    pub state: &'a str,
    /// Our own PKCE challenge (RFC 7636 §4.2), `S256`.
    pub challenge: &'a str,
    /// Whom the client thinks will sign in.
    pub login_hint: Option<&'a str>,
}

/// What Entra's token endpoint gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token, unjudged.
    pub access_token: SecretString,
    /// The refresh token; absent where `offline_access` wasn't granted.
    pub refresh_token: Option<SecretString>,
    /// For how long the access token holds, by Entra's own word.
    pub expires_in: Duration,
}

/// Entra's two endpoints, as our own registration uses them.
pub struct Upstream {}

impl Upstream {
    /// The leg to the tenant whose discovery document `endpoints` reads. `redirect_uri` is our own
    /// `<origin>/oauth/callback`. Nothing is asked of the network yet.
    ///
    /// # Errors
    /// Where the machine's certificate store or the configured certificate can't be used.
    pub fn new(
        facade: &config::Facade,
        redirect_uri: &Url,
        endpoints: Arc<Authenticator>,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let _ = (facade, redirect_uri, endpoints, clock);
        Ok(Self {})
    }

    /// Where the person's browser goes.
    ///
    /// # Errors
    /// [`UpstreamFault::Unavailable`] where the discovery document can't be had or names no
    /// endpoints.
    pub async fn authorize_url(&self, leg: &Leg<'_>) -> Result<Url, UpstreamFault> {
        let _ = leg;
        Err(UpstreamFault::Unavailable(Said::of("not made yet")))
    }

    /// Entra's tokens for Entra's code (RFC 6749 §4.1.3) and our verifier.
    ///
    /// # Errors
    /// [`UpstreamFault`].
    pub async fn redeem(&self, code: &str, verifier: &str) -> Result<Tokens, UpstreamFault> {
        let _ = (code, verifier);
        Err(UpstreamFault::Unavailable(Said::of("not made yet")))
    }

    /// New tokens for a refresh token (RFC 6749 §6). Entra gives a new refresh token each time and
    /// doesn't revoke the old one.
    ///
    /// # Errors
    /// [`UpstreamFault`].
    pub async fn refresh(&self, token: &SecretString) -> Result<Tokens, UpstreamFault> {
        let _ = token;
        Err(UpstreamFault::Unavailable(Said::of("not made yet")))
    }
}
