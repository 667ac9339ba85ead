//! The leg to Entra: the URL that a person's browser is sent to, and the requests to Entra's token
//! endpoint, both at the endpoints of the discovery document that `identity` judged. The facade's
//! endpoints call it. The tokens are Entra's own and nobody judges them here: who hands one out has
//! `identity` judge it first. Of what Entra says no word reaches a caller.

mod authorize;
mod certificate;
mod credential;
mod exchange;
mod fault;
mod managed_identity;
mod probe;
mod seconds;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::clock::Clock;
use crate::config;
use crate::identity::{Authenticator, Endpoints};
use crate::outbound::{self, Limits, Reach};

pub use certificate::CertificateFault;
pub use fault::{Said, UpstreamFault};
pub use probe::Landing;

use authorize::Request;
use credential::Credential;
use exchange::{Exchange, Grant};

/// How long a leg may take in all, discovery and credential included. The least patient client gives
/// `/token` ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);

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

/// What the leg can't be made of.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The machine's certificate store can't be read.
    #[error("the HTTP client for Entra can't be made")]
    Client(#[from] reqwest::Error),
    /// The configured certificate or its key.
    #[error("auth.certificate_file: {0}")]
    Certificate(#[from] CertificateFault),
}

/// Entra's two endpoints, as our own registration uses them.
pub struct Upstream {
    authenticator: Arc<Authenticator>,
    request: Request,
    exchange: Exchange,
    credential: Credential,
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
        let http = outbound::client(&Limits::calls(PATIENCE, Reach::Private))?;
        let scope = format!("{} openid profile offline_access", facade.upstream_scope);
        let request = Request {
            client_id: facade.client_id.clone(),
            redirect_uri: redirect_uri.clone(),
            scope: scope.clone(),
            prompt: facade.prompt,
            domain_hint: facade.domain_hint.clone(),
        };
        let client_id = facade.client_id.clone();
        let credential =
            Credential::new(&facade.credential, client_id.clone(), http.clone(), clock)?;
        let exchange = Exchange { http, client_id, redirect_uri: redirect_uri.clone(), scope };
        Ok(Self { authenticator, request, exchange, credential })
    }

    /// Where the person's browser goes.
    ///
    /// # Errors
    /// [`UpstreamFault::Unavailable`] where the discovery document can't be had or names no
    /// endpoints that are allowed.
    pub async fn authorize_url(&self, leg: &Leg<'_>) -> Result<Url, UpstreamFault> {
        let url = async { Ok(self.request.url(self.endpoints().await?.authorization, leg)) };
        in_time(url).await.inspect_err(UpstreamFault::log)
    }

    /// Entra's tokens for Entra's code (RFC 6749 §4.1.3) and our verifier.
    ///
    /// # Errors
    /// [`UpstreamFault`], logged.
    pub async fn redeem(&self, code: &str, verifier: &str) -> Result<Tokens, UpstreamFault> {
        self.ask(Grant::Code { code, verifier }).await.inspect_err(UpstreamFault::log)
    }

    /// New tokens for a refresh token (RFC 6749 §6). Entra gives a new refresh token each time and
    /// doesn't revoke the old one.
    ///
    /// # Errors
    /// [`UpstreamFault`], logged.
    pub async fn refresh(&self, token: &SecretString) -> Result<Tokens, UpstreamFault> {
        self.ask(Grant::Refresh(token)).await.inspect_err(UpstreamFault::log)
    }

    async fn ask(&self, grant: Grant<'_>) -> Result<Tokens, UpstreamFault> {
        in_time(async {
            let token_endpoint = self.endpoints().await?.token;
            let proof = self.credential.proof(&token_endpoint).await?;
            self.exchange.ask(token_endpoint, proof, grant).await
        })
        .await
    }

    async fn endpoints(&self) -> Result<Endpoints, UpstreamFault> {
        self.authenticator
            .endpoints()
            .await
            .map_err(|_| UpstreamFault::Unavailable(Said::of("no usable discovery document")))
    }
}

async fn in_time<T>(
    leg: impl Future<Output = Result<T, UpstreamFault>>,
) -> Result<T, UpstreamFault> {
    let late = || Err(UpstreamFault::Unavailable(Said::of("no answer in time")));
    tokio::time::timeout(PATIENCE, leg).await.unwrap_or_else(|_| late())
}
