//! A tool's arguments: shared ones, its own, and those that name a record.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::catalog::document::{Problems, Spot};
use crate::catalog::raw::RawInput;
use crate::catalog::row::Row;
use crate::catalog::template::Leaf;
use crate::catalog::tool::{Input, Resolved, Same};

use super::template::{Names, hole};
use super::{Known, Service, pointer};

/// A longer schema is refused; it would cost every client more than it says.
const MAX_SCHEMA: usize = 64 * 1024;

/// Reads a tool's arguments.
pub(super) fn input(
    raw: &RawInput,
    row: Option<&Row>,
    known: &Known,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<(Input, Names)> {
    let mut properties = Map::new();
    let mut resolved = Vec::new();
    let mut names = Names::default();
    let before = problems.count();
    for (index, name) in raw.shared.iter().enumerate() {
        match shared(name, row) {
            Some(more) => properties.extend(more),
            None => spot.child("use").child(index).problem(
                problems,
                "write sites, page, or fields (which needs an answer with a row)",
            ),
        }
    }
    for (name, property) in &raw.properties {
        let spot = spot.child("properties").child(name);
        let Value::Object(property) = property else {
            spot.problem(problems, "an argument is a JSON Schema");
            continue;
        };
        if properties.contains_key(name) {
            spot.problem(problems, "this argument comes with 'use' already");
        }
        let mut property = property.clone();
        let resolve = property.shift_remove("resolve");
        let same = property.shift_remove("same");
        if let Some(resolve) = resolve {
            resolved.extend(resolving(
                name,
                &resolve,
                same.as_ref(),
                &names,
                known,
                service,
                &spot,
                problems,
            ));
            names.resolved.insert(name.clone());
            for (key, value) in
                [("type", json!("string")), ("minLength", json!(1)), ("maxLength", json!(128))]
            {
                property.entry(key).or_insert(value);
            }
        }
        names.arguments.insert(name.clone());
        properties.insert(name.clone(), Value::Object(property));
    }
    names.arguments.extend(properties.keys().cloned());
    for (index, name) in raw.required.iter().enumerate() {
        if !properties.contains_key(name) {
            let spot = spot.child("required").child(index);
            spot.problem(problems, format!("'{name}' isn't an argument of this tool"));
        }
    }
    let schema = match &raw.schema {
        Some(schema) => schema.clone(),
        None => object_schema(properties, raw),
    };
    let validator = validator(&schema, spot, problems)?;
    let paged = raw.shared.iter().any(|name| name == "page");
    let schema = Arc::new(schema);
    (problems.count() == before).then_some((Input { schema, validator, resolved, paged }, names))
}

fn object_schema(properties: Map<String, Value>, raw: &RawInput) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), Value::Object(properties));
    if !raw.required.is_empty() {
        schema.insert("required".into(), json!(raw.required));
    }
    if let Some(least) = raw.min_properties {
        schema.insert("minProperties".into(), least.into());
    }
    schema.insert("additionalProperties".into(), false.into());
    schema
}

/// Compiles a schema: nothing outside of it is ever fetched, and patterns run in linear time.
fn validator(
    schema: &Map<String, Value>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<jsonschema::Validator> {
    let schema = Value::Object(schema.clone());
    if schema.to_string().len() > MAX_SCHEMA {
        spot.problem(problems, format!("the schema is longer than {MAX_SCHEMA} bytes"));
        return None;
    }
    if let Some(reference) = outside_reference(&schema) {
        spot.problem(problems, format!("$ref '{reference}' leaves the file: copy what it names"));
        return None;
    }
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| spot.problem(problems, format!("not a JSON Schema: {error}")))
        .ok()
}

fn outside_reference(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(map) => map.iter().find_map(|(key, value)| match (key.as_str(), value) {
            ("$ref" | "$dynamicRef", Value::String(to)) if !to.starts_with('#') => Some(&**to),
            _ => outside_reference(value),
        }),
        Value::Array(items) => items.iter().find_map(outside_reference),
        _ => None,
    }
}

/// The arguments that many tools share.
fn shared(name: &str, row: Option<&Row>) -> Option<Map<String, Value>> {
    let properties = match name {
        "sites" => json!({"siteIds": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": 128},
            "minItems": 1,
            "maxItems": 50,
            "description": "Only these sites, by id. Leave out for all of the person's sites.",
        }}),
        "page" => json!({
            "pageSize": {
                "type": "integer", "minimum": 1, "maximum": 100, "default": 25,
                "description": "Rows a page.",
            },
            "cursor": {
                "type": "string", "minLength": 1, "maxLength": 8192,
                "description": "nextCursor of the page before, with the same other arguments.",
            },
        }),
        "fields" => {
            let fields: Vec<&str> = row?.fields.iter().map(|field| &*field.name).collect();
            json!({"fields": {
                "type": "array",
                "items": {"type": "string", "enum": fields},
                "uniqueItems": true,
                "description": "Only these fields of a row; id and siteId always come.",
            }})
        }
        _ => return None,
    };
    properties.as_object().cloned()
}

#[expect(clippy::too_many_arguments, reason = "the parts of one declaration, used once")]
fn resolving(
    name: &str,
    resolve: &Value,
    same: Option<&Value>,
    names: &Names,
    known: &Known,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Resolved> {
    let Some(resolver) = resolve.as_str().and_then(|name| known.resolver(service, name)) else {
        let spot = spot.child("resolve");
        spot.problem(problems, "there is no such resolver: write its name, or service.name");
        return None;
    };
    let mut shares = Vec::new();
    let spot = spot.child("same");
    for (at, to) in same.and_then(Value::as_object).into_iter().flatten() {
        let below = spot.child(at);
        let at = pointer(at, &below, problems)?;
        let to = to.as_object().and_then(|map| hole(map, names, &below, problems));
        let Some(Leaf::Found { argument, at: found }) = to.map(|hole| hole.leaf) else {
            below.problem(problems, "write {found: ARGUMENT, at: /pointer}, of an argument before");
            return None;
        };
        shares.push(Same { at, argument, found });
    }
    Some(Resolved { argument: name.to_owned(), resolver: Arc::clone(resolver), same: shares })
}
