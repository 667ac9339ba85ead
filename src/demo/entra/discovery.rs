//! The tenant's discovery document and its keys, with the fields that the real ones have.
//! There is no `code_challenge_methods_supported` and no `registration_endpoint`: Entra has none.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::errors::Failure;
use super::{Endpoint, Entra};
use crate::demo::people::TENANT_ID;
use std::sync::PoisonError;

/// `GET /{tid}/v2.0/.well-known/openid-configuration`
pub(super) async fn document(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    if tenant != TENANT_ID {
        return Failure::unknown_tenant(&tenant).json(&entra.stamp(&headers));
    }
    let base = format!("{}/{TENANT_ID}", entra.0.base);
    let mut document = json!({
        "token_endpoint": entra.url(Endpoint::Token),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth"],
        "jwks_uri": entra.url(Endpoint::Keys),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": entra.issuer(),
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": format!("{base}/openid/userinfo"),
        "authorization_endpoint": entra.url(Endpoint::Authorize),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "claims_supported": [
            "sub", "iss", "cloud_instance_name", "cloud_instance_host_name",
            "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat", "auth_time", "acr",
            "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email",
        ],
        "kerberos_endpoint": format!("{base}/kerberos"),
        "tls_client_certificate_bound_access_tokens": true,
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
    });
    if let Value::Object(fields) = &mut document {
        for (field, value) in
            entra.0.discovery.lock().unwrap_or_else(PoisonError::into_inner).iter()
        {
            if value.is_null() {
                fields.shift_remove(field);
            } else {
                fields.insert(field.clone(), value.clone());
            }
        }
    }
    Json(document).into_response()
}

/// `GET /{tid}/.well-known/openid-configuration` and the same below the issuer of v1 tokens: what is
/// different there.
pub(super) async fn v1_document(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    if tenant != TENANT_ID {
        return Failure::unknown_tenant(&tenant).json(&entra.stamp(&headers));
    }
    let base = format!("{}/{TENANT_ID}", entra.0.base);
    Json(json!({
        "token_endpoint": format!("{base}/oauth2/token"),
        "jwks_uri": format!("{base}/discovery/keys"),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
        "scopes_supported": ["openid"],
        "issuer": entra.v1_issuer(),
        "authorization_endpoint": format!("{base}/oauth2/authorize"),
    }))
    .into_response()
}

/// `GET /{tid}/discovery/v2.0/keys`
pub(super) async fn keys(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    key_set(&entra, &tenant, &headers, &entra.issuer())
}

/// `GET /{tid}/discovery/keys`
pub(super) async fn v1_keys(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
) -> Response {
    key_set(&entra, &tenant, &headers, &entra.v1_issuer())
}

fn key_set(entra: &Entra, tenant: &str, headers: &HeaderMap, issuer: &str) -> Response {
    if tenant != TENANT_ID {
        return Failure::unknown_tenant(tenant).json(&entra.stamp(headers));
    }
    Json(entra.0.keys.published(issuer)).into_response()
}
