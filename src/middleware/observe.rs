//! Measures every HTTP request, until its answer begins, and puts a span around it (semantic
//! conventions for HTTP). A route is told by its template and never by the path that was asked for; of
//! the headers only the trace context is read, which identifies nobody.

use std::time::Instant;

use axum::extract::Request;
use axum::response::Response;

use super::Next;
use crate::telemetry::{Side, Span, Trace, known_method, meters};

/// The layer.
pub async fn observe<N, F>(route: Option<&str>, mut request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let began = Instant::now();
    let (method, version) = (request.method().clone(), request.version());
    let parent = Trace::of_headers(request.headers());
    let known = known_method(&method);
    let span = Span::begin(Side::Server, &parent, || match route {
        Some(route) => format!("{known} {route}").into(),
        None => known.into(),
    });
    if !span.is_nowhere() {
        request.extensions_mut().insert(span.trace());
    }
    let response = span.around(next.run(request)).await;
    let status = response.status();
    meters().request(route, &method, status, began.elapsed());
    span.say("http.request.method", || known);
    span.say("http.response.status_code", || i64::from(status.as_u16()));
    span.say("network.protocol.version", || format!("{version:?}").replace("HTTP/", ""));
    if let Some(route) = route {
        span.say("http.route", || route.to_owned());
    }
    if status.is_server_error() {
        span.fail("status");
    }
    response
}
