//! Prompts that ask before they are given (feature `conformance` only): the suite's way to show that
//! `prompts/get` can answer with questions too. No prompt of the product asks anything.

use std::collections::BTreeMap;

use rmcp::ErrorData;
use rmcp::model::{GetPromptRequestParams, GetPromptResponse, InputRequiredResult};
use serde::{Deserialize, Serialize};

use super::{prompts, questions, render};
use crate::backend::scripted::{Progress, ask_for_prompt};
use crate::call::{Ask, Refusal};
use crate::catalog::Prompt;
use crate::identity::Identity;
use crate::pipeline::Pipeline;
use crate::seal::Purpose;

/// What is sealed: for whom, for which prompt, and how far it has come.
#[derive(Serialize, Deserialize)]
struct State {
    prompt: String,
    person: (String, String),
    expires: u64,
    progress: Progress,
}

/// `prompts/get` of a prompt with a script.
pub(super) fn get(
    pipeline: &Pipeline,
    identity: &Identity,
    prompt: &Prompt,
    script: &serde_json::Value,
    mut request: GetPromptRequestParams,
) -> Result<GetPromptResponse, ErrorData> {
    let confirmations = &pipeline.confirmations;
    let person = (identity.tenant().to_owned(), identity.subject().to_owned());
    let now = confirmations.clock.unix_seconds();
    let answered = match request.request_state.take() {
        Some(sealed) => {
            let state: Option<State> = confirmations.keys.open(Purpose::RequestState, &sealed).ok();
            let state = state.filter(|state| {
                state.prompt == prompt.name && state.person == person && now < state.expires
            });
            let state = state.ok_or_else(|| render::list_refusal(&Refusal::InvalidState))?;
            let responses = request.input_responses.take().unwrap_or_default();
            Some((state.progress, questions::responses(responses)))
        }
        None => None,
    };
    let refused = |refusal: Refusal| render::list_refusal(&refusal);
    let (progress, asked) = ask_for_prompt(script, answered).map_err(refused)?;
    let Some(asked) = asked else {
        let given = progress.values(&serde_json::Map::new());
        let given: BTreeMap<_, _> = given.into_iter().collect();
        let mut arguments = request.arguments.unwrap_or_default();
        arguments.extend(given.into_iter().map(|(name, value)| (name, value.into())));
        request.arguments = Some(arguments);
        return Ok(prompts::get(prompt, request)?.into());
    };
    let expires = now + confirmations.life.as_secs();
    let state = State { prompt: prompt.name.clone(), person, expires, progress };
    let sealed = confirmations.keys.seal(Purpose::RequestState, &state);
    let state = sealed.map_err(|_| refused(Refusal::Internal))?;
    let ask = Ask {
        confirmation: String::new(),
        questions: asked.into(),
        state: state.into(),
        from_service: true,
    };
    let requests = questions::input_requests(&ask).map_err(refused)?;
    Ok(InputRequiredResult::new(Some(requests), Some(ask.state.into_inner())).into())
}
