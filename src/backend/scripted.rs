//! The backend of the MCP conformance suite's tools (feature `conformance` only): what a tool says,
//! asks and answers is in its definition file. It sends nothing anywhere.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Body;
use crate::call::{Ask, Changed, Note, Notes, Question, QuestionKind, Refusal, Response, Stop};
use crate::catalog::Text;
use crate::confirm::{Confirmations, Consent, ServiceState, seal_service};

/// `request: {script: …}` of a tool, and `script` of a prompt.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    /// Questions, round by round, by key.
    #[serde(default)]
    rounds: Vec<BTreeMap<String, Input>>,
    /// What happens once all is answered, before the end.
    #[serde(default)]
    steps: Vec<Step>,
    /// MCP content blocks. Holes in their texts are arguments and answers, by name.
    #[serde(default)]
    content: Vec<Value>,
    /// MCP `isError`
    #[serde(default)]
    is_error: bool,
}

/// One question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The message of a form.
    elicit: Option<String>,
    /// The schema of a form.
    schema: Option<Value>,
    /// The parameters of `sampling/createMessage`.
    sample: Option<Value>,
    /// `roots/list`
    #[serde(default)]
    roots: bool,
    /// The script goes on without an answer to it.
    #[serde(default)]
    optional: bool,
}

/// One step.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// A log message.
    Log { level: String, data: Value },
    /// Progress.
    Progress { done: f64, total: Option<f64> },
    /// Milliseconds.
    Sleep(u64),
    /// `tools`, `prompts` or `resources` changed.
    Changed(String),
}

/// What a script wants back with the answers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// How many rounds were answered.
    round: usize,
    /// What was answered, as text, by key.
    answers: BTreeMap<String, String>,
}

/// Runs a tool's script: asks what is still to be asked, or comes to its end.
pub(super) async fn run(
    script: &Value,
    consent: &Consent,
    confirmations: &Confirmations,
    notes: &Notes,
) -> Result<Body, Stop> {
    let script = read(script)?;
    let located = consent.located();
    let arguments = located.checked().arguments();
    let progress = match consent.service_answer() {
        Some(answer) => {
            let before = serde_json::from_value(answer.state.clone());
            script.take(before.map_err(|_| Refusal::InvalidState)?, &answer.responses)
        }
        None => Progress::default(),
    };
    let values = progress.values(arguments);
    if let Some(questions) = script.questions(&progress, &values) {
        let expires = confirmations.clock.unix_seconds() + confirmations.life.as_secs();
        let state = serde_json::to_value(&progress).map_err(|_| Refusal::Internal)?;
        let (confirmation, state) =
            seal_service(located, ServiceState(state), expires, &confirmations.keys)?;
        let (questions, state) = (questions.into(), state.into());
        let ask = Ask { confirmation, questions, state, from_service: true };
        return Err(Stop::Ask(Box::new(ask)));
    }
    for step in script.steps {
        step.take(notes).await;
    }
    let blocks = script.content.iter().map(|block| fill(block, &values)).collect();
    Ok(Body::Content { blocks, is_error: script.is_error })
}

/// The questions of a prompt's script, and how far it has come; no questions: its answers.
pub(crate) fn ask_for_prompt(
    script: &Value,
    answered: Option<(Progress, BTreeMap<String, Response>)>,
) -> Result<(Progress, Option<BTreeMap<String, Question>>), Refusal> {
    let script = read(script)?;
    let progress = match answered {
        Some((before, responses)) => script.take(before, &responses),
        None => Progress::default(),
    };
    let questions = script.questions(&progress, &progress.values(&Map::new()));
    Ok((progress, questions))
}

fn read(script: &Value) -> Result<Script, Refusal> {
    serde_json::from_value(script.clone()).map_err(|error| {
        tracing::error!(%error, "a script can't be read");
        Refusal::Internal
    })
}

impl Script {
    /// Takes the answers to a round; it is asked again where one is missing or of another form.
    fn take(&self, before: Progress, responses: &BTreeMap<String, Response>) -> Progress {
        let Some(round) = self.rounds.get(before.round) else { return before };
        let mut answers = before.answers.clone();
        for (key, input) in round {
            match responses.get(key) {
                Some(Response::Accepted(value)) if input.fits(value) => {
                    answers.insert(key.clone(), said(value));
                }
                Some(Response::Declined) => {
                    answers.insert(key.clone(), "declined".to_owned());
                }
                Some(Response::Cancelled) => {
                    answers.insert(key.clone(), "cancelled".to_owned());
                }
                _ if input.optional => {}
                _ => return before,
            }
        }
        Progress { round: before.round + 1, answers }
    }

    /// The questions of the next round, where there is one.
    fn questions(
        &self,
        progress: &Progress,
        values: &BTreeMap<String, String>,
    ) -> Option<BTreeMap<String, Question>> {
        let round = self.rounds.get(progress.round)?;
        let asked = round.iter().map(|(key, input)| (key.clone(), input.question(values)));
        Some(asked.collect())
    }
}

impl Input {
    fn question(&self, values: &BTreeMap<String, String>) -> Question {
        let kind = match (&self.schema, &self.sample) {
            (Some(schema), _) => QuestionKind::Form(schema.clone()),
            (None, Some(params)) => QuestionKind::Sampling(fill(params, values)),
            (None, None) if self.roots => QuestionKind::Roots,
            (None, None) => QuestionKind::Form(json!({"type": "object", "properties": {}})),
        };
        let message = fill(&json!(self.elicit.clone().unwrap_or_default()), values);
        Question { message: said(&message), kind }
    }

    fn fits(&self, value: &Value) -> bool {
        match &self.schema {
            Some(schema) => jsonschema::is_valid(schema, value),
            None => value.as_object().is_some_and(|answer| !answer.is_empty()),
        }
    }
}

impl Step {
    async fn take(self, notes: &Notes) {
        match self {
            Self::Log { level, data } => notes.write(Note::Log { level, data }),
            Self::Progress { done, total } => {
                notes.write(Note::Progress { done, total, message: None });
            }
            Self::Sleep(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Self::Changed(list) => notes.write(Note::Changed(match list.as_str() {
                "tools" => Changed::Tools,
                "prompts" => Changed::Prompts,
                _ => Changed::Resources,
            })),
        }
    }
}

impl Progress {
    /// What fills holes: arguments and answers, by name.
    pub(crate) fn values(&self, arguments: &Map<String, Value>) -> BTreeMap<String, String> {
        let arguments = arguments.iter().map(|(name, value)| (name.clone(), said(value)));
        arguments.chain(self.answers.clone()).collect()
    }
}

fn said(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Fills the holes in every text of a JSON value; a text whose braces mean something else stays.
fn fill(value: &Value, values: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => match Text::parse(text) {
            Ok(parsed) => Value::String(parsed.fill(values)),
            Err(_) => value.clone(),
        },
        Value::Array(items) => items.iter().map(|item| fill(item, values)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), fill(value, values))).collect()
        }
        other => other.clone(),
    }
}
