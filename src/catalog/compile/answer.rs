//! What an answer looks like, and the output schema that follows from it.

use serde_json::{Map, Value, json};

use crate::catalog::document::{Problems, Spot};
use crate::catalog::raw::RawAnswer;
use crate::catalog::row::Row;
use crate::catalog::tool::{Answer, More};

use super::{Service, pointer};

/// Reads an answer's shape.
pub(super) fn answer(
    raw: &RawAnswer,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Answer> {
    if raw.content {
        return Some(Answer::Content);
    }
    let row = row(raw, service, spot, problems)?;
    match (&raw.items, &raw.record) {
        (Some(items), None) => {
            let items = pointer(items, &spot.child("items"), problems)?;
            let more = match raw.more.as_ref().map(|more| (&more.page, &more.token)) {
                None => None,
                Some((Some(page), None)) => {
                    Some(More::Page(pointer(page, &spot.child("more"), problems)?))
                }
                Some((None, Some(token))) => {
                    Some(More::Token(pointer(token, &spot.child("more"), problems)?))
                }
                Some(_) => {
                    spot.child("more").problem(problems, "write page: /pointer or token: /pointer");
                    return None;
                }
            };
            Some(Answer::List { items, more, row, limit: raw.limit })
        }
        (None, Some(at)) => {
            let at = pointer(at, &spot.child("record"), problems)?;
            match (&raw.empty, raw.aggregate) {
                (Some(empty), true) => Some(Answer::Counts { at, row, empty: empty.clone() }),
                (None, false) => Some(Answer::Record { at, row }),
                _ => {
                    spot.problem(problems, "'aggregate' and 'empty' go together");
                    None
                }
            }
        }
        _ => {
            spot.problem(problems, "write items: /pointer for a list, or record: /pointer");
            None
        }
    }
}

fn row(
    raw: &RawAnswer,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Row> {
    let Some(name) = &raw.row else {
        spot.problem(problems, "say which row of _service.yaml it has: row: NAME");
        return None;
    };
    let row = service.rows.get(name);
    if row.is_none() {
        spot.child("row").problem(problems, format!("_service.yaml has no row '{name}'"));
    }
    row.cloned()
}

/// The schema of the structured content: closed objects, every field typed.
///
/// `partial`: rows may come with some of their fields only, since the caller picks fields or since
/// they lie above the scope; then a row promises no more than its id.
pub(super) fn output_schema(
    answer: &Answer,
    paged: bool,
    partial: bool,
) -> Option<Map<String, Value>> {
    let schema_of = |row: &Row| row.schema(|field| !partial || field == "id");
    let closed = |properties: Value, required: Value| {
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    };
    let schema = match answer {
        Answer::List { row, .. } => {
            let mut properties = json!({
                "items": {"type": "array", "items": schema_of(row)},
                "truncated": {"type": "boolean"},
            });
            if let (true, Some(properties)) = (paged, properties.as_object_mut()) {
                properties.insert("nextCursor".into(), json!({"type": "string"}));
            }
            closed(properties, json!(["items"]))
        }
        Answer::Record { row, .. } => closed(json!({"item": schema_of(row)}), json!(["item"])),
        Answer::Counts { row, .. } => row.schema(|_| true),
        Answer::Content => return None,
    };
    match schema {
        Value::Object(schema) => Some(schema),
        _ => None,
    }
}
