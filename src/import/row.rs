//! Rows: the fields that an answer's schema names, as a definition writes them. What a row can't hold
//! is left out and said.

use serde_json::{Map, Value};

use super::body::is_secret;
use super::shape::{Fields, Kind, Shape};

/// Every client is sent the whole row as part of the output schema.
const MAX_FIELDS: usize = 100;

/// A row, and what isn't in it.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub fields: Map<String, Value>,
    /// `owner.links: why`
    pub lost: Vec<String>,
}

/// Makes a row of an object's fields.
pub(super) fn row(fields: &Fields) -> Row {
    let mut row = Row::default();
    let mut room = MAX_FIELDS;
    row.fields = object(fields, "", &mut room, &mut row.lost);
    row
}

fn object(
    fields: &Fields,
    place: &str,
    room: &mut usize,
    lost: &mut Vec<String>,
) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, shape) in fields.all.iter().filter(|(_, shape)| !shape.write_only) {
        let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        if *room == 0 {
            lost.push(format!("{place}: a row has at most {MAX_FIELDS} fields"));
            break;
        }
        *room -= 1;
        if is_secret(name, shape) {
            lost.push(format!("{place}: it is a secret"));
            continue;
        }
        let must = fields.requires(name) && !shape.nullable && shape.is_scalar();
        if let Some(value) = value(shape, &place, must, room, lost) {
            object.insert(name.clone(), value);
        }
    }
    object
}

fn value(
    shape: &Shape,
    place: &str,
    must: bool,
    room: &mut usize,
    lost: &mut Vec<String>,
) -> Option<Value> {
    let word = match &shape.kind {
        Kind::Text => match shape.format() {
            Some("date-time") => "time",
            Some(format @ ("date" | "uuid")) => format,
            _ => "string",
        },
        Kind::Integer => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::List(item) => {
            let item = value(item, place, false, room, lost)?;
            return Some(Value::Array(vec![item]));
        }
        Kind::Object(fields) => {
            let inner = object(fields, place, room, lost);
            if inner.is_empty() {
                lost.push(format!("{place}: its fields have no names"));
                return None;
            }
            return Some(Value::Object(inner));
        }
        Kind::Open(why) => {
            lost.push(format!("{place}: {why}"));
            return None;
        }
    };
    Some(Value::String(if must { format!("{word}!") } else { word.to_owned() }))
}
