//! `GET /authorize` (RFC 6749 §4.1.1): a client sends a person here. The client and the address that
//! it wants to be answered at are judged first, and a failure there is a page of ours; only then may
//! errors go back to it. Then the person is asked, or was asked before, and goes to Entra.

mod asked;

pub use asked::Asked;

use std::net::IpAddr;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use tower_http::request_id::RequestId;

use super::Facade;
use super::approvals::Approvals;
use super::client::{Client, ClientFault};
use super::consent;
use super::failure::{Failure, OauthError};
use super::query::{Parameters, Repeated};
use super::redirect::RedirectUri;
use super::sign_in::{Purposes, SignIn};
use super::upstream::Leg;
use crate::middleware::address;

/// How much of an address that isn't allowed goes to the log, in characters.
const LOGGED: usize = 200;

pub(super) async fn authorize(
    State(facade): State<Arc<Facade>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let id = id.header_value().to_str().ok();
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    let from = address::of(request.extensions());
    let (client, redirect) = match who(&facade, &parameters, from).await {
        Ok(known) => known,
        Err(failure) => return failure.page(id),
    };
    let asked = match Asked::read(&facade, &parameters, &client, &redirect) {
        Ok(asked) => asked,
        Err(error) => {
            // One that came twice has no meaning, and isn't given back.
            let state = parameters.one("state").ok().flatten();
            return facade.back(&redirect, state, Err(error));
        }
    };
    let approved = Approvals::of(request.headers(), facade.cookies, &facade.keys);
    if approved.has(&asked.consent_key(&client), facade.clock.unix_seconds()) {
        return to_entra(&facade, asked.purpose(), (request.headers(), HeaderMap::new()), id).await;
    }
    consent::ask(&facade, &client, &asked, request.headers())
        .unwrap_or_else(|failure| failure.page(id))
}

/// The client, and where it may be answered.
async fn who(
    facade: &Facade,
    parameters: &Parameters,
    from: IpAddr,
) -> Result<(Client, RedirectUri), Failure> {
    let client = parameters.one("client_id").map_err(malformed)?.ok_or(Failure::MALFORMED)?;
    let redirect = parameters.one("redirect_uri").map_err(malformed)?;
    let client = facade.clients.find(client, from).await.map_err(|fault| match fault {
        ClientFault::Invalid(why) => {
            tracing::info!(%why, "a client isn't accepted");
            Failure::CLIENT
        }
        ClientFault::Unavailable { .. } => Failure::CLIENT_AWAY,
        ClientFault::TooMany { .. } => Failure::BUSY,
    })?;
    // RFC 9700 §4.1.3: it has to be sent, and to be registered.
    let redirect = redirect.ok_or(Failure::MALFORMED)?;
    let redirect = client.redirect(redirect, facade.clients.rules()).map_err(|fault| {
        // Not its name: that may be a stranger's text. The address is what an operator would allow.
        let address: String = redirect.chars().take(LOGGED).collect();
        tracing::info!(client = client.logged(), ?address, %fault, "a redirect isn't allowed");
        Failure::REDIRECT
    })?;
    Ok((client, redirect))
}

fn malformed(_: Repeated) -> Failure {
    Failure::MALFORMED
}

/// Sends the browser that asked with these headers to Entra, with the cookie that will bind its
/// return, and what else the answer carries.
pub(super) async fn to_entra(
    facade: &Facade,
    purpose: Purposes,
    (asked, mut headers): (&HeaderMap, HeaderMap),
    id: Option<&str>,
) -> Response {
    let Some(sign_in) = SignIn::new(purpose, &facade.clock) else { return Failure::OURS.page(id) };
    let challenge = sign_in.challenge();
    let leg = Leg {
        state: sign_in.state(),
        challenge: &challenge,
        login_hint: None,
        select_account: matches!(sign_in.purpose, Purposes::Link(_)),
    };
    let Ok(url) = facade.upstream.authorize_url(&leg).await else {
        return Failure::ENTRA_AWAY.page(id);
    };
    match sign_in.keep(facade.cookies, &facade.keys, asked, &mut headers) {
        Ok(()) => redirect(url.as_str(), headers),
        Err(failure) => failure.page(id),
    }
}

/// 303: a form's POST goes on as a GET, without its body (RFC 9700 §4.12).
pub(super) fn redirect(to: &str, mut headers: HeaderMap) -> Response {
    let Ok(to) = HeaderValue::from_str(to) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    headers.insert(LOCATION, to);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (StatusCode::SEE_OTHER, headers).into_response()
}

impl Facade {
    /// Sends the browser back to the client, with a code or an error. Each answer names the issuer
    /// (RFC 9207), so that a client that talks to several can tell which one it is.
    pub(super) fn back(
        &self,
        redirect_uri: &RedirectUri,
        state: Option<&str>,
        answer: Result<&str, OauthError>,
    ) -> Response {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        match answer {
            Ok(code) => query.append_pair("code", code),
            Err(OauthError { code, description }) => {
                query.append_pair("error", code).append_pair("error_description", &description)
            }
        };
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        let query = query.append_pair("iss", &self.issuer).finish();
        let target = redirect_uri.as_str();
        let mark = if target.contains('?') { '&' } else { '?' };
        redirect(&format!("{target}{mark}{query}"), HeaderMap::new())
    }
}
