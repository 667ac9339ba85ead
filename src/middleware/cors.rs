//! For clients that run in a browser (Fetch standard, "CORS protocol"): pages of the allowed origins
//! may read the MCP door's answers, refusals included, since those say where to sign in. Outermost on
//! `/mcp`: a preflight carries no token. An origin that isn't allowed gets no word of this.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::Next;
use super::host::Allowed;

/// What a client sends (MCP, Streamable HTTP).
const SENT: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-session-id, \
     mcp-method, mcp-name",
);
/// What it has to read.
const READ: HeaderValue =
    HeaderValue::from_static("www-authenticate, mcp-session-id, retry-after, x-request-id");

/// The layer.
pub async fn share<N, F>(allowed: &Allowed, request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let Some(origin) = allowed.origin(request.headers()) else { return next.run(request).await };
    let mut response = if is_preflight(&request) {
        let headers = [
            (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE")),
            (ACCESS_CONTROL_ALLOW_HEADERS, SENT),
            (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
        ];
        (StatusCode::NO_CONTENT, headers).into_response()
    } else {
        next.run(request).await
    };
    mark(response.headers_mut(), origin);
    response
}

/// Lets pages of this origin read the answer.
pub fn mark(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

/// Whether a page's browser only asks what may be sent.
pub fn is_preflight<B>(request: &http::Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}
