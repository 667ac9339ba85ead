//! Which rows and fields of an answer the caller may see.
//!
//! A row that can't be shown to lie inside the scope is dropped, and a field that the definition
//! doesn't name leaves with it. The pipeline calls [`apply`] on every result, reads and writes alike.

use serde_json::{Map, Value};

use crate::access::{Standing, judge};
use crate::backend::{Body, RawResult};
use crate::call::{Refusal, Trouble, TroubleKind};
use crate::catalog::{Answer, Filter, More, Pointer, Row};
use crate::request::{Checked, Position};

/// A result inside the caller's scope. Only [`apply`] makes it.
#[derive(Debug)]
pub struct Scoped {
    raw: RawResult,
    content: Content,
    /// How many of the service's pages were read for it.
    pages: usize,
}

/// What was kept of a list whose page isn't full yet.
#[derive(Debug)]
pub struct Kept {
    rows: Vec<(Value, Position)>,
    pages: usize,
}

/// What is left of the result.
#[derive(Debug)]
pub enum Content {
    /// Rows, each with where the list goes on after it.
    Rows {
        /// The rows, projected.
        rows: Vec<(Value, Position)>,
        /// Where the next page begins, if there is one.
        next: Option<Position>,
        /// True where rows were left out for their number.
        cut: bool,
    },
    /// One object: a record under `item`, or counts.
    Object(Map<String, Value>),
    /// MCP content blocks, and whether they tell of an error.
    Blocks(Vec<Value>, bool),
}

/// Holds a raw result inside the scope.
///
/// # Errors
/// [`Refusal::NotFound`] for a record outside; [`TroubleKind::BadAnswer`] where the answer isn't
/// what the definition says.
pub fn apply(raw: RawResult) -> Result<Scoped, Refusal> {
    let tool = raw.consent().located().checked().permit().tool().clone();
    let content = match (raw.body(), &tool.answer) {
        (Body::Content { blocks, is_error }, Answer::Content) => {
            Content::Blocks(blocks.clone(), *is_error)
        }
        (Body::Nothing, Answer::List { .. }) => {
            Content::Rows { rows: Vec::new(), next: None, cut: false }
        }
        (Body::Nothing, Answer::Counts { empty, .. }) => {
            Content::Object(empty.as_object().cloned().unwrap_or_default())
        }
        (Body::Nothing, Answer::Record { .. }) => return Err(not_found(&raw)),
        (Body::Json(body), Answer::List { items, more, row, limit }) => {
            rows(&raw, body, items, more.as_ref(), row, *limit)?
        }
        (Body::Json(body), Answer::Record { at, row }) => {
            let record = at.of(body).filter(|record| record.is_object());
            let record = record.ok_or_else(|| bad_answer(&raw))?;
            let kept = keep(&raw, row, record).ok_or_else(|| not_found(&raw))?;
            Content::Object(Map::from_iter([("item".to_owned(), kept)]))
        }
        (Body::Json(body), Answer::Counts { at, row, .. }) => {
            let counts = at.of(body).ok_or_else(|| bad_answer(&raw))?;
            match row.project(counts) {
                Value::Object(counts) => Content::Object(counts),
                _ => return Err(bad_answer(&raw)),
            }
        }
        _ => return Err(bad_answer(&raw)),
    };
    Ok(Scoped { raw, content, pages: 1 })
}

fn rows(
    raw: &RawResult,
    body: &Value,
    items: &Pointer,
    more: Option<&More>,
    row: &Row,
    limit: Option<usize>,
) -> Result<Content, Refusal> {
    let items = items.of(body).and_then(Value::as_array).ok_or_else(|| bad_answer(raw))?;
    let position = raw.position();
    let upto = limit.unwrap_or(items.len()).min(items.len());
    let rows = items.iter().enumerate().take(upto).skip(position.given);
    let rows = rows
        .filter_map(|(index, item)| {
            let after = Position { given: index + 1, ..position.clone() };
            keep(raw, row, item).map(|row| (row, after))
        })
        .collect();
    Ok(Content::Rows { rows, next: next(body, more, position), cut: upto < items.len() })
}

/// The next page's position, by what the service says of it.
fn next(body: &Value, more: Option<&More>, position: &Position) -> Option<Position> {
    match more? {
        More::Page(after) => {
            let rows_after = after.of(body).and_then(Value::as_u64)?;
            let page = position.page.unwrap_or(1) + 1;
            (rows_after > 0).then(|| Position { page: Some(page), ..Position::default() })
        }
        More::Token(at) => {
            let token = at.text_of(body).filter(|token| !token.is_empty())?.to_owned();
            Some(Position { token: Some(token), ..Position::default() })
        }
    }
}

/// The part of a row that the caller may see; nothing where that is nothing.
fn keep(raw: &RawResult, row: &Row, item: &Value) -> Option<Value> {
    let located = raw.consent().located();
    let permit = located.checked().permit();
    match &permit.tool().scope.filter {
        None => Some(row.project(item)),
        Some(Filter::Equal { at, argument, found }) => {
            let theirs = located.records().get(argument).and_then(|record| found.of(&record.value));
            (theirs.is_some() && at.of(item) == theirs).then(|| row.project(item))
        }
        Some(Filter::Place(place)) => {
            match judge(place, permit.scopes(), located.ancestors(), item) {
                Standing::Inside => Some(row.project(item)),
                Standing::Above => Some(only(&place.above, row.project(item))),
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

/// A list whose page isn't full is read on for at most so many of the service's pages.
const MAX_PAGES: usize = 10;

impl Scoped {
    /// Where a list has to be read on, since rows outside the scope left its page short.
    pub fn reads_on(&self) -> Option<Position> {
        let Content::Rows { rows, next: Some(next), .. } = &self.content else { return None };
        let wanted = self.checked().arguments().get("pageSize").and_then(Value::as_u64)?;
        let short = u64::try_from(rows.len()).is_ok_and(|rows| rows < wanted);
        (short && self.pages < MAX_PAGES).then(|| next.clone())
    }

    /// Takes the list apart: what was kept, and the call that it answers, to be read on.
    pub fn reopen(self) -> (Kept, RawResult) {
        let rows = match self.content {
            Content::Rows { rows, .. } => rows,
            _ => Vec::new(),
        };
        (Kept { rows, pages: self.pages }, self.raw)
    }

    /// Puts what was kept of the pages before in front.
    pub fn after(mut self, kept: Kept) -> Self {
        if let Content::Rows { rows, .. } = &mut self.content {
            rows.splice(0..0, kept.rows);
        }
        self.pages += kept.pages;
        self
    }

    /// The checked call that it answers.
    pub fn checked(&self) -> &Checked {
        self.raw.consent().located().checked()
    }

    /// What is left of the result.
    pub fn content(&self) -> &Content {
        &self.content
    }
}
