//! The owner's end: takes what another replica hands over, and nothing else. It stands outermost on the
//! listener for replicas; behind it a request goes the way of every other one, from the token on.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use url::Url;

use super::{APART, HANDOVER, Handover, LAST_EVENT_ID, TAKEN, digest_of};
use crate::clock::Clock;
use crate::middleware::Next;
use crate::middleware::body::Limits;
use crate::middleware::session::SESSION_ID;
use crate::seal::{KeyRing, Purpose};

/// What the layer needs.
#[derive(Clone)]
pub struct Taker {
    /// The keys that all replicas share.
    pub keys: Arc<KeyRing>,
    /// The clock.
    pub clock: Clock,
    /// This replica's own address, as the others know it.
    pub own: Url,
    /// The public name: what the request was sent to, and what is checked further in.
    pub host: HeaderValue,
    /// How long a body may be.
    pub body: Limits,
}

/// The layer. Who hasn't the keys learns nothing but that.
pub async fn take<N, F>(taker: &Taker, request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let Some(handover) = taker.opened(request.headers()) else { return refuse() };
    let (mut parts, body) = request.into_parts();
    let body = if parts.method == Method::POST {
        let reading = Limited::new(body, taker.body.bytes).collect();
        match tokio::time::timeout(taker.body.time, reading).await {
            Ok(Ok(body)) => body.to_bytes(),
            _ => return refuse(),
        }
    } else {
        bytes::Bytes::new()
    };
    let header = |name| parts.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    let digest = digest_of(&parts.method, header(SESSION_ID), header(LAST_EVENT_ID), &body);
    if digest != handover.digest {
        return refuse();
    }
    let Ok(mut token) = HeaderValue::try_from(format!("Bearer {}", handover.token)) else {
        return refuse();
    };
    token.set_sensitive(true);
    let Ok(proof) = taker.keys.seal(Purpose::Taken, &handover.nonce) else { return refuse() };
    parts.headers.remove(HANDOVER);
    // The origin was judged where the request came in.
    parts.headers.remove(ORIGIN);
    parts.headers.insert(AUTHORIZATION, token);
    parts.headers.insert(HOST, taker.host.clone());
    let mut response = next.run(Request::from_parts(parts, Body::from(body))).await;
    if let Ok(proof) = HeaderValue::try_from(proof) {
        response.headers_mut().insert(TAKEN, proof);
    }
    response
}

impl Taker {
    /// A handover that is meant for this replica, made just now.
    fn opened(&self, headers: &HeaderMap) -> Option<Handover> {
        let mut sealed = headers.get_all(HANDOVER).iter();
        let (Some(sealed), None) = (sealed.next(), sealed.next()) else { return None };
        let handover: Handover = self.keys.open(Purpose::Handover, sealed.to_str().ok()?).ok()?;
        let apart = self.clock.unix_seconds().abs_diff(handover.at);
        if apart > APART {
            tracing::warn!(apart, "a handover isn't of now: compare the replicas' clocks");
        }
        (apart <= APART && handover.to == self.own.as_str()).then_some(handover)
    }
}

fn refuse() -> Response {
    tracing::warn!("somebody else than a replica came to replicas.peer_listen");
    StatusCode::FORBIDDEN.into_response()
}
