//! Which rows and fields of an answer the caller may see.
//!
//! A row that can't be shown to lie inside the scope is dropped, and a field that the definition
//! doesn't name leaves with it. The pipeline calls [`apply`] on every result, reads and writes alike.

mod list;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::access::{Standing, judge, without_others};
use crate::backend::{Backends, Body, RawResult, Sent, Streamed};
use crate::call::{Notes, Refusal, Trouble, TroubleKind};
use crate::catalog::{Answer, Filter, Pointer, Row, Unit};
use crate::private::Private;
use crate::request::{Checked, Position};

/// A result inside the caller's scope. Only [`apply`] makes it.
#[derive(Debug)]
pub struct Scoped {
    raw: RawResult,
    content: Private<Content>,
}

/// What is left of the result. Never formatted.
pub enum Content {
    /// Rows; in a list that pages, one more than a page has where there are that many.
    Rows {
        /// The rows, projected, each with where the list goes on after it.
        rows: Vec<(Value, Position)>,
        /// Where the list goes on after all of them, if it does.
        next: Option<Position>,
        /// True where rows were left out for their number.
        cut: bool,
        /// True where the service said that a part of the answer is missing.
        partial: bool,
        /// What the service says once, of all rows.
        about: Option<Value>,
        /// Ids in lists that find nothing for the caller, by place (`twinIds.3`).
        missing: Vec<String>,
    },
    /// One object: a record under `item`, or counts; and whether the service said that a part of it
    /// is missing.
    Object(Map<String, Value>, bool),
    /// A part of a text, and in what its length is counted. What it belongs to was located inside
    /// the scope.
    Text(Streamed, Unit),
    /// MCP content blocks, and whether they tell of an error.
    Blocks(Vec<Value>, bool),
}

/// Holds a raw result inside the scope. A list of which rows are left out is read on, so that
/// neither the length of a page nor a cursor tells of them.
///
/// # Errors
/// [`Refusal::NotFound`] for a record outside; [`TroubleKind::BadAnswer`] where the answer isn't
/// what the definition says; the service's own trouble with a further page.
pub async fn apply(
    raw: RawResult,
    backends: &Backends,
    notes: &Notes,
    sent: &mut Sent,
) -> Result<Scoped, Refusal> {
    let tool = raw.consent().located().checked().permit().tool().clone();
    if let (Body::Json { .. }, Answer::List(list)) = (raw.body(), &tool.answer) {
        let (raw, content) = list::read(raw, list, backends, notes, sent).await?;
        return Ok(Scoped { raw, content: content.into() });
    }
    let content = match (raw.body(), &tool.answer) {
        (Body::Content { blocks, is_error }, Answer::Content) => {
            Content::Blocks(blocks.clone(), *is_error)
        }
        (Body::Nothing, Answer::List(list)) => {
            let missing = list::missing(&raw, list, &BTreeSet::new());
            let (rows, about) = (Vec::new(), None);
            Content::Rows { rows, next: None, cut: false, partial: false, about, missing }
        }
        (Body::Nothing, Answer::Counts { empty, .. }) => {
            Content::Object(empty.as_object().cloned().unwrap_or_default(), false)
        }
        (Body::Text(text), Answer::Text(answer)) => Content::Text(text.clone(), answer.unit),
        (Body::Nothing, Answer::Record { .. } | Answer::Text(_)) => return Err(not_found(&raw)),
        (Body::Json { value, partial }, Answer::Record { at, row }) => {
            let record = at.of(value).filter(|record| record.is_object());
            let record = record.ok_or_else(|| bad_answer(&raw))?;
            let kept = keep(&raw, row, record).ok_or_else(|| outside(&raw))?;
            Content::Object(Map::from_iter([("item".to_owned(), kept)]), *partial)
        }
        (Body::Json { value, partial }, Answer::Counts { at, row, .. }) => {
            let counts = at.of(value).ok_or_else(|| bad_answer(&raw))?;
            match row.project(counts) {
                Value::Object(counts) => Content::Object(counts, *partial),
                _ => return Err(bad_answer(&raw)),
            }
        }
        _ => return Err(bad_answer(&raw)),
    };
    Ok(Scoped { raw, content: content.into() })
}

/// The part of a row that the caller may see; nothing where that is nothing.
fn keep(raw: &RawResult, row: &Row, item: &Value) -> Option<Value> {
    let located = raw.consent().located();
    let permit = located.checked().permit();
    match &permit.tool().scope.filter {
        None => Some(row.project(item)),
        Some(Filter::Equal { at, argument, found }) => {
            let theirs = located.records().get(argument)?;
            theirs.agrees(at, item, found).then(|| row.project(item))
        }
        Some(Filter::Place(place)) => {
            let shown = || row.project(&without_others(place, permit.scopes(), item));
            let person = permit.identity().subject();
            match judge(place, permit.scopes(), located.ancestors(), person, item) {
                Standing::Inside => Some(shown()),
                Standing::Above => Some(only(&place.above, shown())),
                Standing::Outside => None,
            }
        }
    }
}

fn only(fields: &[Pointer], row: Value) -> Value {
    let Value::Object(row) = row else { return Value::Object(Map::new()) };
    let named = |key: &str| fields.iter().any(|field| field.single_key() == Some(key));
    Value::Object(row.into_iter().filter(|(key, _)| named(key)).collect())
}

/// A record that can't be shown to lie inside: there is none. But what was written was written,
/// wherever the service says that it now lies.
fn outside(raw: &RawResult) -> Refusal {
    let writes = raw.consent().located().checked().permit().tool().writes();
    if writes { bad_answer(raw) } else { not_found(raw) }
}

fn not_found(raw: &RawResult) -> Refusal {
    let tool = raw.consent().located().checked().permit().tool();
    let named = tool.input.resolved.first().map(|resolved| resolved.argument.clone());
    Refusal::NotFound { argument: named.unwrap_or_default() }
}

fn bad_answer(raw: &RawResult) -> Refusal {
    let tool = raw.consent().located().checked().permit().tool();
    let kind = if tool.writes() { TroubleKind::Unknown } else { TroubleKind::BadAnswer };
    Refusal::Service(Trouble { service: tool.backend.clone(), kind })
}

impl Scoped {
    /// The checked call that it answers.
    pub fn checked(&self) -> &Checked {
        self.raw.consent().located().checked()
    }

    /// What is left of the result.
    pub fn content(&self) -> &Content {
        &self.content
    }
}
