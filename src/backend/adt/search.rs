//! Pages and counts of twins. A scope that doesn't fit one query is asked for in several, one after
//! the other; the token that goes out says which of them, and how far.

use serde_json::{Value, json};

use crate::call::TroubleKind;

use super::Stopped;
use super::ask::{Related, Search};
use super::client::{Asked, Client};
use super::condition::is_twin_id;
use super::query::{self, TWIN, What};
use super::record::{twin, unwrapped};

/// Twins a page, where nothing is said.
const USUAL_PAGE: usize = 25;

/// `{items, next?}`
pub(super) async fn twins(search: &Search, client: &mut Client<'_, '_>) -> Result<Value, Stopped> {
    if let Some(related) = &search.related
        && !is_seen(related, client).await?
    {
        return Ok(json!({"items": []}));
    }
    let queries = query::twins(search, What::Twins)?;
    let (number, rest) = position(search.after.as_deref()).ok_or(TroubleKind::BadAnswer)?;
    let Some(text) = queries.get(number) else { return Ok(json!({"items": []})) };
    let asked = rest.map_or(Asked::Query(text), Asked::Rest);
    let page = client.query(asked, search.page_size.unwrap_or(USUAL_PAGE)).await?;
    let rows = page.rows.into_iter().filter_map(|row| twin(unwrapped(row, TWIN)));
    let items: Vec<Value> = rows.collect();
    let after = number + 1;
    let next = match page.next {
        Some(token) => Some(format!("{number}:{token}")),
        None => (after < queries.len()).then(|| format!("{after}:")),
    };
    Ok(json!({"items": items, "next": next}))
}

/// `{total}`, over all parts of the scope.
pub(super) async fn count(search: &Search, client: &mut Client<'_, '_>) -> Result<Value, Stopped> {
    let mut total = 0_u64;
    for text in query::twins(search, What::Count)? {
        let page = client.query(Asked::Query(&text), 1).await?;
        let counted = page.rows.first().and_then(|row| row.get("COUNT")).and_then(Value::as_u64);
        total = total.saturating_add(counted.ok_or(TroubleKind::BadAnswer)?);
    }
    Ok(json!({"total": total}))
}

/// Is the twin at the other end one that the caller sees? What is related to a hidden one would tell
/// of it.
async fn is_seen(related: &Related, client: &mut Client<'_, '_>) -> Result<bool, Stopped> {
    if !is_twin_id(&related.twin_id) {
        return Ok(false);
    }
    match client.twin(&related.twin_id).await? {
        Some(twin) => client.shows(&twin),
        None => Ok(false),
    }
}

/// Which query, and the service's own token for the rest of it.
fn position(after: Option<&str>) -> Option<(usize, Option<&str>)> {
    let Some(after) = after else { return Some((0, None)) };
    let (number, token) = after.split_once(':')?;
    Some((number.parse().ok()?, Some(token).filter(|token| !token.is_empty())))
}
