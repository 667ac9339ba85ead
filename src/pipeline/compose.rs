//! Composed tools: each part is a full run of the pipeline as the same person, with a decision and
//! a record of its own. What is put together here was scoped and guarded part by part.

use std::borrow::Cow;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use serde_json::{Map, Value};

use crate::backend;
use crate::call::{Refusal, Stop};
use crate::catalog::{Composition, Part};
use crate::confirm::Consent;
use crate::response::{self, Outcome, PartEnd};
use crate::target::Fill;

use super::Pipeline;
use super::circumstances::Circumstances;

impl Pipeline {
    /// Runs the parts, all at once, and puts their outcomes together.
    pub(super) async fn compose(
        self: &Arc<Self>,
        consent: &Consent,
        composition: &Composition,
        circumstances: &Circumstances,
    ) -> Result<Outcome, Stop> {
        let chosen = chosen(consent, composition)?;
        let runs = chosen.parts.iter().map(|part| self.part(consent, part, &chosen, circumstances));
        let mut ends = Vec::new();
        let mut lost = None;
        for (part, end) in chosen.parts.iter().zip(join_all(runs).await) {
            match end {
                Ok(outcome) => ends.push((*part, PartEnd::Outcome(outcome))),
                Err(Stop::Refused(Refusal::UnknownTool(_))) if part.if_permitted => {}
                Err(Stop::Refused(refusal)) if part.if_available && is_trouble(&refusal) => {
                    lost = Some(refusal);
                    ends.push((*part, PartEnd::Unavailable));
                }
                // There is the record to show, without its text.
                Err(Stop::Refused(Refusal::Unreadable { .. })) if part.text.is_some() => {}
                // What the part calls by its own argument's name, the caller calls by the whole's.
                Err(Stop::Refused(Refusal::NotFound { .. } | Refusal::InvalidArguments(_)))
                    if composition.by_prefix.is_some() =>
                {
                    return Err(not_found(composition).into());
                }
                Err(stop) => return Err(stop),
            }
        }
        // A text without the record that it is of is no answer.
        let shows = |part: &Part| composition.by_prefix.is_none() || part.text.is_none();
        let answered =
            ends.iter().any(|(part, end)| shows(part) && matches!(end, PartEnd::Outcome(_)));
        match lost {
            // With nothing at all to show, the trouble is the answer.
            Some(refusal) if !answered => Err(refusal.into()),
            // The one part is a tool that the person may not use.
            _ if !answered && composition.by_prefix.is_some() => Err(not_found(composition).into()),
            _ => Ok(response::join(consent, ends, &self.bounds)?),
        }
    }

    /// One part. Boxed, since the pipeline runs inside of itself here.
    fn part<'a>(
        self: &'a Arc<Self>,
        consent: &'a Consent,
        part: &'a Part,
        chosen: &'a Chosen<'_>,
        circumstances: &'a Circumstances,
    ) -> BoxFuture<'a, Result<Outcome, Stop>> {
        async move {
            let located = consent.located();
            let identity = Arc::clone(located.checked().permit().identity());
            let fill = Fill { arguments: &chosen.arguments, ..located.fill() };
            let arguments = backend::arguments(&part.with, &fill, &self.clock)?;
            let call = circumstances.part(part.tool.id.name.clone(), arguments);
            self.run(identity, call).await.end
        }
        .boxed()
    }
}

/// The parts that are run, and the arguments that theirs are made from.
struct Chosen<'a> {
    parts: Vec<&'a Part>,
    arguments: Cow<'a, Map<String, Value>>,
}

fn chosen<'a>(consent: &'a Consent, composition: &'a Composition) -> Result<Chosen<'a>, Refusal> {
    let arguments = consent.located().checked().arguments();
    let Some(argument) = &composition.by_prefix else {
        let parts = composition.parts.iter().collect();
        return Ok(Chosen { parts, arguments: Cow::Borrowed(arguments) });
    };
    let id = arguments.get(argument).and_then(Value::as_str).ok_or(Refusal::Internal)?;
    let (prefix, id) = id.split_once(':').unwrap_or_default();
    let parts: Vec<&Part> = composition.parts.iter().filter(|part| part.name == prefix).collect();
    if parts.is_empty() || id.is_empty() {
        return Err(not_found(composition));
    }
    let mut arguments = arguments.clone();
    arguments.insert(argument.clone(), id.into());
    Ok(Chosen { parts, arguments: Cow::Owned(arguments) })
}

fn not_found(composition: &Composition) -> Refusal {
    Refusal::NotFound { argument: composition.by_prefix.clone().unwrap_or_default() }
}

/// The service's fault, not the call's.
fn is_trouble(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Service(_) | Refusal::TimedOut | Refusal::Limited { .. })
}
