//! Row definitions: `field: type`, with `!` for one that must be there.

use serde_json::{Map, Value};

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;
use crate::catalog::row::{Field, Row, Shape};

/// Reads a row's fields.
pub(in crate::catalog) fn row(
    fields: &Map<String, Value>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Row {
    if fields.is_empty() {
        spot.problem(problems, "write at least one field: what isn't named here is never shown");
    }
    let fields = fields.iter().filter_map(|(name, value)| {
        let (shape, required) = shape(value, &spot.child(name), problems)?;
        Some(Field { name: name.clone(), shape, required })
    });
    Row { fields: fields.collect() }
}

fn shape(value: &Value, spot: &Spot<'_>, problems: &mut Problems) -> Option<(Shape, bool)> {
    match value {
        Value::String(text) => {
            let (name, required) =
                text.strip_suffix('!').map_or((text.as_str(), false), |name| (name, true));
            match scalar(name) {
                Some(shape) => return Some((shape, required)),
                None => spot.problem(
                    problems,
                    "write string, integer, number, boolean, time, date, uuid or value, with ! \
                     if it must be there",
                ),
            }
        }
        Value::Array(items) => match items.as_slice() {
            [item] => {
                let (item, demanded) = shape(item, &spot.child(0), problems)?;
                if demanded {
                    let text = "! is for fields: an element that isn't there needs no demand";
                    spot.child(0).problem(problems, text);
                }
                return Some((Shape::List(Box::new(item)), false));
            }
            _ => spot.problem(problems, "a list has exactly one shape: [string]"),
        },
        Value::Object(fields) => {
            return Some((Shape::Object(row(fields, spot, problems)), false));
        }
        _ => spot.problem(problems, "write a type, a list of one shape, or an object of fields"),
    }
    None
}

fn scalar(name: &str) -> Option<Shape> {
    Some(match name {
        "string" => Shape::Text { format: None },
        "time" => Shape::Text { format: Some("date-time") },
        "date" => Shape::Text { format: Some("date") },
        "uuid" => Shape::Text { format: Some("uuid") },
        "integer" => Shape::Integer,
        "number" => Shape::Number,
        "boolean" => Shape::Boolean,
        "value" => Shape::Scalar,
        _ => return None,
    })
}
