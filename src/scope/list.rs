//! Lists inside the scope: rows that lie outside go, and the list is read on in their place.
//!
//! What a caller is given (rows, and whether there are more) depends on the rows inside alone:
//! a page that is short, or a cursor to nothing, would tell how many others there are.

use serde_json::Value;

use super::{Content, bad_answer, keep};
use crate::backend::{Backends, Body, RawResult, Sent};
use crate::call::Refusal;
use crate::catalog::{More, Pointer, Row};
use crate::request::Position;

/// One call reads no more pages than this; what it has found by then is given, with a cursor.
const MOST_PAGES: usize = 40;

/// What the definition says of a list.
pub(super) struct Shape<'a> {
    pub(super) items: &'a Pointer,
    pub(super) more: Option<&'a More>,
    pub(super) row: &'a Row,
    pub(super) limit: Option<usize>,
}

/// Reads a list from the page that came until a page's rows and one more are inside, or it ends.
pub(super) async fn read(
    mut raw: RawResult,
    shape: &Shape<'_>,
    backends: &Backends,
    sent: &mut Sent,
) -> Result<(RawResult, Content), Refusal> {
    let checked = raw.consent().located().checked();
    let wanted = checked.page_size().map_or(usize::MAX, |size| size.saturating_add(1));
    // Where only a part of a site is held, the service may give the whole site's rows.
    let mut doubtful = checked.permit().scopes().is_partial();
    let mut rows = Vec::new();
    let mut next = None;
    for page in 1..=MOST_PAGES {
        let Body::Json(body) = raw.body() else { return Err(bad_answer(&raw)) };
        let items = shape.items.of(body).and_then(Value::as_array);
        let items = items.ok_or_else(|| bad_answer(&raw))?;
        let at = raw.position();
        for (index, item) in items.iter().enumerate().skip(at.given) {
            match keep(&raw, shape.row, item) {
                Some(row) => rows.push((row, Position { given: index + 1, ..at.clone() })),
                None => doubtful = true,
            }
        }
        // A service that calls this page the next one would never end.
        next = following(body, shape.more, at).filter(|next| next != at);
        match &next {
            Some(at)
                if (doubtful || rows.is_empty()) && rows.len() < wanted && page < MOST_PAGES =>
            {
                raw = backends.read_on(raw, at.clone(), sent).await?;
            }
            _ => break,
        }
    }
    let upto = shape.limit.unwrap_or(usize::MAX);
    let cut = rows.len() > upto;
    rows.truncate(upto);
    Ok((raw, Content::Rows { rows, next, cut }))
}

/// The next page's position, by what the service says of it.
fn following(body: &Value, more: Option<&More>, position: &Position) -> Option<Position> {
    match more? {
        More::Page { after, first } => {
            let rows_after = after.of(body).and_then(Value::as_u64)?;
            let page = position.page.unwrap_or(*first).checked_add(1)?;
            (rows_after > 0).then(|| Position { page: Some(page), ..Position::default() })
        }
        More::Token(at) => {
            let token = at.text_of(body).filter(|token| !token.is_empty())?.to_owned();
            Some(Position { token: Some(token), ..Position::default() })
        }
    }
}
