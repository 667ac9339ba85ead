//! Outcomes and refusals as rmcp's types. Each carries the id of its decision, by which the audit
//! record is found.

use rmcp::ErrorData;
use rmcp::model::{
    CallToolResponse, CallToolResult, ContentBlock, ErrorCode, InputRequiredResult, MetaObject,
};
use serde_json::{Value, json};

use super::questions;
use crate::call::{Ask, Refusal};
use crate::error::{self, Rendered};
use crate::response::Outcome;

/// The `_meta` key of a decision's id.
const DECISION: &str = "osier/decisionId";

/// A tool's result.
pub(super) fn outcome(outcome: &Outcome, decision: &str) -> Result<CallToolResult, ErrorData> {
    let structured = outcome.structured().map(|map| Value::Object(map.clone()));
    let mut content = Vec::with_capacity(1);
    for block in outcome.content() {
        let block = serde_json::from_value(block.clone()).map_err(|error| {
            tracing::error!(decision, %error, "a content block isn't one of MCP's");
            ErrorData::internal_error("the answer can't be shown", Some(with_id(None, decision)))
        })?;
        content.push(block);
    }
    if let Some(json) = outcome.json() {
        // For clients that read no structured content: the same JSON as text.
        content.push(ContentBlock::text(json));
    }
    let mut result = CallToolResult::success(content);
    result.structured_content = structured;
    result.is_error = Some(outcome.is_error());
    Ok(result.with_meta(Some(meta(decision))))
}

/// The questions of 2026-07-28, as a result.
pub(super) fn input_required(ask: Ask, decision: &str) -> Result<CallToolResponse, Refusal> {
    let requests = questions::input_requests(&ask)?;
    // A state without questions asks the client for nothing but to come again (load shedding).
    let requests = (!requests.is_empty()).then_some(requests);
    Ok(InputRequiredResult::new(requests, Some(ask.state.into_inner()))
        .with_meta(meta(decision))
        .into())
}

/// A refused tool call.
pub(super) fn refusal(refusal: &Refusal, decision: &str) -> Result<CallToolResponse, ErrorData> {
    match error::mcp(refusal) {
        Rendered::Tool { text } => {
            let result = CallToolResult::error(vec![ContentBlock::text(text)]);
            Ok(result.with_meta(Some(meta(decision))).into())
        }
        Rendered::Protocol { code, message, data } => {
            Err(ErrorData::new(ErrorCode(code), message, Some(with_id(data, decision))))
        }
    }
}

/// A refused list, prompt or resource.
pub(super) fn list_refusal(refusal: &Refusal) -> ErrorData {
    match error::mcp_list(refusal) {
        Rendered::Protocol { code, message, data } => {
            ErrorData::new(ErrorCode(code), message, data)
        }
        Rendered::Tool { text } => ErrorData::internal_error(text, None),
    }
}

/// Adds a decision's id to an error's data; there is none where nothing could be recorded.
pub(super) fn with_id(data: Option<Value>, decision: &str) -> Value {
    let mut data = data.unwrap_or_else(|| json!({}));
    if let (Some(data), false) = (data.as_object_mut(), decision.is_empty()) {
        data.insert(DECISION.to_owned(), decision.into());
    }
    data
}

fn meta(decision: &str) -> MetaObject {
    let mut meta = MetaObject::new();
    if !decision.is_empty() {
        meta.insert(DECISION.to_owned(), decision.into());
    }
    meta
}
