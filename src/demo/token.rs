//! `osier token`: one of the demo's people signs in by password and gets an access token.

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::people::{self, API_CLIENT_ID, CLI_CLIENT_ID, PASSWORD, PEOPLE, SCOPE, TENANT_ID};

/// Asks the look-alike at `entra_base_url` (`http://127.0.0.1:PORT`) for a person's access token.
/// The client is the caller's: clients are made in `outbound` alone.
pub async fn token(
    client: &reqwest::Client,
    entra_base_url: &str,
    user: &str,
) -> anyhow::Result<String> {
    if people::person(user).is_none() {
        let names: Vec<&str> = PEOPLE.iter().map(|person| person.name).collect();
        bail!("there is no '{user}' in the demo; there are {}", names.join(", "));
    }
    let url = format!("{}/{TENANT_ID}/oauth2/v2.0/token", entra_base_url.trim_end_matches('/'));
    let scope = format!("api://{API_CLIENT_ID}/{SCOPE} openid profile");
    let form = [
        ("grant_type", "password"),
        ("client_id", CLI_CLIENT_ID),
        ("scope", &scope),
        ("username", user),
        ("password", PASSWORD),
    ];
    let answer = client.post(&url).form(&form).send().await;
    let answer = answer.with_context(|| format!("no demo answers at {entra_base_url}"))?;
    let status = answer.status();
    let body: Value = answer.json().await.context("the token answer isn't JSON")?;
    match body.get("access_token").and_then(Value::as_str) {
        Some(token) if status.is_success() => Ok(token.to_owned()),
        _ => {
            let said = body.get("error_description").and_then(Value::as_str);
            bail!("no token for {user}: {}", said.unwrap_or(status.as_str()))
        }
    }
}
