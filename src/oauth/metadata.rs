//! `GET /.well-known/oauth-authorization-server` (RFC 8414) and the other places where clients look
//! for the same document. Every form names the one issuer, which follows from the public URL and
//! never from the request.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;

use super::scope::OFFLINE;

/// RFC 8414 §3.1, with the resource's path behind it and before it, and the same for OpenID Connect
/// Discovery §4, whose form some clients try alone.
const PLACES: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/mcp/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/openid-configuration",
];

/// The routes.
pub fn routes(issuer: &str, scope: &str, registration: bool) -> Router {
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": [scope, OFFLINE],
        "client_id_metadata_document_supported": true,
        "authorization_response_iss_parameter_supported": true,
    });
    if let (true, Some(members)) = (registration, document.as_object_mut()) {
        members.insert("registration_endpoint".to_owned(), format!("{issuer}/register").into());
    }
    let document = Arc::new(Bytes::from(document.to_string()));
    let routes = PLACES.iter().fold(Router::new(), |all, place| all.route(place, get(show)));
    routes.with_state(document)
}

async fn show(State(document): State<Arc<Bytes>>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, Bytes::clone(&document)).into_response()
}
