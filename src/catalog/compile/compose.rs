//! Composed tools: what their parts are, and what their answer looks like. Each part is a tool of
//! its own, with its own permission and scope, so that nothing here is fenced a second time.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;
use crate::catalog::raw::RawPart;
use crate::catalog::template::{Hole, Leaf, Template};
use crate::catalog::tool::{Part, Plan, Tool};

use super::Known;
use super::names::Names;
use super::template::template;

/// More parts than this are more than one answer is for.
const MAX_PARTS: usize = 10;

/// Reads the parts.
pub(super) fn parts(
    raw: &[RawPart],
    names: &Names,
    known: &Known,
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
        if !keys.insert(&raw.key) {
            spot.child("as").problem(problems, "another part has this name already");
        }
        let Some(tool) = tool(&raw.tool, known, &spot.child("tool"), problems) else { continue };
        let with = with(raw, &tool, names, &spot.child("with"), problems);
        parts.push(Part { name: raw.key.clone(), tool, with, if_permitted: raw.if_permitted });
    }
    (problems.count() == before).then_some(parts)
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
    let Plan::Compose(parts) = plan else { return Vec::new() };
    let templates = parts.iter().flat_map(|part| part.with.iter().map(|(_, template)| template));
    templates.flat_map(Template::holes).collect()
}

/// The schema of the whole: each part's own, under the part's name.
pub(super) fn output_schema(parts: &[Part]) -> Map<String, Value> {
    let schema = |part: &Part| {
        part.tool.output_schema.as_ref().map(|schema| Value::Object((**schema).clone()))
    };
    let properties: Map<String, Value> =
        parts.iter().filter_map(|part| Some((part.name.clone(), schema(part)?))).collect();
    let required: Vec<&str> =
        parts.iter().filter(|part| !part.if_permitted).map(|part| part.name.as_str()).collect();
    Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(properties)),
        ("required".to_owned(), json!(required)),
        ("additionalProperties".to_owned(), json!(false)),
    ])
}
