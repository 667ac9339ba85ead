//! One twin's relationships, each with the twin at its other end, so that both ends can be judged.
//! Those that go out come first, then those that come in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::TroubleKind;

use super::Stopped;
use super::ask::{Relations, Way};
use super::client::{Client, token_of};
use super::condition::{Unfit, is_name, is_twin_id};
use super::record::{relationship, set, text};

/// As many relationships are shown beside a twin.
const BESIDE: usize = 100;
/// As many pages are read for them.
const MOST_PAGES: usize = 10;

/// `{items, next?}`: a page of relationships, as long as the service makes it.
pub(super) async fn page(asked: &Relations, client: &mut Client<'_, '_>) -> Result<Value, Stopped> {
    if !is_twin_id(&asked.of) {
        return Err(TroubleKind::Gone.into());
    }
    if !asked.names.iter().all(|name| is_name(name)) {
        return Err(Unfit::Relationship.into());
    }
    let ways = asked.direction.ways();
    let (number, token) = position(asked.after.as_deref()).ok_or(TroubleKind::BadAnswer)?;
    let Some(way) = ways.get(number) else { return Ok(json!({"items": []})) };
    let list = match way {
        Way::Out => "relationships",
        Way::In => "incomingrelationships",
    };
    let mut query = Vec::new();
    if let ([only], Way::Out) = (asked.names.as_slice(), way) {
        query.push(("relationshipName", only.as_str()));
    }
    if let Some(token) = token {
        query.push(("continuationToken", token));
    }
    let mut answer =
        client.get(&["digitaltwins", &asked.of, list], &query, asked.page_size).await?;
    let Some(Value::Array(rows)) = answer.get_mut("value").map(Value::take) else {
        return Err(TroubleKind::BadAnswer.into());
    };
    let mut items: Vec<Value> = rows.into_iter().filter_map(relationship).collect();
    items.retain(|one| {
        asked.names.is_empty() || asked.names.iter().any(|name| name == text(one, "name"))
    });
    for item in &mut items {
        // The list says one end only: the other is the twin itself.
        let (end, direction) = match way {
            Way::Out => ("sourceId", "outgoing"),
            Way::In => ("targetId", "incoming"),
        };
        set(item, end, asked.of.clone());
        set(item, "direction", direction);
    }
    let items = with_other_ends(items, *way, client).await?;
    let after = number + 1;
    let next = match token_of(text(&answer, "nextLink")) {
        Some(token) => Some(format!("{number}:{token}")),
        None => (after < ways.len()).then(|| format!("{after}:")),
    };
    Ok(json!({"items": items, "next": next}))
}

/// Puts the twin at the other end under `twin`; nothing stands there where there is none.
async fn with_other_ends(
    mut items: Vec<Value>,
    way: Way,
    client: &mut Client<'_, '_>,
) -> Result<Vec<Value>, Stopped> {
    let other = match way {
        Way::Out => "targetId",
        Way::In => "sourceId",
    };
    let mut ids: Vec<&str> = items.iter().map(|item| text(item, other)).collect();
    ids.retain(|id| is_twin_id(id));
    ids.sort_unstable();
    ids.dedup();
    let twins = client.twins(&ids, None).await?;
    let twins: BTreeMap<&str, &Value> = twins.iter().map(|twin| (text(twin, "id"), twin)).collect();
    for item in &mut items {
        let twin = twins.get(text(item, other)).copied().cloned();
        set(item, "twin", twin.unwrap_or_default());
    }
    Ok(items)
}

/// The twin with `relationships`, those of them whose other end the caller sees.
pub(super) async fn beside(mut twin: Value, client: &mut Client<'_, '_>) -> Result<Value, Stopped> {
    let mut asked = Relations {
        of: text(&twin, "id").to_owned(),
        direction: super::ask::Direction::Both,
        names: Vec::new(),
        page_size: None,
        after: None,
    };
    let mut shown = Vec::new();
    let mut whole = false;
    for _ in 0..MOST_PAGES {
        let mut page = page(&asked, client).await?;
        let items = page.get_mut("items").map(Value::take);
        for item in items.as_ref().and_then(Value::as_array).into_iter().flatten() {
            if client.shows(item.get("twin").unwrap_or(&Value::Null))? {
                shown.push(item.clone());
            }
        }
        asked.after = page.get("next").and_then(Value::as_str).map(str::to_owned);
        whole = asked.after.is_none();
        if whole || shown.len() > BESIDE {
            break;
        }
    }
    whole &= shown.len() <= BESIDE;
    shown.truncate(BESIDE);
    set(&mut twin, "relationships", shown);
    set(&mut twin, "moreRelationships", !whole);
    Ok(twin)
}

/// Which way, and the service's own token for the rest of it.
fn position(after: Option<&str>) -> Option<(usize, Option<&str>)> {
    let Some(after) = after else { return Some((0, None)) };
    let (number, token) = after.split_once(':')?;
    Some((number.parse().ok()?, Some(token).filter(|token| !token.is_empty())))
}
