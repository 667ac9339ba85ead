//! The layers of the HTTP server, outermost first.
//!
//! ```text
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

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::RequestId;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;

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

/// Puts the layers around the MCP door's routes.
pub fn around_mcp(router: Router, layers: Layers) -> Router {
    router.route_layer(from_fn_with_state(Arc::new(layers), way_in))
}

/// All of them as one layer of axum's, the innermost first. A layer of its own each would be a box that
/// is copied for every request, with copies of all that lies behind it.
async fn way_in(
    State(layers): State<Arc<Layers>>,
    request: Request,
    behind: middleware::Next,
) -> Response {
    let Layers { gate, allowed, binding, forwarder, body, admission } = &*layers;
    let door = |request| behind.run(request);
    let handover = |request| handover::leave(forwarder.as_ref(), request, Next(door));
    let streams = |request| limits::count_streams(admission, request, Next(handover));
    let body = |request| body::guard(*body, request, Next(streams));
    let session = |request| session::bind(binding, request, Next(body));
    let host = |request| host::check(allowed, request, Next(session));
    let limits = |request| limits::admit(admission, request, Next(host));
    let bearer = |request| bearer::authenticate(gate, request, Next(limits));
    cors::share(allowed, request, Next(bearer)).await
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

/// The same for what other replicas hand over, which isn't handed over again: it could go in circles.
pub fn around_handed_over(router: Router, layers: Layers, taker: Arc<handover::Taker>) -> Router {
    let binding = session::Binding { goes_on: false, ..layers.binding };
    let layers = Layers { binding, forwarder: None, ..layers };
    around_mcp(router, layers).route_layer(from_fn_with_state(taker, handover::take))
}

/// Puts the layers around everything.
pub fn around_all(router: Router, running: TaskTracker, proxies: address::Proxies) -> Router {
    let nosniff = HeaderValue::from_static("nosniff");
    router
        .layer(from_fn_with_state(proxies, address::settle))
        .layer(SetResponseHeaderLayer::if_not_present(X_CONTENT_TYPE_OPTIONS, nosniff))
        .layer(CatchPanicLayer::custom(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response()))
        .layer(from_fn(observe::observe))
        .layer(from_fn(name_request))
        .layer(from_fn_with_state(running, count))
}

/// Counts a request until its answer begins: a stream isn't waited for.
async fn count(
    State(running): State<TaskTracker>,
    request: Request,
    next: middleware::Next,
) -> Response {
    let _running = running.token();
    next.run(request).await
}

/// Gives a request an id of ours; one that it brought would let callers write our logs' keys.
async fn name_request(mut request: Request, next: middleware::Next) -> Response {
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
    let body = json!({"jsonrpc": "2.0", "id": null, "error": {"code": code, "message": message}});
    let mut response = (status, body.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
