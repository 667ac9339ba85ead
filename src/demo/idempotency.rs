//! Idempotency keys: a write that is sent twice with one key is done once.
//! Same key and same request: the first answer again. Same key, other request: 422.

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::bearer::Caller;
use super::claims::short_digest;
use super::problem::Problem;
use super::world::World;

/// The answer to a write.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) status: StatusCode,
    pub(super) etag: Option<String>,
    pub(super) body: Value,
}

/// What was answered, and to what.
#[derive(Clone)]
pub(super) struct Receipt {
    request: String,
    answer: Written,
}

impl IntoResponse for Written {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        let etag = self.etag.and_then(|etag| etag.try_into().ok());
        if let Some(etag) = etag {
            response.headers_mut().insert(header::ETAG, etag);
        }
        response
    }
}

/// Does a write once for each person and key. `target` is the verb and path, which belong to the
/// request as much as its body does. A refusal leaves no receipt: it may be tried again.
pub(super) fn once(
    world: &mut World,
    caller: &Caller,
    headers: &HeaderMap,
    target: &str,
    body: &[u8],
    act: impl FnOnce(&mut World) -> Result<Written, Problem>,
) -> Result<Written, Problem> {
    let Some(key) = headers.get("idempotency-key") else {
        return act(world);
    };
    let key = key.to_str().map_err(|_| Problem::bad_request("Idempotency-Key must be a text."))?;
    let request = short_digest(&[target.as_bytes(), b"\n", body].concat());
    let key = (caller.oid.clone(), key.to_owned());
    if let Some(receipt) = world.receipts.get(&key) {
        if receipt.request == request {
            return Ok(receipt.answer.clone());
        }
        let fault = "This key was used for another request.".to_owned();
        return Err(Problem::invalid([("Idempotency-Key".to_owned(), fault)]));
    }
    let answer = act(world)?;
    world.receipts.insert(key, Receipt { request, answer: answer.clone() });
    Ok(answer)
}
