//! `POST /token` (RFC 6749 §3.2): our code, or our refresh token, for Entra's own access token. What
//! Entra gave is judged by the identity stage before it is handed out, so that nobody gets a token
//! that `/mcp` wouldn't take. Clients are public; a secret that one sends all the same is ignored.

mod code_grant;
mod refresh_grant;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tower_http::request_id::RequestId;

use super::Facade;
use super::client::logged;
use super::failure::OauthError;
use super::query::{Parameters, Repeated};
use super::sign_in::client_digest;
use super::upstream::{EntraFault, Tokens};
use super::{form, no_store};
use crate::identity::{Identity, RejectionKind};
use crate::seal::{Purpose, random_name};
use crate::store::StoreFault;

/// The code or refresh token isn't good, for whatever reason.
const NOT_GOOD: OauthError = OauthError::new("invalid_grant", NOT_GOOD_SAYS);
const NOT_GOOD_SAYS: &str =
    "The code or refresh token is wrong, was used, or has expired. Connect again.";
const SERVER_ERROR: OauthError =
    OauthError::new("server_error", "The server couldn't finish the sign-in.");
const AWAY: OauthError = OauthError::new(
    "temporarily_unavailable",
    "Microsoft's sign-in service doesn't answer. Try again in a minute.",
);
/// What a refresh token of ours holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    /// Entra's.
    entra: String,
    /// The digest of the client's id.
    client: String,
    scopes: Vec<String>,
    /// Tenant and object id of the person.
    person: (String, String),
    family: String,
    id: String,
    /// Of the family, in unix seconds: refreshing doesn't put it off.
    expires: u64,
}

/// Who asks, and for what.
struct Asking<'a> {
    parameters: &'a Parameters,
    /// The client's id as it was sent.
    client_id: &'a str,
    /// Its digest.
    client: String,
}

/// What comes of a grant.
struct Granted {
    tokens: Tokens,
    identity: Arc<Identity>,
    scopes: Vec<String>,
    family: String,
    expires: u64,
}

pub(super) async fn token(
    State(facade): State<Arc<Facade>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let id = id.header_value().to_str().ok();
    let headers = request.headers().clone();
    let form = match form::read(request).await {
        Ok(form) => form,
        Err(fault) => {
            let error =
                OauthError { code: "invalid_request", description: fault.to_string().into() };
            let mut response = error.json(id);
            *response.status_mut() = fault.status();
            return response;
        }
    };
    match answer(&facade, &headers, &form).await {
        Ok(body) => no_store::json(StatusCode::OK, body),
        Err(error) => refuse(error, &headers, id),
    }
}

/// RFC 6749 §5.2: who tried by the `Authorization` header is told by which scheme.
fn refuse(error: OauthError, headers: &HeaderMap, id: Option<&str>) -> Response {
    let mut response = error.json(id);
    if response.status() == StatusCode::UNAUTHORIZED && headers.contains_key(AUTHORIZATION) {
        let basic = HeaderValue::from_static("Basic realm=\"Osier\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, basic);
    }
    response
}

async fn answer(
    facade: &Facade,
    headers: &HeaderMap,
    parameters: &Parameters,
) -> Result<String, OauthError> {
    let basic = basic_id(headers);
    let client_id = one(parameters, "client_id")?.or(basic.as_deref());
    let client_id = client_id.ok_or(OauthError::new("invalid_request", "client_id is missing"))?;
    if !facade.clients.knows(client_id) {
        let says = "The client isn't known here. Register again.";
        return Err(OauthError::new("invalid_client", says));
    }
    if facade.resource.accept(parameters.all("resource")).is_err() {
        let says = "resource must be this server's, as its metadata names it";
        return Err(OauthError::new("invalid_target", says));
    }
    let grant = one(parameters, "grant_type")?;
    let client = client_digest(client_id);
    let request = Asking { parameters, client_id, client };
    let granted = match grant {
        Some("authorization_code") => code_grant::redeem(facade, &request).await?,
        Some("refresh_token") => refresh_grant::refresh(facade, &request).await?,
        Some(_) => {
            let says = "grant_type must be authorization_code or refresh_token";
            return Err(OauthError::new("unsupported_grant_type", says));
        }
        None => return Err(OauthError::new("invalid_request", "grant_type is missing")),
    };
    facade.hand_out(&request, granted)
}

fn one<'a>(parameters: &'a Parameters, name: &'static str) -> Result<Option<&'a str>, OauthError> {
    parameters.one(name).map_err(|Repeated(_)| {
        OauthError::new("invalid_request", "a parameter was sent more than once")
    })
}

/// The client's id of HTTP Basic (RFC 6749 §2.3.1), which some send whatever is advertised.
fn basic_id(headers: &HeaderMap) -> Option<String> {
    let (scheme, pair) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let pair = BASE64.decode(pair.trim().as_bytes()).ok()?;
    let (id, _secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    let id = percent_encoding::percent_decode_str(id).decode_utf8().ok()?;
    scheme.eq_ignore_ascii_case("basic").then(|| id.into_owned())
}

impl Facade {
    /// Who a token of Entra's is for, by the same judgement as at `/mcp`.
    pub(super) async fn judge(&self, token: &SecretString) -> Result<Arc<Identity>, OauthError> {
        let judged = self.authenticator.authenticate_token(token.expose_secret()).await;
        judged.map_err(|rejection| {
            tracing::warn!(reason = %rejection, "Entra's token isn't one that this server takes");
            match rejection.kind() {
                RejectionKind::InsufficientScope | RejectionKind::Forbidden => self.no_access(),
                RejectionKind::Unavailable => AWAY,
                _ => SERVER_ERROR,
            }
        })
    }

    fn no_access(&self) -> OauthError {
        let description = format!(
            "Your account doesn't have the access {}. Ask the administrator of Microsoft Entra in your \
             organisation to assign you to Osier, then connect again.",
            self.scope
        );
        OauthError { code: "invalid_grant", description: description.into() }
    }

    fn hand_out(&self, request: &Asking<'_>, granted: Granted) -> Result<String, OauthError> {
        let Granted { tokens, identity, scopes, family, expires } = granted;
        // Entra's token names our application, whatever the client: this line joins them by `uti`.
        tracing::info!(
            client = logged(request.client_id),
            subject = identity.subject(),
            token_id = identity.token_id(),
            "a token was handed out"
        );
        let mut answer = json!({
            "access_token": tokens.access_token.expose_secret(),
            "token_type": "Bearer",
            "expires_in": tokens.expires_in.as_secs(),
            "scope": scopes.join(" "),
        });
        if let (Some(entra), Some(members)) = (tokens.refresh_token, answer.as_object_mut()) {
            let refresh = Refresh {
                entra: entra.expose_secret().to_owned(),
                client: request.client.clone(),
                scopes,
                person: (identity.tenant().to_owned(), identity.subject().to_owned()),
                family,
                id: random_name("rft_"),
                expires,
            };
            let sealed = self.keys.seal(Purpose::Refresh, &refresh).map_err(|_| SERVER_ERROR)?;
            members.insert("refresh_token".to_owned(), sealed.into());
        }
        Ok(answer.to_string())
    }
}

/// What replicas have to know of each other can't be kept: nothing is handed out (fail closed).
fn unkept(fault: &StoreFault) -> OauthError {
    tracing::error!(%fault, "what was used can't be kept");
    OauthError::new("temporarily_unavailable", "Something is missing here. Try again in a minute.")
}

/// What the client is told of Entra's refusal; the log has it from `upstream`.
fn refused(fault: &EntraFault) -> OauthError {
    match fault {
        EntraFault::Grant(_) => OauthError::of_entra(NOT_GOOD.code, fault, NOT_GOOD_SAYS),
        EntraFault::Misconfigured(_) => SERVER_ERROR,
        EntraFault::Unavailable(_) => AWAY,
    }
}
