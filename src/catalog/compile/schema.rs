//! JSON Schemas of arguments: nothing outside of one is ever fetched, and patterns run in linear time.

use serde_json::{Map, Value};

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;

/// A longer schema is refused; it would cost every client more than it says.
const MAX_SCHEMA: usize = 64 * 1024;

/// Schemas that refer to each other twice make work that grows with two to their number.
const MAX_REFERENCES: usize = 16;

/// JSON Schema 2020-12, as far as an argument has a use for it.
const KEYWORDS: [&str; 46] = [
    "$comment",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "default",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "description",
    "else",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "items",
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "readOnly",
    "required",
    "then",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

/// Compiles a schema.
pub(super) fn validator(
    schema: &Map<String, Value>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<jsonschema::Validator> {
    let schema = Value::Object(schema.clone());
    let length = schema.to_string().len();
    if length > MAX_SCHEMA {
        let text = format!("this JSON Schema has {length} bytes; at most {MAX_SCHEMA} are sent");
        spot.problem(problems, text);
        return None;
    }
    let before = problems.count();
    let references = check_references(&schema, spot, problems);
    if references > MAX_REFERENCES {
        let text = format!(
            "{references} references: each may double the work of reading an argument, and \
             {MAX_REFERENCES} are enough"
        );
        spot.problem(problems, text);
    }
    if problems.count() > before {
        return None;
    }
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| {
            let place = spot.below(error.instance_path().as_str());
            let text = match error.kind() {
                jsonschema::error::ValidationErrorKind::Format { format } if format == "regex" => {
                    "not a pattern in RE2's syntax: no look-around, no back references, and not \
                     too large"
                        .to_owned()
                }
                _ if place_of_a_type(&error) => "write string, integer, number, boolean, array, \
                     object or null"
                    .to_owned(),
                _ => format!("not a JSON Schema: {}", error.masked_with("this")),
            };
            place.problem(problems, text);
        })
        .ok()
}

fn place_of_a_type(error: &jsonschema::ValidationError<'_>) -> bool {
    error.instance_path().as_str().ends_with("/type")
}

/// A reference stays inside its schema; nothing is fetched, whatever it names. Says how many there
/// are.
fn check_references(schema: &Value, spot: &Spot<'_>, problems: &mut Problems) -> usize {
    match schema {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| match (key.as_str(), value) {
                ("$ref" | "$dynamicRef", Value::String(to)) => {
                    if !to.starts_with('#') {
                        let text = "nothing is fetched: write here what this refers to";
                        spot.child(key).problem(problems, text);
                    }
                    1
                }
                _ => check_references(value, &spot.child(key), problems),
            })
            .sum(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| check_references(item, &spot.child(index), problems))
            .sum(),
        _ => 0,
    }
}

/// A misspelt keyword would be a limit that nobody holds.
pub(super) fn check_keywords(
    schema: &Map<String, Value>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) {
    for (key, value) in schema {
        let below = spot.child(key);
        match key.as_str() {
            "$ref" | "$dynamicRef" | "$defs" | "$id" | "$schema" | "$anchor" => {
                below.problem(problems, "nothing is fetched: write here what this refers to");
            }
            key if !KEYWORDS.contains(&key) && !key.starts_with("x-") => {
                below.problem(problems, "no such keyword in JSON Schema 2020-12");
            }
            _ => {}
        }
        let named = ["dependentSchemas", "patternProperties", "properties"];
        match value {
            _ if ["const", "default", "enum", "examples"].contains(&key.as_str()) => {}
            Value::Object(all) if named.contains(&key.as_str()) => {
                for (name, inner) in all {
                    if let Value::Object(inner) = inner {
                        check_keywords(inner, &below.child(name), problems);
                    }
                }
            }
            Value::Object(inner) if key != "dependentRequired" => {
                check_keywords(inner, &below, problems);
            }
            Value::Array(all) => {
                for (index, inner) in all.iter().enumerate() {
                    if let Value::Object(inner) = inner {
                        check_keywords(inner, &below.child(index), problems);
                    }
                }
            }
            _ => {}
        }
    }
}
