//! `GET /tickets/statistics?siteIds&groupBy` -> `{groupBy, groups: [{key, name, count}], total}`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::bearer::{Caller, covers};
use super::super::fields::text;
use super::super::paging::Params;
use super::super::problem::Problem;
use super::super::services::Services;
use super::super::world::World;
use super::{Answer, VIEW};

const PRIORITIES: [&str; 5] = ["none", "urgent", "high", "medium", "low"];

/// Counts all tickets that the caller may see; with `siteIds`, those of these sites.
pub(super) async fn count(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let group_by = params.get("groupBy").unwrap_or("status");
    if !["site", "status", "priority", "category", "age"].contains(&group_by) {
        let fault = "One of site, status, priority, category, age.".to_owned();
        return Err(Problem::invalid([("groupBy".to_owned(), fault)]));
    }
    let wanted = params.list("siteIds");
    let now: DateTime<Utc> = services.clock().now().into();
    let world = services.world();
    let counted: Vec<&Value> = world
        .tickets
        .iter()
        .map(|ticket| &ticket.body)
        .filter(|ticket| covers(&scopes, ticket))
        .filter(|ticket| wanted.is_empty() || wanted.contains(&text(ticket, "siteId")))
        .collect();
    let mut groups: BTreeMap<(String, String), usize> = BTreeMap::new();
    for ticket in &counted {
        *groups.entry(group(&world, ticket, group_by, now)).or_default() += 1;
    }
    let groups: Vec<Value> = groups
        .into_iter()
        .map(|((key, name), count)| json!({"key": key, "name": name, "count": count}))
        .collect();
    Ok(Json(json!({"groupBy": group_by, "groups": groups, "total": counted.len()})))
}

/// The key and the name of the group that a ticket counts to.
fn group(world: &World, ticket: &Value, by: &str, now: DateTime<Utc>) -> (String, String) {
    let pair = |key: &str, name: &str| (key.to_owned(), name.to_owned());
    match by {
        "site" => {
            let id = text(ticket, "siteId");
            pair(id, world.site(id).map_or("", |site| text(site, "name")))
        }
        "priority" => {
            let priority = ticket.get("priority").and_then(Value::as_u64).unwrap_or_default();
            let name = usize::try_from(priority).ok().and_then(|index| PRIORITIES.get(index));
            pair(&priority.to_string(), name.copied().unwrap_or_default())
        }
        "category" => pair(text(ticket, "categoryId"), text(ticket, "category")),
        "age" => {
            let created = DateTime::parse_from_rfc3339(text(ticket, "createdDate"));
            let days = created.map_or(0, |created| (now - created.to_utc()).num_days());
            match days {
                ..1 => pair("0", "less than a day"),
                1..7 => pair("1", "1 to 6 days"),
                7..30 => pair("2", "7 to 29 days"),
                30..90 => pair("3", "30 to 89 days"),
                _ => pair("4", "90 days and more"),
            }
        }
        _ => pair(text(ticket, "statusId"), text(ticket, "statusName")),
    }
}
