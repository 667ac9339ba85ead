//! `POST /{tid}/oauth2/v2.0/token`: the grants by which a client gets tokens. Codes and refresh
//! tokens for Osier's sign-in, a password for `osier token`; Osier itself never asks for one.

mod answer;
mod application;
mod assertion;
mod code;
mod credential;
mod on_behalf_of;
mod password;
mod refresh;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

use super::Entra;
use super::errors::Failure;
use super::parameters::Parameters;
use crate::demo::people::TENANT_ID;

pub(super) async fn issue(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match grant(&entra, &tenant, &headers, &body) {
        Ok(answer) => {
            let headers = [("cache-control", "no-store, no-cache"), ("pragma", "no-cache")];
            (headers, Json(answer)).into_response()
        }
        Err(failure) => failure.json(&entra.stamp(&headers)),
    }
}

fn grant(entra: &Entra, tenant: &str, headers: &HeaderMap, body: &[u8]) -> Result<Value, Failure> {
    if tenant != TENANT_ID {
        return Err(Failure::unknown_tenant(tenant));
    }
    let form = Parameters::parse(body)?;
    let redeem = match form.required("grant_type")? {
        "authorization_code" => code::redeem,
        "refresh_token" => refresh::redeem,
        "password" => password::redeem,
        "client_credentials" => application::issue,
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => on_behalf_of::exchange,
        _ => {
            let message = "The app requested an unsupported grant type.";
            return Err(Failure::new("unsupported_grant_type", 70003, message));
        }
    };
    let client = credential::authenticate(entra, headers, &form)?;
    entra.check_resource(form.get("resource"))?;
    redeem(entra, &client, &form)
}
