//! `POST /{tid}/oauth2/v2.0/token`: the password grant (RFC 6749 §4.3), which `osier token` uses.
//! Entra has it too; Osier itself never asks for a password.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::Entra;
use super::errors::Failure;
use crate::demo::claims;
use crate::demo::people::{self, API_CLIENT_ID, CLI_CLIENT_ID, PASSWORD, TENANT_ID};

/// The OIDC scopes, which name no resource.
const OIDC_SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

pub(super) async fn issue(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    body: Bytes,
) -> Response {
    match grant(&entra, &tenant, &body) {
        Ok(answer) => {
            let headers = [("cache-control", "no-store, no-cache"), ("pragma", "no-cache")];
            (headers, Json(answer)).into_response()
        }
        Err(failure) => failure.response(&entra.0.clock),
    }
}

fn grant(entra: &Entra, tenant: &str, body: &[u8]) -> Result<Value, Failure> {
    if tenant != TENANT_ID {
        return Err(Failure::unknown_tenant(tenant));
    }
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(body).collect();
    let field = |name: &str| {
        form.get(name).filter(|value| !value.is_empty()).map(AsRef::as_ref).ok_or_else(|| {
            let message =
                format!("The request body must contain the following parameter: '{name}'.");
            Failure::new("invalid_request", 900_144, message)
        })
    };
    if field("grant_type")? != "password" {
        let message = "The app requested an unsupported grant type.";
        return Err(Failure::new("unsupported_grant_type", 70003, message));
    }
    let client: &str = field("client_id")?;
    if client != CLI_CLIENT_ID && client != API_CLIENT_ID {
        let message =
            format!("Application with identifier '{client}' was not found in the directory.");
        return Err(Failure::new("unauthorized_client", 700_016, message));
    }
    if form.contains_key("resource") {
        let message = "The resource parameter provided in the request doesn't match with the \
                       requested scopes.";
        return Err(Failure::new("invalid_target", 9_010_010, message));
    }
    check_scope(field("scope")?)?;
    let username: &str = field("username")?;
    let Some(person) = people::person(username) else {
        let message = format!("The user account {username} does not exist in the directory.");
        return Err(Failure::new("invalid_grant", 50034, message));
    };
    if field("password")? != PASSWORD {
        let message = "Error validating credentials due to invalid username or password.";
        return Err(Failure::new("invalid_grant", 50126, message));
    }
    let lifetime = claims::lifetime();
    let header = Value::Object(claims::header(&entra.kid())).to_string();
    let payload = Value::Object(entra.claims(person, client, lifetime)).to_string();
    Ok(json!({
        "token_type": "Bearer",
        // What was consented to for this person, whatever was asked for.
        "scope": format!("api://{API_CLIENT_ID}/{}", person.scope),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": entra.sign(header, payload),
    }))
}

/// All scopes of one request belong to one resource, and here that is our API.
fn check_scope(scope: &str) -> Result<(), Failure> {
    let ours = format!("api://{API_CLIENT_ID}/");
    let plain = format!("{API_CLIENT_ID}/");
    let mut resources = scope.split(' ').filter(|scope| !OIDC_SCOPES.contains(scope)).peekable();
    let known = resources.peek().is_some()
        && resources.all(|scope| scope.starts_with(&ours) || scope.starts_with(&plain));
    if known {
        return Ok(());
    }
    let message = format!(
        "The provided request must include a 'scope' input parameter. The provided value for the \
         input parameter 'scope' is not valid. The scope {scope} is not valid."
    );
    Err(Failure::new("invalid_scope", 70011, message))
}
