//! Measures every HTTP request, until its answer begins. A route is told by its template and never by
//! the path that was asked for.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use crate::telemetry::meters;

/// The layer.
pub async fn observe(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    meters().request(route, &method, response.status(), began.elapsed());
    response
}
