//! Between our questions and MCP's: an [`Ask`] as input requests (2026-07-28) or as requests of ours
//! over a session's stream, and what the client says as [`Response`]s. Nothing is believed here: a
//! response is only brought into our form, `confirm` and the backend judge it.

use std::collections::BTreeMap;
use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{
    ClientCapabilities, ClientResult, ErrorCode, InputRequest, InputRequests, ServerRequest,
};
use rmcp::service::{Peer, PeerRequestOptions, RoleServer, ServiceError};
use serde_json::{Map, Value, json};

use super::render;
use crate::call::{Ask, Question, QuestionKind, Refusal, Response};

/// Leaves out the questions of a service that the client can't show, as long as one is left: the
/// service sees that they weren't answered. Where nothing can be asked, what the client would have
/// to support for it. A confirmation is never asked in part.
pub(super) fn leave_out(ask: &mut Ask, client: &ClientCapabilities) -> Option<Map<String, Value>> {
    let mut lacking = Map::new();
    for question in ask.questions.values().filter(|question| !can(question, client)) {
        let (name, value) = requirement(&question.kind);
        lacking.insert(name.to_owned(), value);
    }
    if ask.from_service && ask.questions.values().any(|question| can(question, client)) {
        ask.questions.retain(|_, question| can(question, client));
        return None;
    }
    (!lacking.is_empty()).then_some(lacking)
}

fn requirement(kind: &QuestionKind) -> (&'static str, Value) {
    match kind {
        QuestionKind::Form(_) => ("elicitation", json!({"form": {}})),
        QuestionKind::Link(_) => ("elicitation", json!({"url": {}})),
        QuestionKind::Sampling(_) => ("sampling", json!({})),
        QuestionKind::Roots => ("roots", json!({})),
    }
}

/// Can the client show a form, and so the question before a write? An empty object means forms, as
/// it did before there were modes.
pub(super) fn shows_forms(client: &ClientCapabilities) -> bool {
    let elicitation = client.elicitation.as_ref();
    elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

fn can(question: &Question, client: &ClientCapabilities) -> bool {
    let elicitation = client.elicitation.as_ref();
    match &question.kind {
        QuestionKind::Form(_) => shows_forms(client),
        QuestionKind::Link(_) => elicitation.is_some_and(|modes| modes.url.is_some()),
        QuestionKind::Sampling(_) => client.sampling.is_some(),
        QuestionKind::Roots => client.roots.is_some(),
    }
}

/// -32021 for a client that can't be asked.
pub(super) fn cannot_ask(lacking: &Map<String, Value>, decision: &str) -> ErrorData {
    ErrorData::new(
        ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY,
        "This needs an answer from a person, and the client doesn't say that it can ask for one",
        Some(render::with_id(Some(json!({ "requiredCapabilities": lacking })), decision)),
    )
}

/// The questions as MCP requests, by key.
pub(super) fn input_requests(ask: &Ask) -> Result<InputRequests, Refusal> {
    let requests = ask.questions.iter().map(|(key, question)| {
        let request = serde_json::from_value::<InputRequest>(request(question));
        request.map(|request| (key.clone(), request)).map_err(|error| {
            tracing::error!(key, %error, "a question isn't what MCP can ask");
            Refusal::Internal
        })
    });
    requests.collect()
}

fn request(question: &Question) -> Value {
    let message = &question.message;
    match &question.kind {
        QuestionKind::Form(schema) => json!({
            "method": "elicitation/create",
            "params": {"mode": "form", "message": message, "requestedSchema": schema},
        }),
        QuestionKind::Link(url) => json!({
            "method": "elicitation/create",
            "params": {"mode": "url", "message": message, "url": url, "elicitationId": ""},
        }),
        QuestionKind::Sampling(params) => {
            json!({"method": "sampling/createMessage", "params": params})
        }
        QuestionKind::Roots => json!({"method": "roots/list"}),
    }
}

/// The `inputResponses` of a retry. Which kind of question each answers isn't known before the
/// state is opened, so that each is taken for what it looks like, and for nothing else.
pub(super) fn responses(raw: BTreeMap<String, Value>) -> BTreeMap<String, Response> {
    raw.into_iter().map(|(key, raw)| (key, response(raw))).collect()
}

fn response(raw: Value) -> Response {
    let Value::Object(mut raw) = raw else { return Response::Accepted(Value::Null) };
    match raw.get("action").map(|action| action.as_str()) {
        Some(Some("accept")) => Response::Accepted(raw.remove("content").unwrap_or(Value::Null)),
        Some(Some("decline")) => Response::Declined,
        Some(Some("cancel")) => Response::Cancelled,
        Some(_) => Response::Accepted(Value::Null),
        // Not an elicitation's. Only the fields of a result of sampling or roots are kept, so that
        // a form's content without an `accept` is no answer to a form.
        None => {
            raw.retain(|key, _| {
                matches!(key.as_str(), "role" | "content" | "model" | "stopReason" | "roots")
            });
            Response::Accepted(Value::Object(raw))
        }
    }
}

/// Asks over a session's stream, one question after the other, each for at most `wait`.
pub(super) async fn ask_live(
    peer: &Peer<RoleServer>,
    ask: &Ask,
    wait: Duration,
) -> Result<BTreeMap<String, Response>, Refusal> {
    let mut responses = BTreeMap::new();
    for (key, request) in input_requests(ask)? {
        responses.insert(key, ask_one(peer, request, wait).await?);
    }
    Ok(responses)
}

async fn ask_one(
    peer: &Peer<RoleServer>,
    request: InputRequest,
    wait: Duration,
) -> Result<Response, Refusal> {
    let request = match request {
        InputRequest::Elicitation(request) => ServerRequest::ElicitRequest(request),
        InputRequest::CreateMessage(request) => ServerRequest::CreateMessageRequest(request),
        InputRequest::ListRoots(request) => ServerRequest::ListRootsRequest(request),
        _ => return Err(Refusal::Internal),
    };
    let sent = peer.send_request_with_option(request, PeerRequestOptions::with_timeout(wait)).await;
    let answer = match sent {
        Ok(pending) => pending.await_response().await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(ClientResult::ElicitResult(result)) => as_response(&result),
        Ok(ClientResult::CreateMessageResult(result)) => as_response(&result),
        Ok(ClientResult::ListRootsResult(result)) => as_response(&result),
        // An answer of no form that we know.
        Ok(_) => Err(Refusal::InvalidAnswer),
        Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => {
            Err(Refusal::CannotAsk)
        }
        // Not answered in time, or answered with an error: the run that follows says that nothing
        // was decided, and records it.
        Err(_) => Ok(Response::Cancelled),
    }
}

fn as_response<T: serde::Serialize>(result: &T) -> Result<Response, Refusal> {
    serde_json::to_value(result).map(response).map_err(|_| Refusal::InvalidAnswer)
}
