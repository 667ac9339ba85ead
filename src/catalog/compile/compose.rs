//! Composed tools: what their parts are, and what their answer looks like. Each part is a tool of
//! its own, with its own permission and scope, so that nothing here is fenced a second time.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::catalog::composition::{Composition, Part};
use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;
use crate::catalog::raw::RawPart;
use crate::catalog::template::{Hole, Leaf, Template};
use crate::catalog::tool::{Answer, Plan, Tool};

use super::names::Names;
use super::template::template;
use super::{Known, pointer};

/// More parts than this are more than one answer is for.
const MAX_PARTS: usize = 10;

/// What a file says of its parts.
pub(super) struct Written<'a> {
    pub parts: &'a [RawPart],
    pub by_prefix: Option<&'a str>,
}

/// Reads the parts, and which of them is run.
pub(super) fn composition(
    written: &Written<'_>,
    names: &Names,
    known: &Known,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Composition> {
    let before = problems.count();
    let by_prefix = written.by_prefix;
    if let Some(argument) = by_prefix.filter(|argument| !names.always(argument)) {
        let text = format!("'{argument}' must be a required argument: it names the part");
        spot.child("by_prefix").problem(problems, text);
    }
    let below = spot.child("compose");
    let parts = parts(written.parts, names, known, by_prefix.is_some(), &below, problems);
    let (parts, by_prefix) = (parts?, by_prefix.map(str::to_owned));
    (problems.count() == before).then_some(Composition { parts, by_prefix })
}

fn parts(
    raw: &[RawPart],
    names: &Names,
    known: &Known,
    by_prefix: bool,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Vec<Part>> {
    let before = problems.count();
    if raw.is_empty() || raw.len() > MAX_PARTS {
        spot.problem(problems, format!("a composed tool has 1 to {MAX_PARTS} parts"));
    }
    let mut keys = BTreeSet::new();
    let mut parts = Vec::new();
    for (index, raw) in raw.iter().enumerate() {
        let spot = spot.child(index);
        // With by_prefix a record and its text are two parts of one name.
        if !keys.insert((&raw.key, raw.text.is_some() && by_prefix)) {
            spot.child("as").problem(problems, "another part has this name already");
        }
        let Some(tool) = tool(&raw.tool, known, &spot.child("tool"), problems) else { continue };
        let with = with(raw, &tool, names, &spot.child("with"), problems);
        let below = spot.child("title");
        let title = raw.title.iter().enumerate();
        let title = title.filter_map(|(at, text)| pointer(text, &below.child(at), problems));
        let title = title.collect();
        let text = raw.text.as_ref().and_then(|text| pointer(text, &spot.child("text"), problems));
        parts.push(Part {
            name: raw.key.clone(),
            tool,
            with,
            if_permitted: raw.if_permitted,
            if_available: raw.if_available,
            title,
            text,
        });
    }
    (problems.count() == before).then_some(parts)
}

/// How the parts are put together follows from the answer, and asks something of each.
pub(super) fn check_answer(
    composition: &Composition,
    answer: &Answer,
    spot: &Spot<'_>,
    problems: &mut Problems,
) {
    let parts = &composition.parts;
    let lists = parts.iter().all(|part| matches!(part.tool.answer, Answer::List(_)));
    let titled = parts.iter().all(|part| !part.title.is_empty());
    // The text of a record that another part of the name shows.
    let is_text = |part: &Part| {
        let beside = parts.iter().any(|one| one.name == part.name && one.text.is_none());
        matches!(part.tool.answer, Answer::Text(_)) && part.text.is_some() && beside
    };
    let records = parts.iter().all(|part| {
        is_text(part) || matches!(part.tool.answer, Answer::Record { .. }) && !part.title.is_empty()
    });
    match (answer, &composition.by_prefix) {
        (Answer::Parts, None) => {}
        (Answer::Results { .. }, None) if lists && titled => {}
        (Answer::Document, Some(_)) if records => {}
        (Answer::Results { .. }, None) => {
            spot.problem(problems, "results are rows of lists, and each part says their title");
        }
        (Answer::Document, Some(_)) => {
            let text = "a document is a part's record, each of which says its title; beside it, under \
                        the same name, a part with text: /text may give its text";
            spot.problem(problems, text);
        }
        (_, Some(_)) => spot.problem(problems, "with by_prefix the answer is document: true"),
        _ => spot.problem(
            problems,
            "a composed tool answers with its parts (parts: true), or with the rows of all \
             (results: 20)",
        ),
    }
}

fn tool(name: &str, known: &Known, spot: &Spot<'_>, problems: &mut Problems) -> Option<Arc<Tool>> {
    let Some(tool) = known.tools.get(name) else {
        let text = format!("there is no usable tool '{name}'; a part isn't composed itself");
        spot.problem(problems, text);
        return None;
    };
    if !matches!(tool.plan, Plan::Read(_)) || tool.output_schema.is_none() {
        spot.problem(problems, "a part reads, and answers with structured content");
        return None;
    }
    Some(Arc::clone(tool))
}

/// A part's arguments, held against those of its tool.
fn with(
    raw: &RawPart,
    tool: &Tool,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Vec<(String, Template)> {
    let properties = tool.input.schema.get("properties").and_then(Value::as_object);
    let required = tool.input.schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if !raw.with.contains_key(name) {
            spot.problem(problems, format!("'{}' needs '{name}'", raw.tool));
        }
    }
    let mut with = Vec::new();
    for (name, value) in &raw.with {
        let spot = spot.child(name);
        if !properties.is_some_and(|properties| properties.contains_key(name)) {
            spot.problem(problems, format!("'{}' has no argument '{name}'", raw.tool));
        }
        let template = template(value, names, &spot, problems);
        if template.holes().into_iter().any(|hole| !fits(hole)) {
            spot.problem(
                problems,
                "an argument of a part is a literal, {arg: NAME} or {caller: id}",
            );
        }
        with.push((name.clone(), template));
    }
    with
}

/// The part's own run pushes its scope and pages by itself.
fn fits(hole: &Hole) -> bool {
    matches!(hole.leaf, Leaf::Argument(_) | Leaf::Caller | Leaf::Now | Leaf::Text(_))
}

/// Every hole of the parts' arguments.
pub(super) fn holes(plan: &Plan) -> Vec<&Hole> {
    let Plan::Compose(composition) = plan else { return Vec::new() };
    let templates =
        composition.parts.iter().flat_map(|part| part.with.iter().map(|(_, template)| template));
    templates.flat_map(Template::holes).collect()
}

/// The schema of the whole.
pub(super) fn output_schema(composition: &Composition, answer: &Answer) -> Map<String, Value> {
    let parts = &composition.parts;
    let text = || json!({"type": "string"});
    let (mut properties, required) = match answer {
        Answer::Results { .. } => {
            let result = closed(
                &json!({"id": text(), "title": text(), "url": text()}),
                &["id", "title", "url"],
            );
            let results = json!({"type": "array", "items": result});
            (Map::from_iter([("results".to_owned(), results)]), vec!["results"])
        }
        Answer::Document => {
            let metadata = closed(&json!({"type": text(), "siteId": text()}), &["type"]);
            let names = ["id", "title", "text", "url"];
            let plain = names.iter().map(|name| ((*name).to_owned(), text()));
            let properties = plain.chain([("metadata".to_owned(), metadata)]).collect();
            (properties, names.to_vec())
        }
        _ => {
            let schema = |part: &Part| {
                part.tool.output_schema.as_ref().map(|schema| Value::Object((**schema).clone()))
            };
            let each = parts.iter().filter_map(|part| Some((part.name.clone(), schema(part)?)));
            let needed = parts.iter().filter(|part| !part.if_permitted && !part.if_available);
            (each.collect(), needed.map(|part| part.name.as_str()).collect())
        }
    };
    if parts.iter().any(|part| part.if_available) {
        let unavailable = json!({
            "type": "array",
            "items": {"type": "string"},
            "description": "Parts whose service can't answer at the moment.",
        });
        properties.insert("unavailable".to_owned(), unavailable);
    }
    match closed(&Value::Object(properties), &required) {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn closed(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
