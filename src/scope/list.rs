//! Lists inside the scope: rows that lie outside go, and the list is read on in their place.
//!
//! What a caller is given (rows, and whether there are more) depends on the rows inside alone:
//! a page that is short, or a cursor to nothing, would tell how many others there are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Content, bad_answer, keep};
use crate::backend::{Backends, Body, RawResult, Sent};
use crate::call::{Notes, Refusal};
use crate::catalog::{List, More};
use crate::request::Position;

/// One call reads no more pages than this; what it has found by then is given, with a cursor.
const MOST_PAGES: usize = 40;

/// Reads a list from the page that came until a page's rows and one more are inside, or it ends.
pub(super) async fn read(
    mut raw: RawResult,
    list: &List,
    backends: &Backends,
    notes: &Notes,
    sent: &mut Sent,
) -> Result<(RawResult, Content), Refusal> {
    let checked = raw.consent().located().checked();
    let wanted = checked.page_size().map_or(usize::MAX, |size| size.saturating_add(1));
    // Where only a part of a site is held, the service may give the whole site's rows.
    let mut doubtful = checked.permit().scopes().is_partial();
    let mut rows = Vec::new();
    let mut next = None;
    let mut partial = false;
    let mut about = None;
    let mut given = BTreeSet::new();
    for page in 1..=MOST_PAGES {
        let Body::Json { value: body, partial: lacking } = raw.body() else {
            return Err(bad_answer(&raw));
        };
        partial |= *lacking || list.says_partial(body);
        if let (None, Some(says)) = (&about, &list.about) {
            about = says.at.of(body).map(|value| says.row.project(value));
        }
        let items = list.items.of(body).and_then(Value::as_array);
        let items = items.ok_or_else(|| bad_answer(&raw))?;
        let at = raw.position();
        for (index, item) in items.iter().enumerate().skip(at.given) {
            match keep(&raw, &list.row, item) {
                Some(row) => {
                    let asked = list.asked.as_ref().and_then(|asked| asked.at.text_of(item));
                    given.extend(asked.map(str::to_owned));
                    rows.push((row, Position { given: index + 1, ..at.clone() }));
                }
                None => doubtful = true,
            }
        }
        // A service that calls this page the next one would never end.
        next = following(body, list.more.as_ref(), at).filter(|next| next != at);
        match &next {
            Some(at)
                if (doubtful || rows.is_empty()) && rows.len() < wanted && page < MOST_PAGES =>
            {
                raw = backends.read_on(raw, at.clone(), notes, sent).await?;
            }
            _ => break,
        }
    }
    let missing = missing(&raw, list, &given);
    let upto = list.limit.unwrap_or(usize::MAX);
    let cut = rows.len() > upto;
    rows.truncate(upto);
    Ok((raw, Content::Rows { rows, next, cut, partial, about, missing }))
}

/// The places of ids that were asked for and of which nothing was given: unknown, left out by the
/// service or outside of the scope, all alike.
pub(super) fn missing(raw: &RawResult, list: &List, given: &BTreeSet<String>) -> Vec<String> {
    let Some(asked) = &list.asked else { return Vec::new() };
    let arguments = raw.consent().located().checked().arguments();
    let named = arguments.get(&asked.argument).and_then(Value::as_array);
    let named = named.into_iter().flatten().enumerate();
    let lacking = named.filter(|(_, id)| !id.as_str().is_some_and(|id| given.contains(id)));
    lacking.map(|(index, _)| format!("{}.{index}", asked.argument)).collect()
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
