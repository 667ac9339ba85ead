//! What an answer looks like, and the output schema that follows from it.

use serde_json::{Map, Value, json};

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;
use crate::catalog::raw::{RawAbout, RawAnswer, RawAsked, RawMore};
use crate::catalog::row::Row;
use crate::catalog::spread::Spread;
use crate::catalog::tool::{About, Answer, Asked, List, More};

use super::{Service, pointer, text};

/// Reads an answer's shape.
pub(super) fn answer(
    raw: &RawAnswer,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Answer> {
    if raw.content {
        stray(raw, &["content"], spot, problems);
        return Some(Answer::Content);
    }
    if let Some(text) = &raw.text {
        stray(raw, &["text"], spot, problems);
        return text::text(text, &spot.child("text"), problems).map(Answer::Text);
    }
    if raw.parts {
        stray(raw, &["parts"], spot, problems);
        return Some(Answer::Parts);
    }
    if raw.document {
        stray(raw, &["document"], spot, problems);
        return Some(Answer::Document);
    }
    if let Some(most) = raw.results {
        stray(raw, &["results"], spot, problems);
        if most == 0 {
            spot.child("results").problem(problems, "at least one result");
        }
        return Some(Answer::Results { most });
    }
    match (&raw.items, &raw.record) {
        (Some(items), None) => list(raw, items, service, spot, problems).map(Answer::List),
        (None, Some(at)) => {
            stray(raw, &["record", "aggregate", "empty", "row", "link"], spot, problems);
            let at = pointer(at, &spot.child("record"), problems);
            let row = row(raw, service, spot, problems)?;
            match (&raw.empty, raw.aggregate) {
                (Some(empty), true) => {
                    check_empty(empty, &row, &spot.child("empty"), problems);
                    Some(Answer::Counts { at: at?, row, empty: empty.clone() })
                }
                (None, false) => Some(Answer::Record { at: at?, row }),
                (None, true) => {
                    let text = "say what the counts are where the person has no place: empty: \
                                {groups: [], total: 0}";
                    spot.problem(problems, text);
                    None
                }
                (Some(_), false) => {
                    let text = "'empty' is for counts: add aggregate: true, or take it away";
                    spot.child("empty").problem(problems, text);
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

/// A list of rows.
fn list(
    raw: &RawAnswer,
    items: &Value,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<List> {
    const TAKEN: [&str; 10] = [
        "items",
        "more",
        "limit",
        "partial",
        "truncated",
        "not_found",
        "only",
        "row",
        "link",
        "about",
    ];
    stray(raw, &TAKEN, spot, problems);
    let items = rows(items, &spot.child("items"), problems);
    let more = match &raw.more {
        Some(raw) => Some(more(raw, &spot.child("more"), problems)?),
        None => None,
    };
    if raw.limit == Some(0) {
        spot.child("limit").problem(problems, "a list has at least one row");
    }
    let row = row(raw, service, spot, problems)?;
    let mut at = |written: &Option<String>, key: &str| match written {
        Some(at) => pointer(at, &spot.child(key), problems).map(Some),
        None => Some(None),
    };
    let (partial, truncated) = (at(&raw.partial, "partial")?, at(&raw.truncated, "truncated")?);
    let about = match &raw.about {
        Some(RawAbout { at, row: name }) => {
            let spot = spot.child("about");
            let at = pointer(at, &spot.child("at"), problems);
            let row = named(Some(name), service, &spot, problems);
            Some(About { at: at?, row: row? })
        }
        None => None,
    };
    let mut pair = |written: &Option<RawAsked>, key: &str| match written {
        Some(RawAsked { arg, at }) => {
            let at = pointer(at, &spot.child(key).child("at"), problems)?;
            Some(Some(Asked { argument: arg.clone(), at }))
        }
        None => Some(None),
    };
    let (asked, only) = (pair(&raw.not_found, "not_found")?, pair(&raw.only, "only")?);
    let limit = raw.limit;
    Some(List { items: items?, more, row, limit, partial, truncated, asked, only, about })
}

/// Keys that mean nothing for this kind of answer.
fn stray(raw: &RawAnswer, taken: &[&str], spot: &Spot<'_>, problems: &mut Problems) {
    let written = [
        ("items", raw.items.is_some()),
        ("more", raw.more.is_some()),
        ("limit", raw.limit.is_some()),
        ("partial", raw.partial.is_some()),
        ("truncated", raw.truncated.is_some()),
        ("not_found", raw.not_found.is_some()),
        ("only", raw.only.is_some()),
        ("text", raw.text.is_some()),
        ("record", raw.record.is_some()),
        ("aggregate", raw.aggregate),
        ("empty", raw.empty.is_some()),
        ("row", raw.row.is_some()),
        ("about", raw.about.is_some()),
        ("link", raw.link.is_some()),
        ("parts", raw.parts),
        ("document", raw.document),
        ("results", raw.results.is_some()),
    ];
    for (key, _) in written.iter().filter(|(key, there)| *there && !taken.contains(key)) {
        let kind = taken.first().unwrap_or(&"");
        spot.child(key).problem(problems, format!("an answer with '{kind}' doesn't take this"));
    }
}

/// The lists that hold the rows: one place, or several.
fn rows(raw: &Value, spot: &Spot<'_>, problems: &mut Problems) -> Option<Vec<Spread>> {
    const FORM: &str = "write a JSON Pointer to the list, with * for every element of a list on the \
                        way, or several such";
    let written: Option<Vec<&str>> = match raw {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let read: Option<Vec<Spread>> = written
        .filter(|written| !written.is_empty())
        .and_then(|written| written.into_iter().map(Spread::parse).collect());
    let Some(read) = read else {
        spot.problem(problems, FORM);
        return None;
    };
    let late = |(index, inner): (usize, &Spread)| {
        read.iter().skip(index).any(|outer| inner.lies_in(outer))
    };
    if read.iter().enumerate().any(late) {
        let text = "outer rows come first, so that those inside of one that goes go with it: change \
                    the order";
        spot.problem(problems, text);
    }
    Some(read)
}

fn more(raw: &RawMore, spot: &Spot<'_>, problems: &mut Problems) -> Option<More> {
    match (&raw.page, &raw.token) {
        (None, None) if raw.whole => Some(More::Whole),
        (Some(page), None) if !raw.whole => {
            let after = pointer(page, &spot.child("page"), problems)?;
            // The request says which number the first page has.
            Some(More::Page { after, first: 1 })
        }
        (None, Some(token)) if !raw.whole => {
            Some(More::Token(pointer(token, &spot.child("token"), problems)?))
        }
        _ => {
            spot.problem(problems, "write page: /pointer, token: /pointer, or whole: true");
            None
        }
    }
}

/// The answer for an empty scope is shown like any other, so it has the row's shape.
fn check_empty(empty: &Value, row: &Row, spot: &Spot<'_>, problems: &mut Problems) {
    let schema = Value::Object(row.schema(|_| true).as_object().cloned().unwrap_or_default());
    let Ok(validator) = jsonschema::validator_for(&schema) else { return };
    for error in validator.iter_errors(empty) {
        let place = spot.below(error.instance_path().as_str());
        place.problem(problems, format!("doesn't fit the row: {}", error.masked_with("this")));
    }
}

fn row(
    raw: &RawAnswer,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Row> {
    named(raw.row.as_ref(), service, spot, problems)
}

/// The row of that name.
fn named(
    name: Option<&String>,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Row> {
    let known = || {
        let known: Vec<&str> = service.rows.keys().map(String::as_str).collect();
        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
    };
    let Some(name) = name else {
        let text =
            format!("say which row of _service.yaml it has: row: NAME; there are {}", known());
        spot.problem(problems, text);
        return None;
    };
    let row = service.rows.get(name);
    if row.is_none() {
        let text = format!("_service.yaml has no row '{name}'; there are {}", known());
        spot.child("row").problem(problems, text);
    }
    row.cloned()
}

/// The schema of the structured content: closed objects, every field typed.
///
/// `partial`: rows may come with some of their fields only, since the caller picks fields or since
/// they lie above the scope; then a row promises no more than its id. `names_many`: the caller can
/// name sites or records in a list, and is told which of them aren't theirs.
pub(super) fn output_schema(
    answer: &Answer,
    paged: bool,
    partial: bool,
    names_many: bool,
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
    let partly = json!({
        "type": "boolean",
        "description": "True where the service left something out.",
    });
    let not_found = json!({
        "type": "array",
        "items": {"type": "string"},
        "description": "Places in the arguments that name nothing of the person's.",
    });
    let schema = match answer {
        Answer::List(List { row, asked, about, .. }) => {
            let mut properties = json!({
                "items": {"type": "array", "items": schema_of(row)},
                "truncated": {"type": "boolean"},
                "partial": partly,
            });
            if paged {
                add(&mut properties, "nextCursor", json!({"type": "string"}));
            }
            if let Some(about) = about {
                add(&mut properties, "about", about.row.schema(|_| true));
            }
            if names_many || asked.is_some() {
                add(&mut properties, "notFound", not_found);
            }
            closed(properties, json!(["items"]))
        }
        Answer::Record { row, .. } => {
            closed(json!({"item": schema_of(row), "partial": partly}), json!(["item"]))
        }
        Answer::Text(_) => closed(json!({"item": text::schema()}), json!(["item"])),
        Answer::Counts { row, .. } => {
            let mut schema = row.schema(|_| true);
            if let Some(properties) = schema.get_mut("properties") {
                add(properties, "partial", partly);
                if names_many {
                    add(properties, "notFound", not_found);
                }
            }
            schema
        }
        // A composed tool's schema is made of its parts'.
        Answer::Content | Answer::Parts | Answer::Results { .. } | Answer::Document => return None,
    };
    match schema {
        Value::Object(schema) => Some(schema),
        _ => None,
    }
}

/// Adds a property to a schema's.
fn add(properties: &mut Value, name: &str, schema: Value) {
    if let Some(properties) = properties.as_object_mut() {
        properties.insert(name.to_owned(), schema);
    }
}
