//! Holds a document against the type that it should be, key by key, by the JSON Schema that editors
//! get. What doesn't fit is told at its own line and replaced by a neutral value, so that the rest of
//! the file can still be judged in the same run.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::catalog::document::{Document, Spot};
use crate::catalog::problem::Problems;

/// The JSON Schema (draft 2020-12) of a definition file, without references. A key that is there has
/// a value: an empty one is never taken for an absent one.
pub(in crate::catalog) fn schema_of<T: JsonSchema>() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    schema
}

/// The schema of a type, made once: a start reads many files of few types.
fn made<T: JsonSchema + 'static>() -> Arc<Value> {
    static MADE: Mutex<BTreeMap<TypeId, Arc<Value>>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(made.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(schema_of::<T>())))
}

fn without_null(node: &mut Value) {
    if let Value::Object(map) = node {
        if let Some(Value::Array(types)) = map.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                map.insert("type".into(), only);
            }
        }
        if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                map.shift_remove("anyOf");
                for (key, value) in only {
                    map.entry(key).or_insert(value);
                }
            }
        }
        // What a key that isn't written stands for: an Option's is nothing that could be written.
        map.retain(|key, value| key != "default" || !value.is_null());
    }
    match node {
        Value::Object(map) => map.values_mut().for_each(without_null),
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// Reads a document as a type; every mismatch is a problem of its own.
pub(in crate::catalog) fn typed<T: DeserializeOwned + JsonSchema + 'static>(
    document: &Document,
    problems: &mut Problems,
) -> Option<T> {
    let schema = made::<T>();
    let mut value = document.value().clone();
    if !value.is_object() {
        document.root().problem(problems, format!("write the keys {}", known_keys(&schema)));
        return None;
    }
    let before = problems.count();
    settle(&schema, &mut value, &document.root(), problems);
    let read = serde_json::from_value(value);
    if let Err(error) = &read
        && problems.count() == before
    {
        document.root().problem(problems, error);
    }
    read.ok()
}

/// Makes a value fit its schema, and tells what didn't.
fn settle(node: &Value, value: &mut Value, spot: &Spot<'_>, problems: &mut Problems) {
    if value.is_null() {
        spot.give_up(problems, "is empty: write a value, or take the key away");
        *value = neutral(node);
        return;
    }
    if let (Some("object"), Value::String(text)) = (type_of(node), &*value)
        && !super::decided(text)
    {
        let what = node.get("description").and_then(Value::as_str).unwrap_or_default();
        spot.give_up(problems, format!("is still to be decided: {}", in_a_sentence(what)));
        *value = neutral(node);
        return;
    }
    if let Some(expected) = mismatch(node, value) {
        spot.give_up(problems, expected);
        *value = neutral(node);
        return;
    }
    match value {
        Value::Object(map) => settle_keys(node, map, spot, problems),
        Value::Array(items) => {
            let Some(inner) = node.get("items") else { return };
            for (index, item) in items.iter_mut().enumerate() {
                settle(inner, item, &spot.child(index), problems);
            }
        }
        _ => {}
    }
}

fn settle_keys(
    node: &Value,
    map: &mut Map<String, Value>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) {
    let properties = node.get("properties").and_then(Value::as_object);
    let others = node.get("additionalProperties");
    map.retain(|key, value| {
        let spot = spot.child(key);
        match (properties.and_then(|known| known.get(key)), others) {
            (Some(inner), _) | (None, Some(inner @ Value::Object(_))) => {
                settle(inner, value, &spot, problems);
            }
            (None, Some(Value::Bool(false))) => {
                spot.problem(problems, format!("no such key; known here are {}", known_keys(node)));
                return false;
            }
            _ => {}
        }
        true
    });
    let required = node.get("required").and_then(Value::as_array).into_iter().flatten();
    for key in required.filter_map(Value::as_str) {
        let inner = properties.and_then(|known| known.get(key)).unwrap_or(&Value::Null);
        if !map.contains_key(key) {
            let what = inner.get("description").and_then(Value::as_str).unwrap_or_default();
            spot.child(key).give_up(problems, format!("is missing: {}", in_a_sentence(what)));
            map.insert(key.to_owned(), neutral(inner));
        }
    }
}

/// A description, as the end of a sentence.
fn in_a_sentence(description: &str) -> String {
    let words = description.replace('\n', " ");
    let words = words.trim_end_matches('.');
    let (first, rest) = words.split_at_checked(1).unwrap_or_default();
    let acronym = rest.starts_with(|c: char| c.is_ascii_uppercase());
    if acronym { words.to_owned() } else { first.to_lowercase() + rest }
}

fn known_keys(node: &Value) -> String {
    let known = node.get("properties").and_then(Value::as_object);
    let known: Vec<&str> =
        known.into_iter().flat_map(|known| known.keys()).map(|key| &**key).collect();
    known.join(", ")
}

/// What a value should be and isn't.
fn mismatch(node: &Value, value: &Value) -> Option<String> {
    let words = words(node);
    if !words.is_empty() {
        let fits = value.as_str().is_some_and(|text| words.contains(&text));
        return (!fits).then(|| format!("write one of {}", words.join(", ")));
    }
    let (fits, expected) = match type_of(node)? {
        "string" => (value.is_string(), "write a text (put numbers and true or false in quotes)"),
        "boolean" => (value.is_boolean(), "write true or false, without quotes"),
        "integer" => (value.is_u64(), "write a whole number, without quotes"),
        "array" => (value.is_array(), "write a list: [one, another]"),
        "object" => (value.is_object(), "write a map of keys"),
        _ => return None,
    };
    let keys = known_keys(node);
    let expected =
        if keys.is_empty() { expected.to_owned() } else { format!("{expected}: {keys}") };
    (!fits).then_some(expected)
}

/// A value of the right type that says nothing.
fn neutral(node: &Value) -> Value {
    if let Some(word) = words(node).first() {
        return json!(word);
    }
    match type_of(node) {
        Some("string") => json!(""),
        Some("boolean") => json!(false),
        Some("integer") => json!(0),
        Some("array") => json!([]),
        Some("object") => {
            let properties = node.get("properties").and_then(Value::as_object);
            let required = node.get("required").and_then(Value::as_array).into_iter().flatten();
            let keys = required.filter_map(Value::as_str);
            let keys =
                keys.filter_map(|key| Some((key.to_owned(), neutral(properties?.get(key)?))));
            Value::Object(keys.collect())
        }
        _ => Value::Null,
    }
}

fn type_of(node: &Value) -> Option<&str> {
    node.get("type").and_then(Value::as_str)
}

/// The closed set of words that a value may be, if it is one.
fn words(node: &Value) -> Vec<&str> {
    let listed = node.get("enum").and_then(Value::as_array);
    let told = node.get("oneOf").and_then(Value::as_array);
    let consts = told.into_iter().flatten().filter_map(|one| one.get("const"));
    listed.into_iter().flatten().chain(consts).filter_map(Value::as_str).collect()
}
