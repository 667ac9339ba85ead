//! Arguments: a parameter's schema as the JSON Schema of an argument, with the limits that hold.

use serde_json::{Map, Value, json};

use super::shape::{Kind, Shape};
use super::words;

/// The limits that mean something for each kind.
const OF_TEXT: [&str; 4] = ["minLength", "maxLength", "pattern", "format"];
const OF_NUMBERS: [&str; 5] =
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const OF_LISTS: [&str; 3] = ["minItems", "maxItems", "uniqueItems"];

/// The argument's schema; nothing for what is no scalar and no list of scalars.
pub(super) fn schema(shape: &Shape, description: Option<&str>) -> Option<Map<String, Value>> {
    let mut schema = bare(shape)?;
    let said = description.or(shape.description.as_deref()).map(words::argument);
    if let Some(default) = shape.limits.get("default")
        && fits(&schema, default)
    {
        schema.insert("default".into(), default.clone());
    }
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        schema.insert("description".into(), said.into());
    }
    Some(schema)
}

fn bare(shape: &Shape) -> Option<Map<String, Value>> {
    let (name, limits): (&str, &[&str]) = match &shape.kind {
        Kind::Text => ("string", &OF_TEXT),
        Kind::Integer => ("integer", &OF_NUMBERS),
        Kind::Number => ("number", &OF_NUMBERS),
        Kind::Boolean => ("boolean", &[]),
        Kind::List(item) if item.is_scalar() => ("array", &OF_LISTS),
        _ => return None,
    };
    let mut schema = Map::new();
    if let Some(Value::Array(values)) = shape.limits.get("enum")
        && shape.is_scalar()
    {
        let of_kind: Vec<Value> = values.iter().filter(|value| is(name, value)).cloned().collect();
        if !of_kind.is_empty() {
            schema.insert("enum".into(), of_kind.into());
            return Some(schema);
        }
    }
    schema.insert("type".into(), name.into());
    if let Kind::List(item) = &shape.kind {
        schema.insert("items".into(), Value::Object(bare(item)?));
    }
    for (key, value) in &shape.limits {
        let holds = key != "pattern" || value.as_str().is_some_and(is_pattern);
        if limits.contains(&key.as_str()) && holds {
            schema.insert(key.clone(), value.clone());
        }
    }
    if jsonschema::validator_for(&Value::Object(schema.clone())).is_err() {
        // A limit that contradicts JSON Schema, such as a negative multipleOf.
        schema.retain(|key, _| key == "type" || key == "items");
    }
    Some(schema)
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    }
}

/// A pattern that runs in linear time. What only other engines read is left out.
fn is_pattern(pattern: &str) -> bool {
    regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().is_ok()
}

fn fits(schema: &Map<String, Value>, value: &Value) -> bool {
    let schema = json!(schema);
    jsonschema::validator_for(&schema).is_ok_and(|validator| validator.is_valid(value))
}
