//! Entra's refusals: an OAuth error (RFC 6749 §4.1.2.1, §5.2) with an AADSTS code, a trace id, a
//! correlation id and a timestamp. As JSON at the token endpoint, as a page or a redirect in the
//! browser.

use std::time::SystemTime;

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::apps::App;

/// One refusal of the look-alike.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: &'static str,
    pub(super) code: u32,
    pub(super) message: String,
    suberror: Option<&'static str>,
    claims: Option<String>,
}

impl Failure {
    pub(super) fn new(error: &'static str, code: u32, message: impl Into<String>) -> Self {
        Self { error, code, message: message.into(), suberror: None, claims: None }
    }

    /// With another OAuth error.
    pub(super) fn named(self, error: &'static str) -> Self {
        Self { error, ..self }
    }

    /// With what kind of interaction would help.
    pub(super) fn suberror(self, suberror: &'static str) -> Self {
        Self { suberror: Some(suberror), ..self }
    }

    /// With a claims challenge.
    pub(super) fn claims(self, claims: String) -> Self {
        Self { claims: Some(claims), ..self }
    }

    pub(super) fn unknown_tenant(tenant: &str) -> Self {
        let message = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and \
             are signing into the correct cloud."
        );
        Self::new("invalid_tenant", 90002, message)
    }

    pub(super) fn unknown_app(client_id: &str) -> Self {
        let message =
            format!("Application with identifier '{client_id}' was not found in the directory.");
        Self::new("unauthorized_client", 700_016, message)
    }

    pub(super) fn unknown_person(name: &str) -> Self {
        let message = format!("The user account {name} does not exist in the directory.");
        Self::new("invalid_grant", 50034, message)
    }

    pub(super) fn no_consent(app: &App) -> Self {
        let message = format!(
            "The user or administrator has not consented to use the application with ID '{}' \
             named '{}'. Send an interactive authorization request for this user and resource.",
            app.client_id, app.name
        );
        Self::new("invalid_grant", 65001, message).suberror("consent_required")
    }

    pub(super) fn revoked() -> Self {
        let message = "The provided grant has expired due to it being revoked, a fresh auth token \
                       is needed. The user might have changed or reset their password.";
        Self::new("invalid_grant", 50173, message).suberror("bad_token")
    }

    pub(super) fn resource() -> Self {
        let message = "The resource parameter provided in the request doesn't match with the \
                       requested scopes.";
        Self::new("invalid_target", 9_010_010, message)
    }

    pub(super) fn description(&self, stamp: &Stamp) -> String {
        let Self { code, message, .. } = self;
        let Stamp { trace, correlation, time } = stamp;
        format!(
            "AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} \
             Timestamp: {time}"
        )
    }

    /// The token endpoint's answer.
    pub(super) fn json(&self, stamp: &Stamp) -> Response {
        let mut body = json!({
            "error": self.error,
            "error_description": self.description(stamp),
            "error_codes": [self.code],
            "timestamp": stamp.time,
            "trace_id": stamp.trace,
            "correlation_id": stamp.correlation,
        });
        if let (Some(suberror), Some(body)) = (self.suberror, body.as_object_mut()) {
            body.insert("suberror".to_owned(), suberror.into());
        }
        if let (Some(claims), Some(body)) = (&self.claims, body.as_object_mut()) {
            body.insert("claims".to_owned(), claims.as_str().into());
        }
        let status = match self.error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        };
        let headers = [("cache-control", "no-store, no-cache"), ("pragma", "no-cache")];
        (status, headers, Json(body)).into_response()
    }
}

/// The ids and the time by which a request is found in Entra's logs.
pub(super) struct Stamp {
    pub(super) trace: Uuid,
    pub(super) correlation: Uuid,
    pub(super) time: String,
}

impl Stamp {
    /// A new one; the correlation id is the caller's own `client-request-id`, where there is one.
    pub(super) fn new(now: SystemTime, headers: &HeaderMap) -> Self {
        let theirs = headers.get("client-request-id").and_then(|value| value.to_str().ok());
        let time = DateTime::<Utc>::from(now).format("%Y-%m-%d %H:%M:%SZ").to_string();
        Self {
            trace: Uuid::new_v4(),
            correlation: theirs
                .and_then(|id| Uuid::try_parse(id).ok())
                .unwrap_or_else(Uuid::new_v4),
            time,
        }
    }
}
