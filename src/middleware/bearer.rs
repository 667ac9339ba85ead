//! The outermost layer of everything that needs a caller: it runs before anything reads the body,
//! lets a request through with its [`Identity`](crate::identity::Identity) as an extension, and
//! answers the others. What lies behind it never sees the `Authorization` header, nor a header
//! by which a proxy would vouch for a caller.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use http_body_util::{BodyExt, Limited};
use serde_json::json;
use tower_http::request_id::RequestId;

use super::Next;
use crate::audit::Denials;

use crate::identity::{Authenticator, Challenge, Rejection, RejectionKind};
use crate::telemetry::meters;

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
const VOUCHING_FAMILIES: [&str; 5] =
    ["x-ms-client-principal", "x-ms-token-", "x-auth-request-", "x-goog-iap-", "mcp-init-"];

/// How much of a refused request's body is let in, and for how long.
const LET_IN: usize = 64 * 1024;
const PATIENCE: Duration = Duration::from_millis(250);

/// What the layer needs.
#[derive(Clone)]
pub struct Gate {
    /// Who tells callers apart.
    pub authenticator: Arc<Authenticator>,
    /// How those are answered that it doesn't know.
    pub challenge: Arc<Challenge>,
    /// How many those are, for the record.
    pub denials: Denials,
}

/// The layer.
pub async fn authenticate<N, F>(gate: &Gate, mut request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    match gate.authenticator.authenticate(request.headers()).await {
        Ok(identity) => {
            strip(request.headers_mut());
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        Err(rejection) => {
            let request_id = request_id(&request);
            log(&gate.denials, rejection, request_id.as_deref());
            let mut response = refuse(&gate.challenge, rejection, request_id.as_deref());
            let version = request.version();
            if !let_in(request.into_body()).await && version <= Version::HTTP_11 {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    }
}

/// Lets the body of a refused request come in, unread: a connection is closed under what still comes,
/// and a client that sends its body after its head would lose the answer, or its next request. Tells
/// whether all of it came.
async fn let_in(body: Body) -> bool {
    let coming = Limited::new(body, LET_IN).collect();
    tokio::time::timeout(PATIENCE, coming).await.is_ok_and(|came| came.is_ok())
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
