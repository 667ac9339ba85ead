//! Session binding: a session id opens nothing to anybody but the person who opened the session.
//! It runs before the body is read and before rmcp sees the request, for requests, answers, streams
//! and DELETE alike.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::Next;
use crate::identity::Identity;
use crate::mcp::Sessions;

const SESSION_ID: &str = "mcp-session-id";
const PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// The first protocol version without sessions (SEP-2567). Versions compare as their dates do.
const SESSIONLESS: &str = "2026-07-28";

/// The layer; it stands behind the one that authenticates.
pub async fn bind<N, F>(sessions: &Sessions, mut request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let Some(identity) = request.extensions().get::<Arc<Identity>>().cloned() else {
        // Only a mistake in the order of the layers gets here.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if is_sessionless(request.headers()) {
        request.headers_mut().remove(SESSION_ID);
    }
    let is_delete = request.method() == Method::DELETE;
    match session_id(request.headers()) {
        Named::None if is_opening(&request) && sessions.is_full() => return full(),
        Named::None => {}
        Named::One(id) => match sessions.of(id, &identity) {
            Some(session) => {
                request.extensions_mut().insert(session);
            }
            None => return unknown(),
        },
        Named::Unclear => return unknown(),
    }
    let mut response = Sessions::on_behalf_of(identity, next.run(request)).await;
    if is_delete && response.status() == StatusCode::ACCEPTED {
        // The session is gone when this is said; some clients warn of a 202.
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}

enum Named<'h> {
    None,
    One(&'h str),
    Unclear,
}

fn session_id(headers: &HeaderMap) -> Named<'_> {
    let mut named = headers.get_all(SESSION_ID).iter();
    match (named.next().map(HeaderValue::to_str), named.next()) {
        (None, _) => Named::None,
        (Some(Ok(id)), None) => Named::One(id),
        _ => Named::Unclear,
    }
}

fn is_sessionless(headers: &HeaderMap) -> bool {
    let version = headers.get(PROTOCOL_VERSION).and_then(|value| value.to_str().ok());
    version.is_some_and(|version| version >= SESSIONLESS)
}

fn is_opening(request: &Request) -> bool {
    request.method() == Method::POST && !is_sessionless(request.headers())
}

/// The same for an id that was never given out, one that ended and one that is another person's.
fn unknown() -> Response {
    super::json_rpc_error(StatusCode::NOT_FOUND, -32001, "Session not found")
}

fn full() -> Response {
    let mut response = super::json_rpc_error(
        StatusCode::SERVICE_UNAVAILABLE,
        -32603,
        "Too many sessions are open. Try again in a minute.",
    );
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}
