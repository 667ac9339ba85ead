//! `GET /.well-known/oauth-protected-resource`, the same with `/mcp` behind it and before it: where to
//! get a token for this server (RFC 9728 §3). Public, and the same for everybody: what it says follows
//! from the configured public URL and the issuer, never from the request's `Host` or its like.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use url::Url;

use crate::identity::Authenticator;

/// RFC 9728 §3: before the resource's own path.
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The resource that the metadata describes.
#[derive(Clone, Debug)]
pub struct ProtectedResource {
    /// The resource identifier, e.g. `https://osier.example/mcp`: no trailing slash.
    resource: String,
    /// The metadata's own URL.
    metadata_url: String,
    /// Its path, which ends in the resource's.
    metadata_path: String,
    scope: String,
}

/// The metadata (RFC 9728 §2).
#[derive(Serialize)]
struct Metadata<'a> {
    resource: &'a str,
    authorization_servers: [String; 1],
    scopes_supported: [&'a str; 1],
    bearer_methods_supported: [&'static str; 1],
    resource_name: &'static str,
}

impl ProtectedResource {
    /// The `/mcp` of the server whose public URL this is.
    pub fn new(public_url: &Url, scope: &str) -> Self {
        let origin = public_url.origin().ascii_serialization();
        let path = format!("{}/mcp", public_url.path().trim_end_matches('/'));
        let metadata_path = format!("{WELL_KNOWN}{path}");
        Self {
            resource: format!("{origin}{path}"),
            metadata_url: format!("{origin}{metadata_path}"),
            metadata_path,
            scope: scope.to_owned(),
        }
    }

    /// The resource identifier.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Where the metadata is, for `resource_metadata` in a challenge.
    pub fn metadata_url(&self) -> &str {
        &self.metadata_url
    }

    /// The routes. They name `issuer`, or, where clients go to Entra themselves, Entra's.
    pub fn routes(self, issuer: Option<String>, authenticator: Arc<Authenticator>) -> Router {
        let (after, before) = (self.metadata_path.clone(), format!("/mcp{WELL_KNOWN}"));
        let door = Door { resource: Arc::new(self), issuer, authenticator };
        Router::new()
            .route(WELL_KNOWN, get(show))
            .route(&after, get(show))
            .route(&before, get(show))
            .with_state(door)
    }
}

#[derive(Clone)]
struct Door {
    resource: Arc<ProtectedResource>,
    issuer: Option<String>,
    authenticator: Arc<Authenticator>,
}

async fn show(State(Door { resource, issuer, authenticator }): State<Door>) -> Response {
    let issuer = match issuer {
        Some(issuer) => Ok(issuer),
        None => authenticator.issuer().await,
    };
    let Ok(issuer) = issuer else {
        // A guess here would be cached by clients and send people to sign in elsewhere.
        let later = [(RETRY_AFTER, HeaderValue::from_static("5"))];
        return (StatusCode::SERVICE_UNAVAILABLE, later).into_response();
    };
    let metadata = Metadata {
        resource: &resource.resource,
        authorization_servers: [issuer],
        scopes_supported: [&resource.scope],
        bearer_methods_supported: ["header"],
        resource_name: "Osier",
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    match serde_json::to_string(&metadata) {
        Ok(body) => (headers, body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
