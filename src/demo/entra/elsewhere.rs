//! What isn't an endpoint of the look-alike, or not for this verb; and the time on every answer.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Entra;
use super::errors::Failure;

/// Any other path.
pub(super) async fn unknown_page(State(entra): State<Entra>, headers: HeaderMap) -> Response {
    let message = "The page that was asked for doesn't exist.";
    let failure = Failure::new("invalid_request", 90020, message);
    failure.page(StatusCode::NOT_FOUND, &entra.stamp(&headers))
}

/// An endpoint, by a verb that it doesn't know.
pub(super) async fn wrong_verb(
    State(entra): State<Entra>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let other = if method == Method::GET { "POST" } else { "GET" };
    let message =
        format!("The endpoint only accepts {other} requests. Received a {method} request.");
    let failure = Failure::new("invalid_request", 900_561, message);
    failure.page(StatusCode::METHOD_NOT_ALLOWED, &entra.stamp(&headers))
}

/// A layer: `Date` by the tenant's clock.
pub(super) async fn date(State(entra): State<Entra>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let date = httpdate::fmt_http_date(entra.shown_time());
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}
