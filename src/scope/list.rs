//! Lists inside the scope: rows that lie outside go, and the list is read on in their place.
//!
//! What a caller is given (rows, and whether there are more) depends on the rows inside alone:
//! a page that is short, or a cursor to nothing, would tell how many others there are.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Content, bad_answer, keep};
use crate::backend::{Backends, Body, RawResult, Sent};
use crate::call::{Note, Notes, Refusal};
use crate::catalog::{Filter, List, More};
use crate::request::Position;

/// One call reads no more pages than this; what it has found by then is given, with a cursor.
const MOST_PAGES: usize = 40;
/// Rows that are read on for where a tool pages without a `pageSize`.
const WITHOUT_A_LENGTH: usize = 200;

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
    // A caller who says no page's length is given about as much as an answer holds.
    let fill = if checked.page_size().is_some() { 1 } else { WITHOUT_A_LENGTH };
    // Where only a part of a site is held, the service may give the whole site's rows. That rows may be
    // hidden follows from the tool and the scope, so that a cursor tells nothing of whether some are.
    let (scopes, rule) = (checked.permit().scopes(), &checked.permit().tool().scope);
    let mut doubtful = scopes.is_partial() || rule.expects_hidden(scopes.is_global());
    let mut rows = Vec::new();
    let mut next = None;
    let mut partial = false;
    let mut cut = false;
    let mut about = None;
    let mut given = BTreeSet::new();
    for page in 1..=MOST_PAGES {
        let Body::Json { value: body, partial: lacking } = raw.body() else {
            return Err(bad_answer(&raw));
        };
        partial |= *lacking || list.says_partial(body);
        cut |= list.says_truncated(body);
        if let (None, Some(says)) = (&about, &list.about) {
            about = says.at.of(body).map(|value| says.row.project(value));
        }
        let items = items(body, list).ok_or_else(|| bad_answer(&raw))?;
        let at = raw.position();
        let kept = kept(&raw, &items, list);
        for (index, (item, row)) in items.iter().zip(kept).enumerate().skip(at.given) {
            let (_, item) = item;
            match row {
                Some(_) if !is_wanted(&raw, list, item) => {}
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
                if (doubtful || rows.len() < fill) && rows.len() < wanted && page < MOST_PAGES =>
            {
                raw = Box::pin(backends.read_on(raw, at.clone(), notes, sent)).await?;
                tell(&raw, page + 1, notes);
            }
            _ => break,
        }
    }
    let missing = missing(&raw, list, &given);
    let upto = list.limit.unwrap_or(usize::MAX);
    cut |= rows.len() > upto;
    rows.truncate(upto);
    Ok((raw, Content::Rows { rows, next, cut, partial, about, missing }))
}

/// Every row that the answer holds, with the elements that it lies in.
fn items<'a>(body: &'a Value, list: &List) -> Option<Vec<(Vec<&'a Value>, &'a Value)>> {
    if !list.items.first()?.begins_with_a_list(body) {
        return None;
    }
    let mut items = Vec::new();
    for (way, rows) in list.items.iter().flat_map(|lists| lists.reach(body)) {
        items.extend(rows.as_array().into_iter().flatten().map(|row| (way.clone(), row)));
    }
    Some(items)
}

/// What is kept of each row: nothing of one that lies in a row of which nothing is kept, whatever
/// place it names itself.
fn kept(raw: &RawResult, items: &[(Vec<&Value>, &Value)], list: &List) -> Vec<Option<Value>> {
    let mut gone: BTreeSet<*const Value> = BTreeSet::new();
    let judge = |(way, item): &(Vec<&Value>, &Value)| {
        let inside = !way.iter().any(|outer| gone.contains(&std::ptr::from_ref(*outer)));
        let row = inside.then(|| keep(raw, &list.row, item)).flatten();
        if row.is_none() {
            gone.insert(std::ptr::from_ref(*item));
        }
        row
    };
    items.iter().map(judge).collect()
}

/// Is it one of those that an argument picks?
fn is_wanted(raw: &RawResult, list: &List, item: &Value) -> bool {
    let Some(only) = &list.only else { return true };
    match raw.consent().located().checked().arguments().get(&only.argument) {
        None => true,
        Some(Value::Array(values)) => values.iter().any(|one| only.at.of(item) == Some(one)),
        Some(value) => only.at.of(item) == Some(value),
    }
}

/// The places of ids that found nothing: unknown, left out by the service or outside of the scope,
/// all alike. Those of which no record was located, and, where a list has one row for each id
/// (`not_found`), those of which no row was given.
pub(super) fn missing(raw: &RawResult, list: &List, given: &BTreeSet<String>) -> Vec<String> {
    let located = raw.consent().located();
    let mut missing = located.missing().to_vec();
    let Some(asked) = &list.asked else { return missing };
    let named = located.checked().arguments().get(&asked.argument).and_then(Value::as_array);
    let named = named.into_iter().flatten().enumerate();
    let lacking = named.filter(|(_, id)| !id.as_str().is_some_and(|id| given.contains(id)));
    // An id of which no record was located has no row either: said once, in the order of the ids.
    let own = format!("{}.", asked.argument);
    missing.retain(|place| !place.starts_with(&own));
    missing.extend(lacking.map(|(index, _)| format!("{own}{index}")));
    missing
}

/// Word of a list that takes long. How many pages were read tells how many rows lie outside, so that
/// only what belongs to located records is told of, where no row is judged by its own place: there, all
/// rows are the caller's own.
fn tell(raw: &RawResult, pages: usize, notes: &Notes) {
    let scope = &raw.consent().located().checked().permit().tool().scope;
    if scope.resolved.is_empty() || matches!(scope.filter, Some(Filter::Place(_))) {
        return;
    }
    let done = f64::from(u32::try_from(pages).unwrap_or(u32::MAX));
    let message = Some(format!("read {pages} pages"));
    notes.write(Note::Progress { done, total: None, message });
}

/// The next page's position, by what the service says of it.
fn following(body: &Value, more: Option<&More>, position: &Position) -> Option<Position> {
    match more? {
        More::Page { after, first } => {
            let rows_after = after.of(body).and_then(Value::as_u64)?;
            let page = position.page.unwrap_or(*first).checked_add(1)?;
            (rows_after > 0).then(|| Position { page: Some(page), ..Position::default() })
        }
        More::Whole => None,
        More::Token(at) => {
            let token = at.text_of(body).filter(|token| !token.is_empty())?.to_owned();
            Some(Position { token: Some(token), ..Position::default() })
        }
    }
}
