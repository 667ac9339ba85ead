//! What a tool sends, and whether that is the effect which its file says.

use http::Method;
use serde_json::Value;

use crate::catalog::document::{Document, Spot};
use crate::catalog::http_request::{ByEffect, HttpRequest};
use crate::catalog::problem::Problems;
use crate::catalog::raw::{RawPart, RawRequest, RawTool};
use crate::catalog::template::{Hole, Leaf, Template};
use crate::catalog::tool::{Answer, Effect, Plan, ReadPlan};

use super::Known;
use super::adt;
use super::compose;
use super::graphql;
use super::http::{Parts, request};
use super::names::Names;
use super::question;

/// Reads a tool's request, and the question before it where it writes.
pub(super) fn plan(
    raw: &RawTool,
    names: &Names,
    known: &Known,
    document: &Document,
    problems: &mut Problems,
) -> Option<Plan> {
    let spot = document.at("/request");
    let plan = match kind(&raw.request, &spot, problems)? {
        Kind::Found(argument) => {
            let spot = spot.child("found");
            if names.record(argument).is_none() {
                spot.problem(problems, format!("'{argument}' isn't an argument with resolve"));
            } else if names.is_many(argument) {
                let text = format!("'{argument}' names several records, and an answer is one");
                spot.problem(problems, text);
            } else if !names.always(argument) {
                let text = format!("'{argument}' must be required: its record is the answer");
                spot.problem(problems, text);
            }
            Plan::Read(ReadPlan::Found(argument.to_owned()))
        }
        Kind::Caller => Plan::Read(ReadPlan::Caller),
        Kind::Compose(parts) => {
            let written = compose::Written { parts, by_prefix: raw.request.by_prefix.as_deref() };
            Plan::Compose(compose::composition(&written, names, known, &spot, problems)?)
        }
        #[cfg(feature = "conformance")]
        Kind::Script(script) => Plan::Read(ReadPlan::Script(script.clone())),
        Kind::Graphql(query) => {
            let variables = &raw.request.variables;
            match graphql::request(query, variables, names, &spot, problems)? {
                ByEffect::Safe(request) => Plan::Read(ReadPlan::Request(request)),
                ByEffect::Write(_) => return None,
            }
        }
        Kind::Adt(asked) => {
            let request = adt::request(asked, names, &spot.child("adt"), problems)?;
            Plan::Read(ReadPlan::Request(request))
        }
        Kind::Http => match request(&parts(&raw.request), names, &spot, problems)? {
            ByEffect::Safe(request) => {
                check_path(request.http(), names, &spot, problems);
                Plan::Read(ReadPlan::Request(request))
            }
            ByEffect::Write(write) => {
                check_path(write.http(), names, &spot, problems);
                check_effect(raw.effect, write.http(), document, problems);
                let Some(asked) = &raw.question else {
                    document.root().problem(
                        problems,
                        "a write needs a question: what the person is asked before it is sent (a \
                         post that only reads says safe: true)",
                    );
                    return None;
                };
                let asked = question::Asked { raw: asked, effect: raw.effect, http: write.http() };
                let below = document.at("/question");
                let question = question::question(&asked, names, &below, problems)?;
                Plan::Write { write, question }
            }
        },
    };
    if matches!(plan, Plan::Read(_) | Plan::Compose(_)) {
        if raw.effect != Effect::Read {
            let text = "the request only reads: write effect: read";
            document.at("/effect").problem(problems, text);
        }
        if raw.question.is_some() {
            document.at("/question").problem(problems, "a read asks no question");
        }
    }
    Some(plan)
}

/// What an answer can be depends on who makes it.
pub(super) fn check_answer(
    plan: &Plan,
    answer: &Answer,
    document: &Document,
    problems: &mut Problems,
) {
    let spot = document.at("/answer");
    match (plan, answer) {
        #[cfg(feature = "conformance")]
        (Plan::Read(ReadPlan::Script(_)), Answer::Content) => {}
        #[cfg(feature = "conformance")]
        (Plan::Read(ReadPlan::Script(_)), _) => {}
        (Plan::Compose(composition), _) => {
            compose::check_answer(composition, answer, &spot, problems);
        }
        (_, Answer::Parts) => {
            spot.child("parts").problem(problems, "only a composed tool has parts");
        }
        (_, Answer::Results { .. } | Answer::Document) => {
            spot.problem(problems, "only a composed tool has results or a document");
        }
        (_, Answer::Content) => spot.child("content").problem(
            problems,
            "a service's JSON has no content blocks: write items or record, with a row",
        ),
        (Plan::Read(ReadPlan::Caller), Answer::Record { .. }) => {}
        (Plan::Read(ReadPlan::Caller), _) => {
            spot.problem(problems, "the caller is one record: record: \"\"");
        }
        (Plan::Write { .. }, Answer::Counts { .. } | Answer::List { .. }) => {
            spot.problem(
                problems,
                "a write answers with the record as it is now: record: /pointer",
            );
        }
        _ => {}
    }
}

/// Clients are told the effect, and warn people by it.
fn check_effect(effect: Effect, http: &HttpRequest, document: &Document, problems: &mut Problems) {
    let text = match (effect, &http.method) {
        (Effect::Read, _) => {
            "the request changes something: write create, update or delete (a post that only reads \
             says safe: true)"
        }
        (Effect::Create | Effect::Update, &Method::DELETE) => "a delete has effect: delete",
        (Effect::Create, &Method::PATCH) => "a patch changes what is there: effect: update",
        _ => return,
    };
    document.at("/effect").problem(problems, text);
}

/// The ways to write a request.
enum Kind<'a> {
    Http,
    Graphql(&'a str),
    Found(&'a str),
    Caller,
    Compose(&'a [RawPart]),
    Adt(&'a Value),
    #[cfg(feature = "conformance")]
    Script(&'a Value),
}

fn kind<'a>(raw: &'a RawRequest, spot: &Spot<'_>, problems: &mut Problems) -> Option<Kind<'a>> {
    let http = [
        ("get", raw.get.is_some()),
        ("post", raw.post.is_some()),
        ("put", raw.put.is_some()),
        ("patch", raw.patch.is_some()),
        ("delete", raw.delete.is_some()),
        ("safe", raw.safe),
        ("query", !raw.query.is_empty()),
        ("headers", !raw.headers.is_empty()),
        ("body", raw.body.is_some()),
        ("by_prefix", raw.by_prefix.is_some() && raw.compose.is_none()),
    ];
    let others = (&raw.found, raw.caller.as_deref(), &raw.compose, &raw.script);
    if raw.graphql.is_none() && !raw.variables.is_empty() {
        spot.child("variables").problem(problems, "variables are a query's: write graphql");
    }
    if let Some(query) = &raw.graphql {
        for (key, _) in http.iter().filter(|(_, there)| *there) {
            spot.child(key).problem(problems, "a query says it all: take this away");
        }
        if !matches!(others, (None, None, None, None)) {
            spot.problem(problems, "write one of: graphql, found, caller, compose");
        }
        return Some(Kind::Graphql(query));
    }
    let other = match others {
        (None, None, None, None) if raw.adt.is_some() => raw.adt.as_ref().map(Kind::Adt),
        (None, None, None, None) => return Some(Kind::Http),
        (Some(argument), None, None, None) => Some(Kind::Found(argument)),
        (None, None, Some(parts), None) => Some(Kind::Compose(parts)),
        (None, Some("permissions"), None, None) => Some(Kind::Caller),
        (None, Some(_), None, None) => {
            spot.child("caller").problem(problems, "write caller: permissions");
            None
        }
        #[cfg(feature = "conformance")]
        (None, None, None, Some(script)) => Some(Kind::Script(script)),
        #[cfg(not(feature = "conformance"))]
        (None, None, None, Some(_)) => {
            spot.child("script").problem(problems, "scripts are for the conformance suite only");
            None
        }
        _ => {
            spot.problem(
                problems,
                "write one of: a method with its path, graphql, adt, found, caller, compose",
            );
            None
        }
    };
    for (key, _) in http.iter().filter(|(_, there)| *there) {
        let text = "nothing of this is sent here: take it away, or found, caller, compose or adt";
        spot.child(key).problem(problems, text);
    }
    other
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

/// A path has no optional segments: what fills one must be there. Neither it nor a header holds a
/// list.
fn check_path(request: &HttpRequest, names: &Names, spot: &Spot<'_>, problems: &mut Problems) {
    for (name, value) in &request.headers {
        let lists = |hole: &&Hole| matches!(&hole.leaf, Leaf::Found { argument, .. } if names.is_many(argument));
        if value.holes().iter().any(lists) {
            let text = "the argument names several records, and a header has one value";
            spot.child("headers").child(name.as_str()).problem(problems, text);
        }
    }
    let spot = spot.child(request.method.as_str().to_ascii_lowercase());
    for (index, segment) in request.path.iter().enumerate() {
        let Template::Hole(hole) = segment else { continue };
        let text = match &hole.leaf {
            _ if hole.only_if.is_some() => "a segment of the path has no condition",
            Leaf::Found { argument, .. } if names.is_many(argument) => {
                "the argument names several records, and a segment is one: send them in the query \
                 or the body"
            }
            Leaf::Argument(name) | Leaf::Found { argument: name, .. } if names.always(name) => {
                continue;
            }
            Leaf::Argument(_) | Leaf::Found { .. } => {
                "a segment of the path is always there: add the argument to required"
            }
            Leaf::Caller => continue,
            _ => "a segment of the path is a text, or {arg}, {found} or {caller}",
        };
        spot.child(index).problem(problems, text);
    }
}
