//! Session binding: a session's name opens nothing to anybody but the person who opened the session.
//! It runs before the body is read and before rmcp sees the request, for requests, answers, streams
//! and DELETE alike. Outside a session goes by its sealed name, inside by its id; where another replica
//! holds it, `handover` takes the request there.

mod name;

pub use name::{Names, Place};

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::Next;
use super::handover::Elsewhere;
use crate::identity::Identity;
use crate::mcp::Sessions;
use crate::telemetry::{Limit, meters};

pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: &str = "mcp-protocol-version";
/// The first protocol version without sessions (SEP-2567). Versions compare as their dates do.
const SESSIONLESS: &str = "2026-07-28";

/// What the layer needs.
#[derive(Clone)]
pub struct Binding {
    /// The sessions that are held here.
    pub sessions: Arc<Sessions>,
    /// What they are called.
    pub names: Arc<Names>,
    /// May a request go on to another replica? Not where it came from one: it could go in circles.
    pub goes_on: bool,
}

/// The layer; it stands behind the one that authenticates.
pub async fn bind<N, F>(binding: &Binding, mut request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let Some(identity) = request.extensions().get::<Arc<Identity>>().cloned() else {
        // Only a mistake in the order of the layers gets here.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Binding { sessions, names, goes_on } = binding;
    if is_sessionless(request.headers()) {
        request.headers_mut().remove(SESSION_ID);
    }
    let is_delete = request.method() == Method::DELETE;
    let named = match session_id(request.headers()) {
        Named::None if is_opening(&request) && sessions.is_full() => return full(),
        Named::None => None,
        Named::Unclear => return unknown(),
        Named::One(name) => match names.read(name, &identity) {
            Some(Place::Here(id)) => {
                let Some(session) = sessions.of(&id, &identity) else { return unknown() };
                let Ok(id) = HeaderValue::try_from(id) else { return unknown() };
                request.extensions_mut().insert(session);
                request.headers_mut().insert(SESSION_ID, id)
            }
            Some(Place::At(owner)) if *goes_on => {
                request.extensions_mut().insert(Elsewhere(owner));
                return next.run(request).await;
            }
            Some(Place::At(_)) | None => return unknown(),
        },
    };
    let person = identity.person_key();
    let mut response = Sessions::on_behalf_of(identity, next.run(request)).await;
    if let Some(id) = response.headers_mut().remove(SESSION_ID) {
        // Opened just now, or the one that was named; an id itself never goes out.
        let id = id.to_str().unwrap_or_default();
        let Some(name) = named.or_else(|| names.name(id, &person)) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        response.headers_mut().insert(SESSION_ID, name);
    }
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

/// The same for a name that was never given out, for a session that ended, that is another person's,
/// and whose replica is gone: the client opens a new one.
pub(super) fn unknown() -> Response {
    super::json_rpc_error(StatusCode::NOT_FOUND, -32001, "Session not found")
}

fn full() -> Response {
    meters().shed(Limit::Sessions);
    let mut response = super::json_rpc_error(
        StatusCode::SERVICE_UNAVAILABLE,
        -32603,
        "Too many sessions are open. Try again in a minute.",
    );
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}
