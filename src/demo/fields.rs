//! Reading and writing single fields of a record. The sample services keep their records as JSON
//! objects, as a document store would; everything in `demo` that looks into one does it with these.

use serde_json::Value;

/// A text field; empty where it is absent, null or something else.
pub(super) fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list field; none where it isn't a list.
pub(super) fn texts<'a>(record: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    record.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Sets a field of an object.
pub(super) fn set(record: &mut Value, field: &str, value: impl Into<Value>) {
    if let Value::Object(fields) = record {
        fields.insert(field.to_owned(), value.into());
    }
}

/// Does a text hold another, whatever the case of their letters?
pub(super) fn contains_ignoring_case(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}
