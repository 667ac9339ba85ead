//! Entra's token endpoint, as our own registration uses it: for the facade's sign-ins, for tokens of
//! other APIs in a person's name, for `osier doctor`. The tokens are Entra's own and nobody judges them
//! here: who hands one out has `identity` judge it first. Of what Entra says no word reaches a caller.

mod certificate;
mod credential;
mod exchange;
mod fault;
mod managed_identity;
mod on_behalf;
mod seconds;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::clock::Clock;
use crate::config;
use crate::identity::{Authenticator, Endpoints};
use crate::outbound::{self, Limits, Reach};

pub use certificate::CertificateFault;
pub use exchange::Grant;
pub use fault::{EntraFault, Said};

use credential::Credential;
use exchange::Exchange;

/// How long a request may take in all, discovery and credential included. The least patient client
/// gives our own `/token` ten seconds.
pub const PATIENCE: Duration = Duration::from_secs(8);

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

/// What requests can't be made of.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The machine's certificate store can't be read.
    #[error("the HTTP client for Entra can't be made")]
    Client(#[from] reqwest::Error),
    /// The configured certificate or its key.
    #[error("auth.certificate_file: {0}")]
    Certificate(#[from] CertificateFault),
}

/// The token endpoint of the tenant whose discovery document an authenticator reads.
pub struct TokenEndpoint {
    authenticator: Arc<Authenticator>,
    credential: Credential,
    exchange: Exchange,
}

impl TokenEndpoint {
    /// For the registration with this id and credential. Nothing is asked of the network yet.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn new(
        client_id: &str,
        credential: &config::Credential,
        authenticator: Arc<Authenticator>,
        clock: Clock,
    ) -> Result<Self, Unfit> {
        let http = outbound::client(&Limits::calls(PATIENCE, Reach::Private))?;
        let client_id = client_id.to_owned();
        let credential = Credential::new(credential, client_id.clone(), http.clone(), clock)?;
        Ok(Self { authenticator, credential, exchange: Exchange { http, client_id } })
    }

    /// Tokens for a grant.
    ///
    /// # Errors
    /// [`EntraFault`], not logged.
    pub async fn ask(&self, grant: Grant<'_>) -> Result<Tokens, EntraFault> {
        in_time(async {
            let token_endpoint = self.endpoints().await?.token;
            let proof = self.credential.proof(&token_endpoint).await?;
            self.exchange.ask(token_endpoint, proof, grant).await
        })
        .await
    }

    /// The endpoints that the discovery document names.
    ///
    /// # Errors
    /// [`EntraFault::Unavailable`] where it can't be had or names none that are allowed.
    pub async fn endpoints(&self) -> Result<Endpoints, EntraFault> {
        let unusable = |_| EntraFault::Unavailable(Said::of("no usable discovery document"));
        self.authenticator.endpoints().await.map_err(unusable)
    }

    /// The client that Entra is asked with.
    pub fn http(&self) -> &reqwest::Client {
        &self.exchange.http
    }
}

/// Gives work with Entra [`PATIENCE`].
///
/// # Errors
/// Those of the work, and [`EntraFault::Unavailable`] where it takes longer.
pub async fn in_time<T>(
    work: impl Future<Output = Result<T, EntraFault>>,
) -> Result<T, EntraFault> {
    let late = || Err(EntraFault::Unavailable(Said::of("no answer in time")));
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| late())
}
