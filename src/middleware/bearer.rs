//! The outermost layer of everything that needs a caller: it runs before anything reads the body,
//! lets a request through with its [`Identity`](crate::identity::Identity) as an extension, and
//! answers the others. What lies behind it never sees the `Authorization` header, nor a header
//! by which a proxy would vouch for a caller.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use tower_http::request_id::RequestId;

use super::{Next, address};
use crate::audit::Denials;
use crate::identity::{Authenticator, Challenge, Rejection, RejectionKind};
use crate::oauth::pace::Pace;
use crate::telemetry::{Limit, meters};

/// Headers in which something in front of a server says who is calling or what was meant. Nothing
/// in front of Osier is believed in that (CVE-2026-110279, GHSA-g53w-w6mj-hrpp), so they are gone.
const VOUCHING: [&str; 21] = [
    "proxy-authorization",
    "remote-user",
    "x-remote-user",
    "x-user",
    "x-user-id",
    "x-user-email",
    "x-authenticated-user",
    "x-authenticated-userid",
    "x-consumer-username",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-forwarded-access-token",
    "x-forwarded-authorization",
    "x-original-authorization",
    "x-upstream-authorization",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-original-method",
];

/// The same, as families.
const VOUCHING_FAMILIES: [&str; 6] = [
    "x-ms-client-principal",
    "x-ms-token-",
    "x-auth-request-",
    "x-goog-iap-",
    "mcp-init-",
    "osier-",
];

/// A request without these brings no token to judge, and is how every client begins.
fn brings_a_token(request: &Request) -> bool {
    request.headers().contains_key(AUTHORIZATION)
}

/// What the layer needs.
#[derive(Clone)]
pub struct Gate {
    /// Who tells callers apart.
    pub authenticator: Arc<Authenticator>,
    /// How those are answered that it doesn't know.
    pub challenge: Arc<Challenge>,
    /// How many tokens that aren't known are judged: a bad signature costs as much as a good one.
    pub strangers: Arc<Pace>,
    /// How many those are, for the record.
    pub denials: Denials,
}

/// The layer.
pub async fn authenticate<N, F>(gate: &Gate, mut request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let known = gate.authenticator.remembered(request.headers()).await;
    if known.is_none() && brings_a_token(&request) {
        let from = address::of(request.extensions());
        if let Err(too_fast) = gate.strangers.take(from) {
            return too_many(too_fast.retry_after, &request);
        }
    }
    let identity = match known {
        Some(identity) => Ok(identity),
        None => gate.authenticator.authenticate(request.headers()).await,
    };
    match identity {
        Ok(identity) => {
            strip(request.headers_mut());
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(rejection) => {
            let request_id = request_id(&request);
            log(&gate.denials, rejection, request_id.as_deref());
            refuse(&gate.challenge, rejection, request_id.as_deref())
        }
    }
}

/// Too many tokens to judge: no word of whether this one is good, and no line in the log, which a
/// flood would fill.
fn too_many(retry_after: Duration, request: &Request) -> Response {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let seconds = retry_after.as_secs().max(1);
    let mut problem = json!({ "status": status.as_u16(), "title": "Too many sign-ins to check" });
    if let (Some(id), Some(members)) = (request_id(request), problem.as_object_mut()) {
        members.insert("requestId".to_owned(), id.into());
    }
    let mut response = (status, problem.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    meters().shed(Limit::Address);
    tracing::debug!("more unknown tokens than are judged");
    response
}

fn strip(headers: &mut HeaderMap) {
    let gone = |name: &HeaderName| {
        let name = name.as_str();
        VOUCHING.contains(&name) || VOUCHING_FAMILIES.iter().any(|family| name.starts_with(family))
    };
    let names: Vec<HeaderName> = headers.keys().filter(|name| gone(name)).cloned().collect();
    for name in names {
        headers.remove(name);
    }
    headers.remove(AUTHORIZATION);
}

/// The id that the server gave the request. One that the caller brought isn't taken here.
fn request_id(request: &Request) -> Option<String> {
    let id = request.extensions().get::<RequestId>()?;
    id.header_value().to_str().ok().map(str::to_owned)
}

/// Tells of it, but not of as many as anybody cares to send.
fn log(denials: &Denials, rejection: Rejection, request_id: Option<&str>) {
    let request_id = request_id.unwrap_or("-");
    meters().rejection(rejection.kind().name());
    let is_missing = rejection.kind() == RejectionKind::Missing;
    if !is_missing && !denials.count(&rejection.to_string()) {
        return;
    }
    match rejection.kind() {
        // Every client's first request comes without a token; that is how it finds the way.
        RejectionKind::Missing => tracing::debug!(request_id, reason = %rejection, "not let in"),
        RejectionKind::Unavailable => {
            tracing::warn!(request_id, reason = %rejection, "can't tell who is calling");
        }
        _ => tracing::info!(request_id, reason = %rejection, "not let in"),
    }
}

/// A small problem document (RFC 9457) with no word about the reason.
fn refuse(challenge: &Challenge, rejection: Rejection, request_id: Option<&str>) -> Response {
    let answer = challenge.answer(rejection);
    let mut problem = json!({ "status": answer.status.as_u16(), "title": answer.title });
    if let (Some(request_id), Some(members)) = (request_id, problem.as_object_mut()) {
        members.insert("requestId".to_owned(), request_id.into());
    }
    let mut response = (answer.status, problem.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(value) = answer.www_authenticate {
        headers.insert(WWW_AUTHENTICATE, value);
    }
    if let Some(seconds) = answer.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
