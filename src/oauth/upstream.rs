//! The facade's leg to Entra: the URL that a person's browser is sent to, and the grants of a sign-in
//! at Entra's token endpoint, both at the endpoints of the discovery document that `identity` judged.
//! The facade's endpoints call it. Tokens aren't judged here: who hands one out has `identity` judge it.

mod authorize;
mod probe;

use std::sync::Arc;

use secrecy::SecretString;
use url::Url;

use crate::clock::Clock;
use crate::config;
use crate::entra::{Grant, TokenEndpoint, in_time};
use crate::identity::Authenticator;

pub use crate::entra::{CertificateFault, EntraFault, Said, Tokens, Unfit};
pub use probe::Landing;

use authorize::Request;

/// What of one sign-in goes to Entra's authorize page.
#[derive(Clone, Copy, Debug)]
pub struct Leg<'a> {
    /// Our own `state`: a nonce, short.
    pub state: &'a str,
    /// Our own PKCE challenge (RFC 7636 §4.2), `S256`.
    pub challenge: &'a str,
    /// Whom the client thinks will sign in. Left out where it isn't plain.
    pub login_hint: Option<&'a str>,
    /// Is the person asked which of their accounts it is, whatever the configuration says? Where
    /// the wrong one leads nowhere, Entra's own memory of it must not choose again.
    pub select_account: bool,
}

/// Entra's two endpoints, as our own registration uses them.
pub struct Upstream {
    request: Request,
    endpoint: TokenEndpoint,
}

impl Upstream {
    /// The leg to the tenant whose discovery document `authenticator` reads. `redirect_uri` is our
    /// own `<origin>/oauth/callback`. Nothing is asked of the network yet.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn new(
        facade: &config::Facade,
        redirect_uri: &Url,
        authenticator: Arc<Authenticator>,
        clock: Clock,
    ) -> Result<Self, Unfit> {
        let scope = format!("{} openid profile offline_access", facade.upstream_scope);
        let request = Request {
            client_id: facade.client_id.clone(),
            redirect_uri: redirect_uri.clone(),
            scope,
            prompt: facade.prompt,
            domain_hint: facade.domain_hint.clone(),
        };
        let credential = &facade.credential;
        let endpoint = TokenEndpoint::new(&facade.client_id, credential, authenticator, clock)?;
        Ok(Self { request, endpoint })
    }

    /// Where the person's browser goes.
    ///
    /// # Errors
    /// [`EntraFault::Unavailable`] where the discovery document can't be had or names no
    /// endpoints that are allowed.
    pub async fn authorize_url(&self, leg: &Leg<'_>) -> Result<Url, EntraFault> {
        let url =
            async { Ok(self.request.url(self.endpoint.endpoints().await?.authorization, leg)) };
        in_time(url).await.inspect_err(EntraFault::log)
    }

    /// Entra's tokens for Entra's code (RFC 6749 §4.1.3) and our verifier.
    ///
    /// # Errors
    /// [`EntraFault`], logged.
    pub async fn redeem(&self, code: &str, verifier: &str) -> Result<Tokens, EntraFault> {
        let Request { redirect_uri, scope, .. } = &self.request;
        let grant = Grant::Code { code, verifier, redirect_uri, scope };
        self.endpoint.ask(grant).await.inspect_err(EntraFault::log)
    }

    /// New tokens for a refresh token (RFC 6749 §6). Entra gives a new refresh token each time and
    /// doesn't revoke the old one.
    ///
    /// # Errors
    /// [`EntraFault`], logged.
    pub async fn refresh(&self, token: &SecretString) -> Result<Tokens, EntraFault> {
        let grant = Grant::Refresh { token, scope: &self.request.scope };
        self.endpoint.ask(grant).await.inspect_err(EntraFault::log)
    }
}
