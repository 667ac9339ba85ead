//! The JSON answers of the endpoints that clients ask: never kept by anything on the way (RFC 6749
//! §5.1, RFC 7591 §3.2.1). `/token` and `/register` answer with it, errors included.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use http::{HeaderValue, StatusCode};

/// An answer with this JSON text.
pub fn json(status: StatusCode, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (PRAGMA, HeaderValue::from_static("no-cache")),
    ];
    (status, headers, body).into_response()
}
