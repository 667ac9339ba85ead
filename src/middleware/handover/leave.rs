//! The end where a request came in: hands it over to the session's owner. Innermost of the layers, so
//! that a request that is handed over was let in, and its body is one well-formed message.
//!
//! An owner that can't be reached is gone, and its sessions with it: 404, so that the client opens a
//! new one. Nothing is tried twice.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONNECTION, CONTENT_TYPE, TRANSFER_ENCODING, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use secrecy::ExposeSecret;

use super::{Elsewhere, HANDOVER, Handover, LAST_EVENT_ID, TAKEN, digest_of};
use crate::clock::Clock;
use crate::identity::Identity;
use crate::middleware::Next;
use crate::middleware::session::{SESSION_ID, unknown};
use crate::outbound;
use crate::seal::{KeyRing, Purpose, random_name};

/// For an answer's head. A session's answers begin at once, whatever they are about.
const HEAD: Duration = Duration::from_secs(10);
/// Streams say something every fifteen seconds.
const SILENCE: Duration = Duration::from_mins(1);

/// What of a request's head is part of the protocol.
const TOLD: [HeaderName; 9] = [
    ACCEPT,
    CONTENT_TYPE,
    USER_AGENT,
    SESSION_ID,
    LAST_EVENT_ID,
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
];

/// Hands requests over.
#[derive(Clone)]
pub struct Forwarder(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    keys: Arc<KeyRing>,
    clock: Clock,
}

impl Forwarder {
    /// With the keys that all replicas share.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(keys: Arc<KeyRing>, clock: Clock) -> Result<Self, reqwest::Error> {
        let http = outbound::streaming(SILENCE)?;
        Ok(Self(Arc::new(Inner { http, keys, clock })))
    }
}

/// The layer.
pub async fn leave<N, F>(forwarder: Option<&Forwarder>, request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let Some(Elsewhere(owner)) = request.extensions().get::<Elsewhere>().cloned() else {
        return next.run(request).await;
    };
    let Some(Forwarder(inner)) = forwarder else { return unknown() };
    let (parts, body) = request.into_parts();
    // It was read, and found short enough, by the layer before.
    let body = if parts.method == Method::POST {
        to_bytes(body, usize::MAX).await
    } else {
        Ok(Bytes::new())
    };
    let Ok(body) = body else { return StatusCode::BAD_REQUEST.into_response() };
    match inner.hand_over(&owner, &parts, body).await {
        Ok(response) => response,
        Err(gone) => {
            tracing::info!(%owner, why = gone.0, "the replica that held a session is gone");
            unknown()
        }
    }
}

/// Why there is no answer from an owner.
struct Gone(&'static str);

impl Inner {
    async fn hand_over(
        &self,
        owner: &url::Url,
        parts: &Parts,
        body: Bytes,
    ) -> Result<Response, Gone> {
        let nonce = random_name("hov_");
        let sealed = self.seal(owner, parts, &body, &nonce).ok_or(Gone("it can't be sealed"))?;
        let mut headers = HeaderMap::new();
        for name in TOLD {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(HANDOVER, sealed);
        let url = owner.join("/mcp").map_err(|_| Gone("no address"))?;
        let request = self.http.request(parts.method.clone(), url).headers(headers).body(body);
        let answer =
            tokio::time::timeout(HEAD, request.send()).await.map_err(|_| Gone("no answer"))?;
        let answer = answer.map_err(|error| {
            Gone(if error.is_connect() { "no connection" } else { "it broke off" })
        })?;
        // Something else may have come to be at that address.
        let proof = answer.headers().get(TAKEN).and_then(|proof| proof.to_str().ok());
        let proof = proof.and_then(|proof| self.keys.open::<String>(Purpose::Taken, proof).ok());
        if proof != Some(nonce) {
            tracing::warn!(%owner, "what answers there isn't a replica with these keys");
            return Err(Gone("another program"));
        }
        Ok(streamed(answer))
    }

    fn seal(
        &self,
        owner: &url::Url,
        parts: &Parts,
        body: &[u8],
        nonce: &str,
    ) -> Option<HeaderValue> {
        let identity = parts.extensions.get::<Arc<Identity>>()?;
        let header = |name| parts.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
        let digest = digest_of(&parts.method, header(SESSION_ID), header(LAST_EVENT_ID), body);
        let handover = Handover {
            token: identity.bearer()?.expose_secret().to_owned(),
            to: owner.as_str().to_owned(),
            digest,
            nonce: nonce.to_owned(),
            at: self.clock.unix_seconds(),
        };
        let sealed = self.keys.seal(Purpose::Handover, &handover).ok()?;
        HeaderValue::try_from(sealed).ok()
    }
}

/// The owner's answer, passed on as it comes.
fn streamed(answer: reqwest::Response) -> Response {
    const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    if let Some(id) = answer.headers().get(X_REQUEST_ID).and_then(|id| id.to_str().ok()) {
        // What the owner logs is found by it; the client sees this replica's.
        tracing::debug!(owner_request_id = id, "handed over");
    }
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    // Of the connection between the two (RFC 9110 §7.6.1), and of the handover.
    for name in [CONNECTION, TRANSFER_ENCODING, TAKEN, X_REQUEST_ID] {
        headers.remove(name);
    }
    let mut response = Response::new(Body::from_stream(answer.bytes_stream()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
