//! Twins, relationships and models as the rest of Osier has records: known by `id`. What the service
//! says stays beside it, for rows and filters to take from.

use serde_json::{Map, Value};

/// A row of a query's answer, without the name that the query gave it.
pub(super) fn unwrapped(row: Value, alias: char) -> Value {
    match row {
        Value::Object(mut map) if map.len() == 1 && !map.contains_key("$dtId") => {
            map.shift_remove(alias.encode_utf8(&mut [0; 4]) as &str).unwrap_or(Value::Object(map))
        }
        row => row,
    }
}

/// A twin with its id, model and site under the names that all services' records have; nothing where
/// there is none.
pub(super) fn twin(row: Value) -> Option<Value> {
    let Value::Object(twin) = row else { return None };
    let id = twin.get("$dtId").filter(|id| id.is_string())?.clone();
    let metadata = twin.get("$metadata");
    let of_metadata = |key: &str| metadata.and_then(|metadata| metadata.get(key)).cloned();
    let (model, updated) = (of_metadata("$model"), of_metadata("$lastUpdateTime"));
    let site = twin.get("siteID").cloned();
    Some(with(
        twin,
        [("id", Some(id)), ("modelId", model), ("siteId", site), ("lastUpdateTime", updated)],
    ))
}

/// A relationship with its ends.
pub(super) fn relationship(row: Value) -> Option<Value> {
    let Value::Object(row) = row else { return None };
    let id = row.get("$relationshipId").filter(|id| id.is_string())?.clone();
    let of = |key: &str| row.get(key).cloned();
    let (name, source, target) = (of("$relationshipName"), of("$sourceId"), of("$targetId"));
    Some(with(row, [("id", Some(id)), ("name", name), ("sourceId", source), ("targetId", target)]))
}

/// The service's own fields first, so that none of them stands for one of these.
fn with<const N: usize>(mut row: Map<String, Value>, fields: [(&str, Option<Value>); N]) -> Value {
    for (name, value) in fields {
        row.insert(name.to_owned(), value.unwrap_or_default());
    }
    Value::Object(row)
}

/// A text of a record; empty where there is none.
pub(super) fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Sets a field.
pub(super) fn set(record: &mut Value, field: &str, value: impl Into<Value>) {
    if let Value::Object(map) = record {
        map.insert(field.to_owned(), value.into());
    }
}
