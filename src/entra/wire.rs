//! The token endpoint's wire: the crate `oauth2` makes and reads the messages, our own client sends
//! them, under a cap and with an id by which Entra's log finds the request. Redirects aren't followed
//! and nothing is tried twice: `outbound` sees to that.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use http::{HeaderName, HeaderValue, StatusCode};
use oauth2::{AsyncHttpClient, ErrorResponse, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fault::{EntraFault, Said};
use crate::aadsts;
use crate::outbound::{self, Peer, read_capped};

/// The longest answer, in bytes. Entra's hold three tokens of a few KiB.
const CAP: usize = 64 * 1024;

/// How long the body may take once the head is there; the whole leg has a limit of its own.
const BODY: Duration = Duration::from_secs(5);

/// Entra takes the caller's own id as the correlation id of its logs.
const REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");

/// One request's way to the token endpoint.
pub(super) struct Wire<'a> {
    pub(super) http: &'a reqwest::Client,
    /// The request's id.
    pub(super) id: Uuid,
}

/// Why there is no answer to read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Down(pub(super) Said);

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = Down;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Down>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Wire<'_> {
    /// Sends one request and reads the answer; a server's error is none.
    pub(super) async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, Down> {
        if let Ok(id) = HeaderValue::try_from(self.id.hyphenated().to_string()) {
            request.headers_mut().insert(REQUEST_ID, id);
        }
        let down = |why| move |_| Down(Said::of(why));
        let request = request.try_into().map_err(down("the request can't be made"))?;
        let answer = outbound::send(self.http, request, Peer::Token).await.map_err(|error| {
            Down(Said::of(if error.is_timeout() { "no answer in time" } else { "no answer" }))
        })?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = read_capped(answer, CAP, BODY)
            .await
            .map_err(|_| Down(Said::of("the answer is too long or broke off")))?;
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            let said = serde_json::from_slice::<Refusal>(&body).map(Refusal::said);
            return Err(Down(said.unwrap_or_else(|_| Said::of("a server error"))));
        }
        let mut response = HttpResponse::new(body.to_vec());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// Entra's refusal (RFC 6749 §5.2), reduced to what we keep as soon as it is read.
#[derive(Clone, Deserialize, Serialize)]
#[serde(from = "RawRefusal")]
pub(super) struct Refusal {
    #[serde(skip)]
    pub(super) fault: EntraFault,
}

#[derive(Deserialize)]
struct RawRefusal {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    trace_id: Option<Uuid>,
    #[serde(default)]
    correlation_id: Option<Uuid>,
    #[serde(default)]
    claims: Option<String>,
}

impl From<RawRefusal> for Refusal {
    fn from(raw: RawRefusal) -> Self {
        let mut said = Said::read(&raw.error, &raw.error_description);
        said.aadsts = aadsts::most_telling(raw.error_codes).or(said.aadsts);
        said.trace = raw.trace_id.or(said.trace);
        said.correlation = raw.correlation_id.or(said.correlation);
        said.claims = raw.claims.as_deref().and_then(Said::challenge);
        Self { fault: said.into_fault(&raw.error) }
    }
}

impl Refusal {
    fn said(self) -> Said {
        self.fault.said().clone()
    }
}

impl ErrorResponse for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
