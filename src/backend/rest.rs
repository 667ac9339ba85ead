//! `rest`: a service that takes a request as it stands and answers with JSON.

use http::header::ETAG;
use serde_json::Value;

use crate::call::{Refusal, TroubleKind};
use crate::confirm::Yes;
use crate::identity::Identity;
use crate::target::Reply;

use super::Errand;
use super::render::Filled;
use super::transport::{Received, Transport};

/// Sends a request that only reads.
pub(super) async fn read(
    service: &Transport,
    request: Filled,
    errand: &mut Errand<'_>,
) -> Result<Reply, Refusal> {
    let received = service.send(request, None, errand.fill.identity, errand.sent).await;
    received.and_then(|received| reply(&received)).map_err(|kind| service.trouble(kind))
}

/// Sends a request that changes something. It takes the person's yes, whose idempotency key goes
/// with it.
pub(super) async fn write(
    service: &Transport,
    request: Filled,
    yes: &Yes,
    identity: &Identity,
    sent: &mut super::Sent,
) -> Result<Reply, Refusal> {
    let key = Some(yes.idempotency_key());
    let received = service.send(request, key, identity, sent).await;
    received.and_then(|received| reply(&received)).map_err(|kind| {
        service.trouble(match kind {
            // It went out; whether it was carried out isn't known.
            TroubleKind::NoAnswer | TroubleKind::BadAnswer => TroubleKind::Unknown,
            kind => kind,
        })
    })
}

fn reply(received: &Received) -> Result<Reply, TroubleKind> {
    let body = if received.body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&received.body).map_err(|_| TroubleKind::BadAnswer)?
    };
    let etag = received.headers.get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    Ok(Reply { body, etag, partial: false, status: received.status.as_u16(), again: None })
}
