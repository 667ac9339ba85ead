//! The configuration's JSON Schema, generated from the raw types, and what it finds wrong: unknown
//! keys, types, words and ranges. [`prune`] takes each faulty setting out, so that the rest can still
//! be judged in the same run. `config/osier.schema.json` is this schema, under test.

use jsonschema::error::ValidationErrorKind;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::RawConfig;
use super::document::Document;
use super::problems::join;

/// The JSON Schema (draft 2020-12) of the configuration file, without references.
pub fn schema() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<RawConfig>().to_value()
}

/// Reports every setting that the schema refuses and takes it out of the document.
pub(super) fn prune(document: &mut Document, schema: &Value) {
    let Document { value, report } = document;
    let validator = match jsonschema::validator_for(schema) {
        Ok(validator) => validator,
        Err(error) => {
            return report.say("", format!("the program's own schema is faulty: {error}"));
        }
    };
    let mut faulty = Vec::new();
    for error in validator.iter_errors(value) {
        let path = segments(error.instance_path().as_str());
        if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
            let says = unknown_key(schema, &path);
            for name in unexpected {
                let path = [path.as_slice(), std::slice::from_ref(name)].concat();
                faulty.push((path, says.clone()));
            }
        } else {
            let says = node(schema, &path).and_then(expectation);
            faulty.push((path, says.unwrap_or_else(|| error.masked().to_string())));
        }
    }
    for (path, says) in faulty {
        report.say(&path.iter().fold(String::new(), |key, segment| join(&key, segment)), says);
        remove(value, &path);
    }
}

/// The part of the schema that rules a setting.
pub(super) fn node<'a>(schema: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(schema, |node, segment| {
        node.get("properties")
            .and_then(|properties| properties.get(segment))
            .or_else(|| node.get("additionalProperties").filter(|any| any.is_object()))
            .or_else(|| node.get("items").filter(|_| segment.parse::<usize>().is_ok()))
    })
}

/// The JSON type of a setting; for one that may be left out, of its value.
pub(super) fn type_of(node: &Value) -> Option<&str> {
    match node.get("type")? {
        Value::Array(types) => types.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        single => single.as_str(),
    }
}

/// True for settings whose value must not be shown.
pub(super) fn is_secret(node: &Value) -> bool {
    node.get("writeOnly").and_then(Value::as_bool).unwrap_or(false)
}

/// What to say of a key that isn't known in a section.
pub(super) fn unknown_key(schema: &Value, section: &[String]) -> String {
    let known = node(schema, section).and_then(|node| node.get("properties")?.as_object());
    match known {
        Some(known) => {
            let known: Vec<_> = known.keys().map(String::as_str).collect();
            let place = if section.is_empty() { "the sections are" } else { "known here are" };
            format!("is not a known key; {place} {}", known.join(", "))
        }
        None => "is not a known key".to_owned(),
    }
}

/// What a setting must be, in words.
fn expectation(node: &Value) -> Option<String> {
    let words = words(node);
    if !words.is_empty() {
        return Some(format!("must be one of {}", words.join(", ")));
    }
    let limit = |name: &str| node.get(name).and_then(Value::as_f64);
    Some(match (type_of(node)?, limit("minimum"), limit("maximum")) {
        ("integer", Some(min), Some(max)) => format!("must be a whole number from {min} to {max}"),
        ("integer", ..) => "must be a whole number, without quotes".to_owned(),
        ("boolean", ..) => "must be true or false, without quotes".to_owned(),
        ("string", ..) if node.get("minLength").is_some() => {
            "must be text in quotes, and not empty".to_owned()
        }
        ("string", ..) => "must be text in quotes".to_owned(),
        ("array", ..) => "must be a list in brackets".to_owned(),
        ("object", ..) => "must be a section".to_owned(),
        _ => return None,
    })
}

/// The closed set of words that a setting may be, if it is one.
fn words(node: &Value) -> Vec<String> {
    // One that may be left out: itself, or null.
    let mut choices = node.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let node = choices.find(|one| one.get("oneOf").is_some()).unwrap_or(node);
    let listed = node.get("enum").and_then(Value::as_array);
    let told = node.get("oneOf").and_then(Value::as_array);
    let consts = told.into_iter().flatten().flat_map(|one| {
        let listed = one.get("enum").and_then(Value::as_array);
        one.get("const").into_iter().chain(listed.into_iter().flatten())
    });
    listed.into_iter().flatten().chain(consts).map(Value::to_string).collect()
}

fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

fn remove(value: &mut Value, path: &[String]) {
    let Some((last, sections)) = path.split_last() else { return };
    let within = sections.iter().try_fold(value, |value, segment| match value {
        Value::Object(map) => map.get_mut(segment),
        // A list with a faulty entry goes as a whole: its other entries would move up.
        _ => None,
    });
    match within {
        Some(Value::Object(map)) => {
            map.remove(last);
        }
        Some(Value::Array(items)) => items.clear(),
        _ => {}
    }
}
