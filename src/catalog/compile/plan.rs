//! What a tool sends, and whether that is the effect which its file says.

use http::Method;
use serde_json::{Map, Value};

use crate::catalog::document::{Document, Spot};
use crate::catalog::http_request::{ByEffect, HttpRequest};
use crate::catalog::problem::Problems;
use crate::catalog::raw::{RawPart, RawRequest, RawTool};
use crate::catalog::template::{Hole, Leaf, Template};
use crate::catalog::tool::{Answer, Effect, Plan, ReadPlan};

use super::Known;
use super::adt;
use super::beside;
use super::compose;
use super::graphql;
use super::http::{Parts, request};
use super::names::Names;
use super::question;
use super::saved;

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
        Kind::Caller("permissions") => Plan::Read(ReadPlan::Caller),
        Kind::Caller(_) => {
            spot.child("caller").problem(problems, "write caller: permissions");
            return None;
        }
        Kind::Compose(parts) => {
            let written = compose::Written { parts, by_prefix: raw.request.by_prefix.as_deref() };
            Plan::Compose(compose::composition(&written, names, known, &spot, problems)?)
        }
        #[cfg(feature = "conformance")]
        Kind::Script => Plan::Read(ReadPlan::Script(raw.request.script.clone()?)),
        #[cfg(not(feature = "conformance"))]
        Kind::Script => {
            spot.child("script").problem(problems, "scripts are for the conformance suite only");
            return None;
        }
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
        Kind::Saved(written) => {
            let request = saved::request(written, names, &spot.child("snowflake"), problems)?;
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
    Caller(&'a str),
    Compose(&'a [RawPart]),
    Adt(&'a Value),
    Saved(&'a Map<String, Value>),
    Script,
}

fn kind<'a>(raw: &'a RawRequest, spot: &Spot<'_>, problems: &mut Problems) -> Option<Kind<'a>> {
    let ways = [
        raw.graphql.as_deref().map(|query| ("graphql", Kind::Graphql(query))),
        raw.adt.as_ref().map(|asked| ("adt", Kind::Adt(asked))),
        raw.snowflake.as_ref().map(|written| ("snowflake", Kind::Saved(written))),
        raw.found.as_deref().map(|argument| ("found", Kind::Found(argument))),
        raw.caller.as_deref().map(|whose| ("caller", Kind::Caller(whose))),
        raw.compose.as_deref().map(|parts| ("compose", Kind::Compose(parts))),
        raw.script.as_ref().map(|_| ("script", Kind::Script)),
    ];
    let mut ways = ways.into_iter().flatten();
    let (Some((way, kind)), None) = (ways.next().or(Some(("", Kind::Http))), ways.next()) else {
        let text = "write one of: a method with its path, graphql, adt, snowflake, found, caller, \
                    compose";
        spot.problem(problems, text);
        return None;
    };
    let taken: &[&str] = match kind {
        Kind::Http => {
            &["get", "post", "put", "patch", "delete", "safe", "query", "headers", "body"]
        }
        Kind::Graphql(_) => &["variables"],
        Kind::Compose(_) => &["by_prefix"],
        _ => &[],
    };
    let written = [
        ("get", raw.get.is_some()),
        ("post", raw.post.is_some()),
        ("put", raw.put.is_some()),
        ("patch", raw.patch.is_some()),
        ("delete", raw.delete.is_some()),
        ("safe", raw.safe),
        ("query", !raw.query.is_empty()),
        ("headers", !raw.headers.is_empty()),
        ("body", raw.body.is_some()),
        ("variables", !raw.variables.is_empty()),
        ("by_prefix", raw.by_prefix.is_some()),
    ];
    beside::check(way, taken, &written, spot, problems);
    Some(kind)
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
