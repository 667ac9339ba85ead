//! A tool's arguments: shared ones, its own, and those that name a record.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;
use crate::catalog::raw::RawInput;
use crate::catalog::row::Row;
use crate::catalog::tool::Input;

use super::argument::{Context, argument};
use super::names::{Argument, Kind, Names};
use super::schema::validator;
use super::{Known, Service, span};

/// Reads a tool's arguments. Their names are known even where one of them is faulty, so that the
/// rest of the file can be held against them.
pub(super) fn input(
    raw: &RawInput,
    row: Option<&Row>,
    known: &Known,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> (Option<Input>, Names) {
    let mut properties = Map::new();
    let mut resolved = Vec::new();
    let mut names = Names::default();
    let before = problems.count();
    for (index, name) in raw.shared.iter().enumerate() {
        let spot = spot.child("use").child(index);
        let Some(more) = shared(name, row) else {
            let text =
                "write sites, page, cursor, or fields (which needs an answer whose row has an id)";
            spot.problem(problems, text);
            continue;
        };
        if more.keys().any(|name| properties.contains_key(name)) {
            spot.problem(problems, "it is here already");
        }
        for (name, property) in more {
            let always = property.get("default").is_some();
            let kind = property.as_object().map_or(Kind::Open, Kind::of);
            names.arguments.insert(name.clone(), Argument { always, kind, record: None });
            properties.insert(name, property);
        }
    }
    for (name, property) in &raw.properties {
        let spot = spot.child("properties").child(name);
        let Value::Object(property) = property else {
            spot.problem(problems, "an argument is a JSON Schema, such as {type: string}");
            continue;
        };
        if properties.contains_key(name) {
            spot.problem(problems, "this argument comes with 'use' already");
        }
        let required = raw.required.contains(name);
        let read = {
            let all = &raw.properties;
            let context = Context { names: &names, all, known, service, required };
            argument(name, property, &context, &spot, problems)
        };
        resolved.extend(read.resolved);
        names.arguments.insert(name.clone(), read.argument);
        properties.insert(name.clone(), Value::Object(read.schema));
    }
    for (index, name) in raw.required.iter().enumerate() {
        if !properties.contains_key(name) {
            let spot = spot.child("required").child(index);
            spot.problem(problems, format!("'{name}' isn't an argument of this tool"));
        }
    }
    if raw
        .min_properties
        .is_some_and(|least| usize::try_from(least).is_ok_and(|least| least > properties.len()))
    {
        let text = "there aren't that many arguments";
        spot.child("minProperties").problem(problems, text);
    }
    let schema = match &raw.schema {
        Some(schema) => whole(schema, raw, spot, problems),
        None => object_schema(properties, raw),
    };
    // Each part was told of already; what is left is how they fit together.
    let faulty = problems.count() > before;
    let validator = if faulty { None } else { validator(&schema, spot, problems) };
    let span = raw.span.as_ref().and_then(|raw| span::span(raw, &schema, spot, problems));
    let paged = pages(raw);
    let schema = Arc::new(schema);
    let input = validator.map(|validator| Input { schema, validator, resolved, paged, span });
    (input, names)
}

/// Does the tool take a cursor?
pub(super) fn pages(raw: &RawInput) -> bool {
    raw.shared.iter().any(|name| name == "page" || name == "cursor")
}

/// A JSON Schema that the file gives as a whole.
fn whole(
    schema: &Map<String, Value>,
    raw: &RawInput,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Map<String, Value> {
    let spot = spot.child("schema");
    let alone = raw.shared.is_empty()
        && raw.properties.is_empty()
        && raw.required.is_empty()
        && raw.span.is_none()
        && raw.min_properties.is_none();
    if !alone {
        spot.problem(problems, "a whole schema stands alone: take the other keys away");
    }
    if schema.get("type").is_none_or(|name| name != "object") {
        spot.problem(problems, "arguments are an object: type: object");
    }
    validator(schema, &spot, problems);
    schema.clone()
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
        "cursor" => json!({"cursor": {
            "type": "string", "minLength": 1, "maxLength": 8192,
            "description": "nextCursor of the answer before, with the same other arguments.",
        }}),
        "fields" => {
            let row = row.filter(|row| row.field("id").is_some())?;
            let fields: Vec<&str> = row.fields.iter().map(|field| &*field.name).collect();
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
