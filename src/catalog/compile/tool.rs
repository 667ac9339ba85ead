//! Tools: the parts of a definition, held against each other.

use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::catalog::document::{Document, Problems, Spot};
use crate::catalog::http_request::{ByEffect, HttpRequest};
use crate::catalog::raw::{RawRequest, RawTool};
use crate::catalog::template::{Hole, Leaf, Template};
use crate::catalog::tool::{Answer, Effect, Input, Plan, ReadPlan, Tool, ToolId};

use super::http::{Parts, request};
use super::template::Names;
use super::{Known, Service, answer, input, question, requirement, scope, typed};

/// A name longer than this leaves no room for a gateway's prefix; the conformance suite has its own.
const MAX_NAME: usize = if cfg!(feature = "conformance") { 64 } else { 40 };

/// Reads a tool's file.
pub(in crate::catalog) fn tool(
    document: &Document,
    service: &Service,
    known: &Known,
    problems: &mut Problems,
) -> Option<Tool> {
    let raw: RawTool = typed(document, problems)?;
    let before = problems.count();
    words(&raw, document, problems);
    let permission = requirement(&raw.permission, &document.at("/permission"), problems);
    let answer = answer::answer(&raw.answer, service, &document.at("/answer"), problems);
    let row = match &answer {
        Some(Answer::List { row, .. } | Answer::Record { row, .. }) => Some(row),
        _ => None,
    };
    let input = input::input(&raw.input, row, known, service, &document.at("/input"), problems);
    // What comes next is held against the arguments: without them it would only repeat itself.
    let (input, names) = input?;
    let context = scope::Context { names: &names, known, service };
    let scope = scope::scope(&raw.scope, &context, &document.at("/scope"), problems);
    let plan = plan(&raw, &input, &names, document, problems);
    let (permission, answer, scope, plan) = (permission?, answer?, scope?, plan?);
    agree(&plan, &answer, scope.push, document, problems);
    let partial = scope.keeps_above() || raw.input.shared.iter().any(|name| name == "fields");
    let output_schema = answer::output_schema(&answer, input.paged, partial).map(Arc::new);
    let output = match &output_schema {
        Some(schema) => jsonschema::validator_for(&Value::Object((**schema).clone()))
            .map_err(|error| document.at("/answer").problem(problems, error))
            .ok(),
        None => None,
    };
    (problems.count() == before).then_some(Tool {
        id: ToolId { service: service.slug.clone(), name: raw.name },
        title: raw.title,
        description: raw.description,
        effect: raw.effect,
        permission,
        backend: service.backend.clone(),
        input,
        plan,
        answer,
        scope,
        output_schema,
        output,
        meta: raw.meta,
    })
}

fn words(raw: &RawTool, document: &Document, problems: &mut Problems) {
    let stem = document.path().file_stem().and_then(|stem| stem.to_str());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = raw.name.starts_with(|c: char| c.is_ascii_lowercase());
    let spot = document.at("/name");
    if !begins || !raw.name.chars().all(plain) || raw.name.len() > MAX_NAME {
        spot.problem(problems, "a-z, 0-9 and _, starting with a letter, at most 40 long");
    } else if stem != Some(raw.name.as_str()) {
        spot.problem(problems, "the name is the file's name without .yaml");
    }
    for (key, text) in [("title", &raw.title), ("description", &raw.description)] {
        if text.trim().is_empty() || text.contains("TODO") {
            document.at("").child(key).problem(problems, "write what people and assistants read");
        }
    }
}

fn plan(
    raw: &RawTool,
    input: &Input,
    names: &Names,
    document: &Document,
    problems: &mut Problems,
) -> Option<Plan> {
    let spot = document.at("/request");
    let plan = match kind(&raw.request, &spot, problems)? {
        Kind::Found(argument) => {
            if !names.resolved.contains(argument) {
                let spot = spot.child("found");
                spot.problem(problems, format!("'{argument}' isn't an argument with resolve"));
            }
            Plan::Read(ReadPlan::Found(argument.to_owned()))
        }
        Kind::Caller => Plan::Read(ReadPlan::Caller),
        #[cfg(feature = "conformance")]
        Kind::Script(script) => Plan::Read(ReadPlan::Script(script.clone())),
        Kind::Http => match request(&parts(&raw.request), names, &spot, problems)? {
            ByEffect::Safe(request) => {
                check_path(request.http(), input, &spot, problems);
                Plan::Read(ReadPlan::Request(request))
            }
            ByEffect::Write(write) => {
                check_path(write.http(), input, &spot, problems);
                let below = document.at("/question");
                let Some(asked) = &raw.question else {
                    document.root().problem(problems, "a write needs a question");
                    return None;
                };
                let question = question::question(asked, write.http(), names, &below, problems)?;
                Plan::Write { write, question }
            }
        },
    };
    let spot = document.at("/effect");
    match (&plan, raw.effect) {
        (Plan::Read(_), Effect::Read)
        | (Plan::Write { .. }, Effect::Create | Effect::Update | Effect::Delete) => {}
        (Plan::Read(_), _) => spot.problem(problems, "the request only reads: write effect: read"),
        (Plan::Write { .. }, Effect::Read) => spot.problem(
            problems,
            "the request changes something: write create, update or delete (a post that only \
             reads says safe: true)",
        ),
    }
    if matches!(plan, Plan::Read(_)) && raw.question.is_some() {
        document.at("/question").problem(problems, "a read asks no question");
    }
    Some(plan)
}

/// The ways to write a request.
enum Kind<'a> {
    Http,
    Found(&'a str),
    Caller,
    #[cfg(feature = "conformance")]
    Script(&'a Value),
}

fn kind<'a>(raw: &'a RawRequest, spot: &Spot<'_>, problems: &mut Problems) -> Option<Kind<'a>> {
    match (&raw.found, raw.caller.as_deref(), &raw.script) {
        (None, None, None) => Some(Kind::Http),
        (Some(argument), None, None) => Some(Kind::Found(argument)),
        (None, Some("permissions"), None) => Some(Kind::Caller),
        (None, Some(_), None) => {
            spot.child("caller").problem(problems, "write caller: permissions");
            None
        }
        #[cfg(feature = "conformance")]
        (None, None, Some(script)) => Some(Kind::Script(script)),
        #[cfg(not(feature = "conformance"))]
        (None, None, Some(_)) => {
            spot.child("script").problem(problems, "scripts are for the conformance suite only");
            None
        }
        _ => {
            spot.problem(problems, "write one of: a method with its path, found, caller");
            None
        }
    }
}

fn parts(raw: &RawRequest) -> Parts<'_> {
    Parts {
        methods: vec![
            (Method::GET, raw.get.as_ref()),
            (Method::POST, raw.post.as_ref()),
            (Method::PUT, raw.put.as_ref()),
            (Method::PATCH, raw.patch.as_ref()),
            (Method::DELETE, raw.delete.as_ref()),
        ],
        safe: raw.safe,
        query: &raw.query,
        headers: Some(&raw.headers),
        body: raw.body.as_ref(),
    }
}

/// A path has no optional segments: what fills one must be there.
fn check_path(request: &HttpRequest, input: &Input, spot: &Spot<'_>, problems: &mut Problems) {
    let list = input.schema.get("required").and_then(Value::as_array);
    let required = |name: &str| list.is_some_and(|list| list.iter().any(|item| item == name));
    let properties = input.schema.get("properties");
    let defaulted = |name: &str| {
        properties.and_then(|all| all.get(name)).is_some_and(|one| one.get("default").is_some())
    };
    for hole in request.path.iter().flat_map(Template::holes) {
        let filled = match &hole.leaf {
            Leaf::Argument(name) => required(name) || defaulted(name),
            Leaf::Found { argument, .. } => required(argument),
            Leaf::Caller => true,
            _ => false,
        };
        if !filled || hole.only_if.is_some() {
            spot.problem(problems, "a hole in the path needs a required argument");
        }
    }
}

/// What the request pushes, what the scope says of it, and what the answer needs must agree.
fn agree(plan: &Plan, answer: &Answer, push: bool, document: &Document, problems: &mut Problems) {
    let spot = document.at("/scope");
    let request = match plan {
        Plan::Read(ReadPlan::Request(request)) => Some(request.http()),
        Plan::Write { write, .. } => Some(write.http()),
        Plan::Read(_) => None,
    };
    let pushes = |hole: &Hole| matches!(hole.leaf, Leaf::Sites { .. }) && hole.only_if.is_none();
    let occurs = request.is_some_and(|request| request.holes().any(pushes));
    if push && !occurs {
        spot.problem(problems, "what is pushed must occur in the request: {scope: sites}");
    }
    if occurs && !push {
        spot.problem(problems, "the request holds {scope: sites}: say push: sites");
    }
    if matches!(answer, Answer::Counts { .. }) && !push {
        spot.problem(problems, "counts can't be filtered afterwards: they need push: sites");
    }
}
