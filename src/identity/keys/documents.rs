//! The two documents that an issuer publishes: its discovery (`OpenID` Connect Discovery §4) and its
//! key set. Fetches and reads them and judges the discovery against what is pinned; keeps nothing.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use serde::Deserialize;
use url::{Origin, Url};

use super::set::KeySet;
use super::{KeyFault, Pin};
use crate::identity::json::read_object;
use crate::outbound::read_capped;

/// The longest document that is read, in bytes. Entra's are under 20 KiB.
const CAP: usize = 256 * 1024;

/// How long one document may take, from question to last byte.
const DEADLINE: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct RawDiscovery {
    issuer: String,
    jwks_uri: Url,
}

/// A discovery document that agrees with what is pinned.
pub(super) struct Discovery {
    pub(super) pin: Pin,
    pub(super) jwks_uri: Url,
}

/// Fetches the discovery document and judges it.
pub(super) async fn discover(
    http: &reqwest::Client,
    url: &Url,
    expected_issuer: Option<&str>,
    pinned: Option<&Pin>,
) -> Result<Discovery, KeyFault> {
    let body = fetch(http, url).await?;
    let (RawDiscovery { issuer, jwks_uri }, _) =
        read_object::<RawDiscovery>(&body).ok_or(KeyFault::BadAnswer)?;
    // `{tenantid}` stands in the documents for every tenant at once; those pin nobody.
    let names_nobody = issuer.is_empty() || issuer.contains('{');
    let downgrade = url.scheme() == "https" && jwks_uri.scheme() != "https";
    if names_nobody || downgrade || !matches!(jwks_uri.scheme(), "https" | "http") {
        return Err(KeyFault::BadAnswer);
    }
    let keys_origin = jwks_uri.origin();
    let another_issuer = expected_issuer.is_some_and(|expected| expected != issuer)
        || pinned.is_some_and(|pin| pin.issuer != issuer);
    if another_issuer || pinned.is_some_and(|pin| pin.keys_origin != keys_origin) {
        tracing::error!(
            issuer = %issuer.escape_debug().take(200).collect::<String>(),
            keys_origin = %ascii(&keys_origin),
            "the discovery document names another issuer or another origin for its keys: refused"
        );
        return Err(KeyFault::Moved);
    }
    Ok(Discovery { pin: Pin { issuer, keys_origin }, jwks_uri })
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
