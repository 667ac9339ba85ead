//! A question to the person, as a value, and the answer that comes back.
//!
//! The pipeline returns an [`Ask`] and never waits. `confirm` seals its own questions, a backend
//! the questions of a service; `mcp` renders them by the client's era.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::private::Private;

/// What has to be answered before a call can go on.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Names this question in the audit records of both runs.
    pub confirmation: String,
    /// The questions by key; the answer uses the same keys.
    pub questions: Private<BTreeMap<String, Question>>,
    /// The sealed request state (MCP `requestState`), to be returned unchanged.
    pub state: Private<String>,
    /// True for a question that a service asks, false for the confirmation of a write.
    pub from_service: bool,
}

/// One question of an [`Ask`]. Never formatted: it quotes what is to be changed.
#[derive(Clone)]
pub struct Question {
    /// What the person reads. Rendered by us or by the service, never by a model.
    pub message: String,
    /// What kind of answer it wants.
    pub kind: QuestionKind,
}

/// The kinds of question that MCP knows (elicitation, sampling, roots).
#[derive(Clone)]
pub enum QuestionKind {
    /// Form elicitation: a flat JSON Schema of the wanted object.
    Form(Value),
    /// URL elicitation: where the person answers.
    Link(String),
    /// A completion from the client's model (`sampling/createMessage`): its whole parameters.
    Sampling(Value),
    /// The client's roots (`roots/list`).
    Roots,
}

/// The client's answer to an [`Ask`]: the state as it came back, and the responses by key. Never
/// formatted.
#[derive(Clone)]
pub struct Answer {
    /// The request state, not yet opened.
    pub state: Private<String>,
    /// What was answered, not yet checked.
    pub responses: BTreeMap<String, Response>,
}

/// One unchecked response.
#[derive(Clone)]
pub enum Response {
    /// The person answered (elicitation `accept`, or the result of sampling or roots).
    Accepted(Value),
    /// The person said no.
    Declined,
    /// The person closed the question.
    Cancelled,
}
