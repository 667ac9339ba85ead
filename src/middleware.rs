//! The layers of the HTTP server, outermost first.
//!
//! ```text
//! turn away   at /mcp, where there is far too much to do: before anything below is done for nothing
//! running     the end of the process waits for what is counted here
//! request id  every request gets one of ours; answers carry it
//! observe     how long it took, and the span around it
//! panics      one becomes a 500 without a word of it
//! address     whose it is, as far as stated proxies say
//!   /mcp only
//! cors        may a page of that origin read the answer
//! bearer      who is calling; nothing behind it sees the Authorization header
//! limits      is it too much: of this person, of all together
//! host        is this our name, and may a page of that origin speak to us
//! session     is this person's session this person's, and which replica holds it
//! body        is this one well-formed JSON-RPC message
//! streams     are there too many event streams
//! handover    to the replica that holds the session, where that is another one
//! ```
//!
//! What another replica hands over comes in by a listener of its own: `handover` lets it in, and from
//! `bearer` on it goes the same way, only not to a third replica.

pub mod address;
pub mod bearer;
pub mod body;
pub mod cors;
pub mod handover;
pub mod host;
pub mod limits;
pub mod observe;
pub mod session;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio_util::task::TaskTracker;
use tower_http::request_id::RequestId;
use tracing::Instrument;

use crate::telemetry::meters;

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// What the layers of the MCP door need.
#[derive(Clone)]
pub struct Layers {
    /// Who tells callers apart.
    pub gate: bearer::Gate,
    /// Which hosts and origins are ours.
    pub allowed: Arc<host::Allowed>,
    /// Whose session is whose, and where it is.
    pub binding: session::Binding,
    /// Who hands requests over to other replicas.
    pub forwarder: Option<handover::Forwarder>,
    /// How long a body may be.
    pub body: body::Limits,
    /// How much there may be.
    pub admission: Arc<limits::Admission>,
}

/// What stands around everything.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Where requests are counted that run.
    pub running: TaskTracker,
    /// Whose word for a caller's address counts.
    pub proxies: address::Proxies,
}

/// The way to the MCP door, the innermost layer first. As layers of axum's they would be boxes that are
/// copied for every request, each with copies of all that lies behind it.
pub async fn way_in<N, F>(layers: &Layers, request: Request, door: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let Layers { gate, allowed, binding, forwarder, body, admission } = layers;
    let door = |request| door.run(request);
    let handover = |request| handover::leave(forwarder.as_ref(), request, Next(door));
    let streams = |request| limits::count_streams(admission, request, Next(handover));
    let body = |request| body::guard(*body, request, Next(streams));
    let session = |request| session::bind(binding, request, Next(body));
    let host = |request| host::check(allowed, request, Next(session));
    let limits = |request| limits::admit(admission, request, Next(host));
    let bearer = |request| bearer::authenticate(gate, request, Next(limits));
    cors::share(allowed, request, Next(bearer)).await
}

/// What a request of the MCP door is answered where it would be shed anyway: without a name, a span and a
/// caller, which cost several times as much as the answer. It is counted and measured as others are.
pub fn turn_away<B>(layers: &Layers, route: &str, request: &http::Request<B>) -> Option<Response> {
    if cors::is_preflight(request) {
        return None;
    }
    let began = Instant::now();
    let mut response = layers.admission.turn_away()?;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if let Some(origin) = layers.allowed.origin(request.headers()) {
        cors::mark(headers, origin);
    }
    meters().request(Some(route), request.method(), response.status(), began.elapsed());
    Some(response)
}

/// What lies behind a layer of the MCP door.
pub struct Next<N>(N);

impl<N, F> Next<N>
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    /// This.
    pub fn to(behind: N) -> Self {
        Self(behind)
    }

    /// Lets the request through.
    pub async fn run(self, request: Request) -> Response {
        (self.0)(request).await
    }
}

/// Puts what stands around everything around axum's routes.
pub fn around_all(router: Router, around: Around) -> Router {
    router.layer(from_fn_with_state(around, outermost))
}

async fn outermost(
    State(around): State<Around>,
    request: Request,
    behind: middleware::Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map(MatchedPath::as_str);
    around_any(&around, route, request, Next(|request| behind.run(request))).await
}

/// The layers that every request goes through. One is counted as running until its answer begins: a stream
/// isn't waited for. The route's template is none where there is no such route.
pub async fn around_any<N, F>(
    around: &Around,
    route: Option<&str>,
    request: Request,
    next: Next<N>,
) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let _running = around.running.token();
    let address = |request| address::settle(around.proxies, request, next);
    let panics = |request| survive(request, Next(address));
    let observe = |request| observe::observe(route, request, Next(panics));
    name_request(request, Next(observe)).await
}

/// A panic is one request's end, and says nothing of itself.
async fn survive<N, F>(request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response =
        answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
    response.headers_mut().entry(X_CONTENT_TYPE_OPTIONS).or_insert(NOSNIFF);
    response
}

/// Gives a request an id of ours; one that it brought would let callers write our logs' keys.
async fn name_request<N, F>(mut request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let name = crate::seal::random_name("req_");
    let id = HeaderValue::try_from(&name).unwrap_or(HeaderValue::from_static("req_"));
    request.headers_mut().remove(X_REQUEST_ID);
    request.extensions_mut().insert(RequestId::new(id.clone()));
    // What is logged meanwhile is found by the id that the answer shows. An error's span, so that no
    // filter that lets a line through leaves it out.
    let span = tracing::error_span!("request", request_id = name);
    let mut response = next.run(request).instrument(span).await;
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}

/// A JSON-RPC error for a request whose id isn't known (JSON-RPC 2.0 §5: the id is null then).
fn json_rpc_error(status: StatusCode, code: i32, message: &str) -> Response {
    json(status, json_rpc_body(code, message))
}

fn json_rpc_body(code: i32, message: &str) -> String {
    let message = serde_json::Value::from(message);
    let error = format!(r#"{{"code":{code},"message":{message}}}"#);
    format!(r#"{{"jsonrpc":"2.0","id":null,"error":{error}}}"#)
}

fn json(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
