//! The machine's own token, which the registration trusts: from the instance metadata service, or from
//! the endpoint that App Service and Container Apps give their programs. Kept until five minutes
//! before its end; one request fetches it for all that wait.

use std::time::Duration;

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::credential::is_token;
use super::fault::{EntraFault, Said};
use super::seconds::Seconds;
use crate::clock::Clock;
use crate::config;
use crate::outbound::{self, Peer, read_capped};

/// How long before its end a token is no longer used, in seconds.
const EARLY: u64 = 300;

/// The longest answer, in bytes.
const CAP: usize = 64 * 1024;

/// How long one fetch may take. Both endpoints are on the machine.
const DEADLINE: Duration = Duration::from_secs(4);

/// The machine's identity.
pub(super) struct ManagedIdentity {
    settings: config::ManagedIdentity,
    http: reqwest::Client,
    clock: Clock,
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    token: SecretString,
    /// In unix seconds.
    expires: u64,
}

/// The answer of both endpoints.
#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    expires_on: Seconds,
}

impl ManagedIdentity {
    pub(super) fn new(
        settings: &config::ManagedIdentity,
        http: reqwest::Client,
        clock: Clock,
    ) -> Self {
        Self { settings: settings.clone(), http, clock, kept: Mutex::default() }
    }

    /// A token for the federation's audience.
    pub(super) async fn token(&self) -> Result<SecretString, EntraFault> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.unix_seconds();
        if let Some(kept) = kept.as_ref().filter(|kept| kept.expires > now + EARLY) {
            return Ok(kept.token.clone());
        }
        let fetched = self.fetch().await?;
        let token = fetched.token.clone();
        *kept = Some(fetched);
        Ok(token)
    }

    async fn fetch(&self) -> Result<Kept, EntraFault> {
        let config::ManagedIdentity { endpoint, header, client_id, audience } = &self.settings;
        let mut url = endpoint.clone();
        {
            let mut query = url.query_pairs_mut();
            let version = if header.is_some() { "2019-08-01" } else { "2018-02-01" };
            query.append_pair("api-version", version).append_pair("resource", audience);
            if let Some(client_id) = client_id {
                query.append_pair("client_id", client_id);
            }
        }
        let request = self.http.get(url).timeout(DEADLINE);
        // Neither header can be sent by a browser or a redirect: they show that a program asks.
        let request = match header {
            Some(header) => request.header("X-IDENTITY-HEADER", header.expose_secret()),
            None => request.header("Metadata", "true"),
        };
        let request = request.build().map_err(|_| away("the request can't be made"))?;
        let answer = outbound::send(&self.http, request, Peer::Token).await;
        let answer = answer.map_err(|_| away("no managed identity endpoint answers"))?;
        let status = answer.status();
        let body = read_capped(answer, CAP, DEADLINE).await;
        let body = body.map_err(|_| away("the managed identity endpoint's answer broke off"))?;
        match status {
            StatusCode::OK => {}
            // Microsoft's advice: these pass; the others are the set-up's.
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::TOO_MANY_REQUESTS => {
                return Err(away("the managed identity endpoint isn't ready"));
            }
            status if status.is_server_error() => {
                return Err(away("the managed identity endpoint failed"));
            }
            _ => {
                let why = "the managed identity endpoint knows no such identity";
                return Err(EntraFault::Misconfigured(Said::of(why)));
            }
        }
        let answer = serde_json::from_slice::<Answer>(&body).ok();
        let answer = answer.filter(|answer| is_token(answer.access_token.expose_secret()));
        let Answer { access_token, expires_on: Seconds(expires) } =
            answer.ok_or_else(|| away("the managed identity endpoint's answer holds no token"))?;
        Ok(Kept { token: access_token, expires })
    }
}

fn away(why: &'static str) -> EntraFault {
    EntraFault::Unavailable(Said::of(why))
}
