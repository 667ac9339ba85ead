//! Answers as bytes. What rmcp's types say is what they say here; only the common outcome, whose text is
//! the structured content once more, is put together without a second reading of it.

use bytes::Bytes;
use http::StatusCode;
use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, ErrorCode, JsonRpcError, RequestId};
use serde::Serialize;

use crate::call::{Refusal, Stop};
use crate::mcp::render;
use crate::response::Outcome;

/// A result as JSON.
pub(super) struct Written {
    json: Bytes,
    /// A tool's result that tells of an error.
    pub(super) is_error: bool,
}

impl Written {
    /// A result that is JSON already.
    pub(super) fn json(json: Bytes) -> Self {
        Self { json, is_error: false }
    }

    /// How a call ended.
    pub(super) fn of(end: Result<Outcome, Stop>, decision: &str) -> Result<Self, ErrorData> {
        let rendered = match end {
            Ok(outcome) => match outcome.json() {
                Some(json) => return Ok(Self::json(same_twice(json, decision))),
                None => render::outcome(&outcome, decision).map(CallToolResponse::from),
            },
            Err(Stop::Refused(refusal)) => render::refusal(&refusal, decision),
            Err(Stop::Ask(_)) => {
                tracing::error!(decision, "a read asked a question");
                render::refusal(&Refusal::Internal, decision)
            }
        };
        let cannot = || ErrorData::internal_error("the answer can't be shown", None);
        let CallToolResponse::Complete(result) = rendered? else { return Err(cannot()) };
        let json = serde_json::to_vec(&result).map_err(|_| cannot())?;
        Ok(Self { json: json.into(), is_error: result.is_error == Some(true) })
    }

    /// The response to this request.
    pub(super) fn response(&self, id: &RequestId) -> Bytes {
        let mut body = Vec::with_capacity(self.json.len() + 64);
        body.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        put(&mut body, id);
        body.extend_from_slice(br#","result":"#);
        body.extend_from_slice(&self.json);
        body.push(b'}');
        body.into()
    }
}

/// An error, under the status that 2026-07-28 has for it.
pub(super) fn error(id: &RequestId, error: ErrorData) -> (StatusCode, Bytes) {
    let status = match error.code {
        ErrorCode::UNSUPPORTED_PROTOCOL_VERSION
        | ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY
        | ErrorCode::HEADER_MISMATCH => StatusCode::BAD_REQUEST,
        ErrorCode::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    let body = serde_json::to_vec(&JsonRpcError::new(Some(id.clone()), error));
    (status, body.unwrap_or_default().into())
}

/// The outcome whose one block of text is its structured content.
fn same_twice(json: &str, decision: &str) -> Bytes {
    let mut result = Vec::with_capacity(json.len() * 5 / 2 + 256);
    result.extend_from_slice(br#"{"resultType":"complete","content":[{"type":"text","text":"#);
    put(&mut result, &json);
    result.extend_from_slice(br#"}],"structuredContent":"#);
    result.extend_from_slice(json.as_bytes());
    result.extend_from_slice(br#","isError":false,"_meta":{"osier/decisionId":"#);
    put(&mut result, &decision);
    result.extend_from_slice(b"}}");
    result.into()
}

/// Texts and numbers are always JSON.
fn put(body: &mut Vec<u8>, value: &impl Serialize) {
    let _ = serde_json::to_writer(body, value);
}
