//! `POST /register`: a client that has no metadata document tells its name and where browsers may be
//! sent back to, and gets an id (RFC 7591 §3). The id holds all of that, sealed; nothing is stored.
//! Nothing of what a client says here is verified, and no address that the list of redirects doesn't
//! allow gets in.

mod request;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use tower_http::request_id::RequestId;

use super::client::{Clients, Unregistrable};
use super::pace::TooFast;
use super::redirect::RedirectUri;
use super::{cors, no_store};
use crate::middleware::address;
use request::{ApplicationType, Metadata};

/// The largest body, in bytes.
const MAX_BODY: usize = 8 * 1024;
/// From the end of the head to the end of the body.
const PATIENCE: Duration = Duration::from_secs(10);

/// The route, open to pages of any origin.
pub fn routes(clients: Arc<Clients>) -> Router {
    cors::open(Router::new().route("/register", post(register)).with_state(clients))
}

/// What is registered (RFC 7591 §3.2.1).
#[derive(Serialize)]
struct Registered<'a> {
    client_id: &'a str,
    client_id_issued_at: u64,
    client_name: &'a str,
    redirect_uris: &'a [RedirectUri],
    grant_types: &'a [&'static str],
    response_types: [&'static str; 1],
    token_endpoint_auth_method: &'static str,
    application_type: ApplicationType,
}

/// Why nothing is registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("this server takes no registrations; use a client that it knows, or ask its operator")]
    Off,
    #[error(transparent)]
    TooFast(#[from] TooFast),
    #[error("send the metadata as application/json")]
    NotJson,
    #[error("the body didn't arrive in time")]
    TooSlow,
    #[error("{0}")]
    Metadata(String),
    #[error("{0}")]
    Redirect(String),
    #[error("the registration can't be sealed")]
    Internal,
}

async fn register(State(clients): State<Arc<Clients>>, request: Request) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    match answer(&clients, request).await {
        Ok(response) => response,
        Err(refusal) => {
            tracing::debug!(%refusal, "a client wasn't registered");
            refusal.response(id.as_ref().and_then(|id| id.header_value().to_str().ok()))
        }
    }
}

async fn answer(clients: &Clients, request: Request) -> Result<Response, Refusal> {
    let registrations = clients.registrations();
    if !registrations.are_taken() {
        return Err(Refusal::Off);
    }
    registrations.pace().take(address::of(request.extensions()))?;
    if !is_json(request.headers()) {
        return Err(Refusal::NotJson);
    }
    let body = axum::body::to_bytes(request.into_body(), MAX_BODY);
    let body = tokio::time::timeout(PATIENCE, body)
        .await
        .map_err(|_| Refusal::TooSlow)?
        .map_err(|_| Refusal::Metadata("the metadata is longer than 8 KiB".to_owned()))?;
    let Metadata { name, redirects, grants, application } = request::read(&body, clients.rules())?;
    let (client, issued) = registrations.make(&name, redirects)?;
    // Not its name: that is a stranger's text.
    let back_to = client.redirects().first().map(RedirectUri::shown_host);
    tracing::info!(back_to, "registered a client");
    let registered = Registered {
        client_id: &client.id,
        client_id_issued_at: issued,
        client_name: &client.name,
        redirect_uris: client.redirects(),
        grant_types: &grants,
        response_types: ["code"],
        token_endpoint_auth_method: "none",
        application_type: application,
    };
    Ok(json(StatusCode::CREATED, &registered))
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut kinds = headers.get_all(CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kinds.next().is_none() && kind.eq_ignore_ascii_case("application/json")
}

fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(body) => no_store::json(status, body),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl From<Unregistrable> for Refusal {
    fn from(fault: Unregistrable) -> Self {
        match fault {
            Unregistrable::NoName | Unregistrable::TooLong => Self::Metadata(fault.to_string()),
            Unregistrable::Seal(_) => Self::Internal,
        }
    }
}

impl Refusal {
    /// RFC 7591 §3.2.2. `id` is the request's.
    fn response(self, id: Option<&str>) -> Response {
        let (status, error) = match &self {
            Self::Off => (StatusCode::FORBIDDEN, "access_denied"),
            Self::TooFast(_) => (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_client_metadata"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "invalid_client_metadata"),
            Self::Metadata(_) => (StatusCode::BAD_REQUEST, "invalid_client_metadata"),
            Self::Redirect(_) => (StatusCode::BAD_REQUEST, "invalid_redirect_uri"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        };
        let mut body = serde_json::json!({"error": error, "error_description": self.to_string()});
        if let (Some(id), Some(members)) = (id, body.as_object_mut()) {
            members.insert("request_id".to_owned(), id.into());
        }
        let mut response = json(status, &body);
        if let Self::TooFast(TooFast { retry_after }) = self {
            response.headers_mut().insert(RETRY_AFTER, retry_after.as_secs().into());
        }
        response
    }
}
