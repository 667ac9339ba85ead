//! `answer: {link: […]}`: where people open a row in their own app.

use serde_json::{Map, Value, json};

use crate::catalog::composition::{Link, LinkSegment};
use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;
use crate::catalog::row::Row;

use super::pointer;

/// Reads a link, and holds it against the row that it is of.
pub(super) fn link(
    raw: &[Value],
    row: Option<&Row>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Link> {
    let before = problems.count();
    let Some(row) = row else {
        spot.problem(problems, "only rows and records have a link");
        return None;
    };
    if row.field("url").is_some() {
        spot.problem(problems, "the row has a field 'url' of its own");
    }
    let mut segments = Vec::new();
    for (index, segment) in raw.iter().enumerate() {
        let spot = spot.child(index);
        match (segment, segment.get("at").and_then(Value::as_str)) {
            (Value::String(text), _) if !text.is_empty() => {
                segments.push(LinkSegment::Text(text.clone()));
            }
            (Value::Object(map), Some(at)) if map.len() == 1 => {
                let Some(at) = pointer(at, &spot.child("at"), problems) else { continue };
                if at.single_key().is_none_or(|key| row.field(key).is_none()) {
                    spot.problem(problems, "the answer's row has no such field");
                }
                segments.push(LinkSegment::At(at));
            }
            _ => spot.problem(problems, "a segment is a text, or {at: /field}"),
        }
    }
    if segments.is_empty() {
        spot.problem(problems, "a link has at least one segment");
    }
    (problems.count() == before).then_some(Link(segments))
}

/// Adds the link to the output schema's row.
pub(super) fn describe(schema: &mut Map<String, Value>) {
    let places = ["/properties/items/items/properties", "/properties/item/properties"];
    let mut whole = Value::Object(std::mem::take(schema));
    for place in places {
        if let Some(row) = whole.pointer_mut(place).and_then(Value::as_object_mut) {
            row.insert("url".to_owned(), json!({"type": "string", "format": "uri"}));
        }
    }
    if let Value::Object(whole) = whole {
        *schema = whole;
    }
}
