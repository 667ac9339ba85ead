//! Entra's error answers: an OAuth error (RFC 6749 §5.2) with an AADSTS code, a trace id, a
//! correlation id and a timestamp, both as fields and inside the description.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use crate::clock::Clock;

/// One refusal of the look-alike.
pub(super) struct Failure {
    error: &'static str,
    code: u32,
    message: String,
}

impl Failure {
    pub(super) fn new(error: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self { error, code, message: message.into() }
    }

    pub(super) fn unknown_tenant(tenant: &str) -> Self {
        let message = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and \
             are signing into the correct cloud."
        );
        Self::new("invalid_tenant", 90002, message)
    }

    pub(super) fn response(&self, clock: &Clock) -> Response {
        let time = DateTime::<Utc>::from(clock.now()).format("%Y-%m-%d %H:%M:%SZ").to_string();
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        let Self { error, code, message } = self;
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} \
                 Timestamp: {time}"
            ),
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
        });
        let headers = [("cache-control", "no-store, no-cache"), ("pragma", "no-cache")];
        (StatusCode::BAD_REQUEST, headers, Json(body)).into_response()
    }
}
