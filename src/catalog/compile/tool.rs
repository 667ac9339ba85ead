//! Tools: the parts of a definition, each read on its own and then held against the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::catalog::document::Document;
use crate::catalog::http_request::HttpRequest;
use crate::catalog::problem::Problems;
use crate::catalog::raw::RawTool;
use crate::catalog::scope_rule::{Filter, ScopeRule};
use crate::catalog::template::Leaf;
use crate::catalog::tool::{
    Answer, Input, List, Plan, ReadPlan, Requirement, Resolved, Tool, ToolId,
};

use super::fence::Fence;
use super::names::Names;
use super::plan::{check_answer, plan};
use super::{
    Known, Service, adt, answer, compose, fence, inner, input, link, paging, requirement, scope,
    text, typed,
};

/// A name longer than this leaves no room for a gateway's prefix; the conformance suite has its own.
const MAX_NAME: usize = if cfg!(feature = "conformance") { 64 } else { 40 };

/// Reads a tool's file. A part that can't be read doesn't keep the others from being judged.
pub(in crate::catalog) fn tool(
    document: &Document,
    service: &Service,
    known: &Known,
    problems: &mut Problems,
) -> Option<Tool> {
    let before = problems.count();
    let raw: RawTool = typed(document, problems)?;
    words(&raw, document, problems);
    let permission = requirement(&raw.permission, &document.at("/permission"), problems);
    let mut answer = answer::answer(&raw.answer, service, &document.at("/answer"), problems);
    let row = match &answer {
        Some(Answer::List(List { row, .. }) | Answer::Record { row, .. }) => Some(row),
        _ => None,
    };
    let link = raw
        .answer
        .link
        .as_ref()
        .and_then(|written| link::link(written, row, &document.at("/answer/link"), problems));
    let (input, names) =
        input::input(&raw.input, row, known, service, &document.at("/input"), problems);
    let context = scope::Context { names: &names, known, service };
    let scope = scope::scope(&raw.scope, &context, &document.at("/scope"), problems);
    let asked = problems.count();
    let plan = plan(&raw, &names, known, document, problems);
    let asked = problems.count() == asked;
    // Where a part was given up, what it would disagree with is no news.
    let parts = ["/permission", "/input", "/request", "/answer", "/scope"];
    let whole = !parts.iter().any(|part| document.at(part).is_spoilt(problems));
    if let (Some(plan), Some(answer), Some(scope), true) = (&plan, &mut answer, &scope, whole) {
        paging::agree(answer, input::pages(&raw.input), plan.request(), document, problems);
        check_answer(plan, answer, document, problems);
        check_above(answer, scope, document, problems);
        inner::check(answer, scope, document, problems);
        check_asked(answer, &names, document, problems);
        check_many(plan, answer, &names, document, problems);
        if let (Answer::Text(shown), Some(input)) = (&*answer, &input) {
            text::agree(shown, (plan, scope, input), document, problems);
        }
        let permission = permission.as_ref();
        adt::agree(plan, scope, document, problems);
        fence::check(&Fence { plan, answer, scope, permission, names: &names }, document, problems);
    }
    if let (Some(plan), Some(input), Some(scope), true) = (&plan, &input, &scope, whole && asked)
        && sends_arguments(plan)
    {
        let used = used(plan, answer.as_ref(), scope, &input.resolved);
        check_used(&names, &used, document, problems);
    }
    if let (Some(permission), Some(input)) = (&permission, &input) {
        check_headers(permission, input, document, problems);
    }
    let (permission, answer, scope) = (permission?, answer?, scope?);
    let (input, plan) = (input?, plan?);
    let partial = scope.keeps_above() || raw.input.shared.iter().any(|name| name == "fields");
    let names_many = raw.input.shared.iter().any(|name| name == "sites")
        || input.resolved.iter().any(|resolved| resolved.many);
    let mut output_schema = if let Plan::Compose(composition) = &plan {
        Some(compose::output_schema(composition, &answer))
    } else {
        answer::output_schema(&answer, input.paged, partial, names_many)
    };
    if let (Some(schema), Some(_)) = (&mut output_schema, &link) {
        link::describe(schema);
    }
    let output_schema = output_schema.map(Arc::new);
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
        link,
        meta: raw.meta,
    })
}

/// An argument that its client repeats in a header (SEP-2243) is held against it before it is known
/// who calls. So only a tool that everybody sees may have one: the refusal would tell of the others.
fn check_headers(
    permission: &Requirement,
    input: &Input,
    document: &Document,
    problems: &mut Problems,
) {
    fn annotated(schema: &Value) -> bool {
        match schema {
            Value::Object(map) => map.contains_key("x-mcp-header") || map.values().any(annotated),
            Value::Array(items) => items.iter().any(annotated),
            _ => false,
        }
    }
    let hidden = !matches!(permission, Requirement::SignedIn(_));
    if hidden && input.schema.values().any(annotated) {
        let text = "x-mcp-header is checked before the caller's permission and would tell that \
                    there is such a tool: leave it out";
        document.at("/input").problem(problems, text);
    }
}

fn words(raw: &RawTool, document: &Document, problems: &mut Problems) {
    let stem = document.path().file_stem().and_then(|stem| stem.to_str());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = raw.name.starts_with(|c: char| c.is_ascii_lowercase());
    let spot = document.at("/name");
    if !begins || !raw.name.chars().all(plain) || raw.name.len() > MAX_NAME {
        let text = format!("a-z, 0-9 and _, starting with a letter, at most {MAX_NAME} long");
        spot.problem(problems, text);
    } else if raw.name.contains("__") {
        spot.problem(problems, "two _ together part a server from its tool: use one");
    } else if stem != Some(raw.name.as_str()) {
        spot.problem(problems, "the name is the file's name without .yaml: rename one of the two");
    }
    for (key, text) in [("title", &raw.title), ("description", &raw.description)] {
        if text.trim().is_empty() || text.contains("TODO") {
            document.at("").child(key).problem(problems, "write what people and assistants read");
        }
    }
}

/// What is kept of a row above the scope are fields of the row.
fn check_above(answer: &Answer, scope: &ScopeRule, document: &Document, problems: &mut Problems) {
    let Some(Filter::Place(place)) = &scope.filter else { return };
    if place.above.is_empty() {
        return;
    }
    let spot = document.at("/scope/filter/above");
    let Answer::List(List { row, .. }) = answer else {
        spot.problem(problems, "'above' is for lists");
        return;
    };
    for (index, at) in place.above.iter().enumerate() {
        let field = at.single_key().unwrap_or_default();
        if !field.is_empty() && row.field(field).is_none() {
            let text = format!("the answer's row has no field '{field}'");
            spot.child(index).problem(problems, text);
        }
    }
    if row.field("id").is_none() {
        spot.problem(problems, "rows above the scope are known by their id: the row has none");
    }
}

/// What can't be found is told by its place in a list of ids that is always there, of an answer that
/// comes whole.
fn check_asked(answer: &Answer, names: &Names, document: &Document, problems: &mut Problems) {
    if let Answer::List(List { only: Some(only), .. }) = answer
        && !names.arguments.contains_key(&only.argument)
    {
        let text = format!("'{}' isn't an argument of this tool", only.argument);
        document.at("/answer/only/arg").problem(problems, text);
    }
    let Answer::List(List { asked: Some(asked), more, .. }) = answer else { return };
    let spot = document.at("/answer/not_found");
    if !names.always(&asked.argument) {
        let text = format!("'{}' isn't a required argument", asked.argument);
        spot.child("arg").problem(problems, text);
    }
    if more.is_some() {
        spot.problem(problems, "a page of a list doesn't say what is missing from the whole");
    }
}

/// Of a list of ids, those that find nothing are told beside a list. A write is of all or none.
fn check_many(
    plan: &Plan,
    answer: &Answer,
    names: &Names,
    document: &Document,
    problems: &mut Problems,
) {
    let many = names.arguments.keys().find(|name| names.is_many(name));
    if let (Some(name), Plan::Read(_), false) = (many, plan, matches!(answer, Answer::List(_))) {
        let text = format!(
            "of '{name}' some ids may find nothing, which is told beside a list: items: /pointer"
        );
        document.at("/answer").problem(problems, text);
    }
}

/// The arguments that something is done with.
fn used(
    plan: &Plan,
    answer: Option<&Answer>,
    scope: &ScopeRule,
    resolved: &[Resolved],
) -> BTreeSet<String> {
    let mut used: BTreeSet<String> = scope.resolved.iter().cloned().collect();
    match answer {
        Some(Answer::Text(text)) => used.extend([text.offset.clone(), text.length.clone()]),
        Some(Answer::List(List { only: Some(only), .. })) => {
            used.insert(only.argument.clone());
        }
        _ => {}
    }
    used.extend(resolved.iter().flat_map(|one| one.resolver.beside.iter().cloned()));
    if let Plan::Read(ReadPlan::Found(argument)) = plan {
        used.insert(argument.clone());
    }
    if let Some(Filter::Equal { argument, .. }) = &scope.filter {
        used.insert(argument.clone());
    }
    used.extend(resolved.iter().flat_map(|one| one.same.iter().map(|same| same.argument.clone())));
    let sent = plan.request().into_iter().flat_map(HttpRequest::holes);
    for hole in sent.chain(compose::holes(plan)) {
        used.extend(hole.only_if.clone());
        match &hole.leaf {
            Leaf::Argument(name)
            | Leaf::Given { argument: name, .. }
            | Leaf::Etag(name)
            | Leaf::Found { argument: name, .. } => {
                used.insert(name.clone());
            }
            Leaf::Sites { narrow } => used.extend(narrow.clone()),
            _ => {}
        }
    }
    used
}

/// False for a script, which reads its arguments by itself or doesn't.
fn sends_arguments(plan: &Plan) -> bool {
    match plan {
        #[cfg(feature = "conformance")]
        Plan::Read(ReadPlan::Script(_)) => false,
        _ => true,
    }
}

/// An argument that goes nowhere promises what isn't done: a filter that filters nothing.
fn check_used(
    names: &Names,
    used: &BTreeSet<String>,
    document: &Document,
    problems: &mut Problems,
) {
    // Two arguments are Osier's own to read.
    let ours = ["cursor", "fields"];
    for name in names.arguments.keys() {
        if used.contains(name) || ours.contains(&name.as_str()) {
            continue;
        }
        let own = document.value().pointer("/input/properties").and_then(|own| own.get(name));
        let spot = match own {
            Some(_) => document.at("/input/properties").child(name),
            None => document.at("/input/use"),
        };
        let text = match name.as_str() {
            "siteIds" => "'siteIds' goes nowhere: {scope: sites, narrow: siteIds}".to_owned(),
            _ => format!("'{name}' goes nowhere: put it in the request, or take it away"),
        };
        spot.problem(problems, text);
    }
}
