//! The one loop around the pipeline: run a call; where it asks, get an answer in the way that the
//! client's protocol has for it; run the whole call again with the answer. The pipeline never
//! waits for a person, and an answer is never more than an argument of a further run.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use rmcp::ErrorData;
use rmcp::model::{CallToolRequestParams, CallToolResponse, ClientCapabilities};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::caller::{self, Caller, Era};
use super::changes::Changes;
use super::notes::Reader;
use super::{questions, render};
use crate::call::{Answer, Ask, Call, Notes, Refusal, Stop};
use crate::confirm::Asker;
use crate::identity::Identity;
use crate::pipeline::{Pipeline, Ran};

/// How often one request may ask over a session's stream.
const ROUNDS: usize = 10;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One run of the pipeline.
    pub call: Duration,
    /// A person, for an answer over a session's stream: as long as the seal of the question holds.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { call: Duration::from_secs(30), answer: Duration::from_mins(10) }
    }
}

/// What one request brings to each of its runs.
pub(super) struct One<'a> {
    pub(super) pipeline: &'a Arc<Pipeline>,
    pub(super) changes: &'a Changes,
    pub(super) patience: Patience,
    /// Where a person answers whose client can't show a question.
    pub(super) links: Option<&'a str>,
    pub(super) cx: &'a RequestContext<RoleServer>,
    pub(super) caller: &'a Caller,
}

impl One<'_> {
    /// `tools/call`, to its end.
    pub(super) async fn call(
        &self,
        request: CallToolRequestParams,
    ) -> Result<CallToolResponse, ErrorData> {
        let era = Era::of(self.cx, self.caller);
        let CallToolRequestParams { name, arguments, input_responses, request_state, .. } = request;
        let arguments = arguments.unwrap_or_default();
        let capabilities = era.capabilities(self.cx);
        let by_link = self.is_by_link(&name, &capabilities);
        let mut identity = Arc::clone(&self.caller.identity);
        // Responses without our state answer nothing that we asked: a client, or the model that
        // drives it, could bring its own yes along with the first call.
        let mut answer = request_state.filter(|_| era.is_modern()).map(|state| Answer {
            state: state.into(),
            responses: questions::responses(input_responses.unwrap_or_default()),
        });
        for _ in 0..ROUNDS {
            let call = (name.to_string(), arguments.clone());
            let Ran { decision, end } =
                self.run(Arc::clone(&identity), call, answer.take(), by_link).await;
            let mut ask = match end {
                Ok(outcome) => return Ok(render::outcome(&outcome, &decision)?.into()),
                Err(Stop::Refused(refusal)) => return render::refusal(&refusal, &decision),
                Err(Stop::Ask(ask)) => *ask,
            };
            if by_link && !ask.from_service {
                let linked =
                    self.link(&ask, &identity, &name).await.unwrap_or_else(|refusal| refusal);
                return render::refusal(&linked, &decision);
            }
            match (&era, questions::leave_out(&mut ask, &capabilities)) {
                (Era::InputRequired, Some(lacking)) => {
                    return Err(questions::cannot_ask(&lacking, &decision));
                }
                (Era::InputRequired, None) => {
                    return render::input_required(ask, &decision)
                        .or_else(|refusal| render::refusal(&refusal, &decision));
                }
                (Era::Live(session), None) => {
                    answer = match self.ask_live(ask).await {
                        Ok(given) => Some(given),
                        Err(refusal) => return render::refusal(&refusal, &decision),
                    };
                    // Who the person is by now: the answer came with a token of its own.
                    identity = session.newest();
                }
                (Era::Live(_) | Era::Mute, _) => {
                    return render::refusal(&Refusal::CannotAsk, &decision);
                }
            }
        }
        tracing::warn!(tool = %name, "a call asked more questions than one call may");
        Err(ErrorData::internal_error("the call asks too many questions", None))
    }

    /// Does this call write, and its client show no questions, so that they are answered by link?
    fn is_by_link(&self, name: &str, capabilities: &ClientCapabilities) -> bool {
        self.links.is_some()
            && !questions::shows_forms(capabilities)
            && self.pipeline.catalog().tool(name).is_some_and(|tool| tool.writes())
    }

    /// Where the person answers, in words for the client.
    async fn link(&self, ask: &Ask, identity: &Identity, name: &str) -> Result<Refusal, Refusal> {
        let tool = self.pipeline.catalog().tool(name);
        let client = caller::client(self.cx).name;
        let asker =
            Asker { identity, tool: tool.map_or(name, |tool| &tool.title), client: &client };
        let link = self.pipeline.confirmations.link(ask, asker).await?;
        let origin = self.links.unwrap_or_default();
        let messages = ask.questions.values().map(|question| question.message.as_str());
        Ok(Refusal::ByLink {
            url: format!("{origin}/confirm/{}", link.id),
            expires: link.expires,
            question: messages.collect::<Vec<_>>().join("\n"),
        })
    }

    /// One run, with notes, a deadline and a cancellation of its own.
    async fn run(
        &self,
        identity: Arc<Identity>,
        (tool, arguments): (String, Map<String, Value>),
        answer: Option<Answer>,
        by_link: bool,
    ) -> Ran {
        let (notes, waiting) = Notes::channel();
        let call = Call {
            tool,
            arguments,
            answer,
            by_link,
            part_of: None,
            client: caller::client(self.cx),
            notes,
            // Cancelled when the client takes the request back, and where its connection is all
            // that it has, when that breaks.
            cancel: self.cx.ct.child_token(),
            budget: self.patience.call,
        };
        let (over, is_over) = oneshot::channel();
        let reader = Reader::of(self.cx, self.caller, self.changes);
        let run = async {
            // rmcp would leave the client waiting for an answer that never comes.
            let ran = AssertUnwindSafe(self.pipeline.run(identity, call)).catch_unwind().await;
            drop(over);
            ran.unwrap_or_else(|_| Ran {
                decision: String::new(),
                end: Err(Refusal::Internal.into()),
            })
        };
        tokio::join!(run, reader.read(waiting, is_over)).0
    }

    /// Asks the person through the session's client. The request goes out on the stream of the
    /// call that asks, which only this task can bring about.
    async fn ask_live(&self, ask: Ask) -> Result<Answer, Refusal> {
        let asking = questions::ask_live(&self.cx.peer, &ask, self.patience.answer);
        let responses = tokio::select! {
            responses = asking => responses?,
            () = self.cx.ct.cancelled() => return Err(Refusal::Cancelled),
        };
        Ok(Answer { state: ask.state, responses })
    }
}
