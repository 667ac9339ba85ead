//! The two documents that an issuer publishes: its discovery (`OpenID` Connect Discovery §4) and its
//! key set. Fetches and reads them and judges the discovery against what is pinned; keeps nothing.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde::Deserialize;
use url::{Origin, Url};

use super::set::KeySet;
use super::{Endpoints, KeyFault, Pin};
use crate::identity::json::read_object;
use crate::identity::settings::Settings;
use crate::outbound::read_capped;

/// The longest document that is read, in bytes. Entra's are under 20 KiB.
const CAP: usize = 256 * 1024;

/// How long one document may take, from question to last byte.
const DEADLINE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct RawDiscovery {
    issuer: String,
    jwks_uri: Url,
    // Text, so that a bad one spoils sign-in and not the keys.
    #[serde(default)]
    authorization_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint: Option<String>,
}

/// A discovery document that agrees with what is pinned.
pub(super) struct Discovery {
    pub(super) pin: Pin,
    pub(super) jwks_uri: Url,
    /// Absent where the document doesn't name both, at origins that are allowed.
    pub(super) endpoints: Option<Endpoints>,
}

/// Fetches the discovery document and judges it.
pub(super) async fn discover(
    http: &reqwest::Client,
    settings: &Settings,
    pinned: Option<&Pin>,
) -> Result<Discovery, KeyFault> {
    let body = fetch(http, &settings.discovery_url).await?;
    let (raw, _) = read_object::<RawDiscovery>(&body).ok_or(KeyFault::BadAnswer)?;
    let endpoints = endpoints(&raw, settings);
    let RawDiscovery { issuer, jwks_uri, .. } = raw;
    // `{tenantid}` stands in the documents for every tenant at once; those pin nobody.
    let names_nobody = issuer.is_empty() || issuer.contains('{');
    if names_nobody || !matches!(jwks_uri.scheme(), "https" | "http") {
        return Err(KeyFault::BadAnswer);
    }
    let keys_origin = jwks_uri.origin();
    let expected = settings.expected_issuer.as_ref();
    let another_issuer = expected.is_some_and(|expected| *expected != issuer)
        || pinned.is_some_and(|pin| pin.issuer != issuer);
    let elsewhere = !is_allowed(&jwks_uri, settings)
        || pinned.is_some_and(|pin| pin.keys_origin != keys_origin);
    if another_issuer || elsewhere {
        tracing::error!(
            issuer = %issuer.escape_debug().take(200).collect::<String>(),
            keys_origin = %ascii(&keys_origin),
            "the discovery document names another issuer or another origin for its keys: refused"
        );
        return Err(KeyFault::Moved);
    }
    Ok(Discovery { pin: Pin { issuer, keys_origin }, jwks_uri, endpoints })
}

fn endpoints(raw: &RawDiscovery, settings: &Settings) -> Option<Endpoints> {
    let read = |text: &Option<String>| {
        let url = Url::parse(text.as_deref()?).ok()?;
        (is_allowed(&url, settings) && url.fragment().is_none()).then_some(url)
    };
    Some(Endpoints {
        authorization: read(&raw.authorization_endpoint)?,
        token: read(&raw.token_endpoint)?,
    })
}

/// The origins are https or on loopback: the configuration sees to that.
fn is_allowed(url: &Url, settings: &Settings) -> bool {
    let named = url.username().is_empty() && url.password().is_none();
    named && settings.authority_origins.contains(&ascii(&url.origin()))
}

/// Fetches the key set.
pub(super) async fn key_set(http: &reqwest::Client, url: &Url) -> Result<KeySet, KeyFault> {
    let body = fetch(http, url).await?;
    KeySet::read(&body).ok_or(KeyFault::BadAnswer)
}

async fn fetch(http: &reqwest::Client, url: &Url) -> Result<Bytes, KeyFault> {
    let whole = async {
        let response = http
            .get(url.clone())
            .header(ACCEPT, "application/json")
            .timeout(DEADLINE)
            .send()
            .await
            .map_err(|_| KeyFault::Unreachable)?;
        // A redirect isn't followed, so it ends here like any other refusal.
        if response.status().is_server_error() {
            return Err(KeyFault::Unreachable);
        }
        if response.status() != http::StatusCode::OK || !is_json(&response) {
            return Err(KeyFault::BadAnswer);
        }
        read_capped(response, CAP, DEADLINE).await.map_err(|fault| match fault {
            crate::outbound::ReadFault::TooLong => KeyFault::BadAnswer,
            _ => KeyFault::Unreachable,
        })
    };
    tokio::time::timeout(DEADLINE, whole).await.unwrap_or(Err(KeyFault::Unreachable))
}

fn is_json(response: &reqwest::Response) -> bool {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/json")
        || essence.eq_ignore_ascii_case("application/jwk-set+json")
}

fn ascii(origin: &Origin) -> String {
    origin.ascii_serialization()
}
