//! `GET /insights/summary?groupBy&siteIds&start&end` -> `{groupBy, groups: [{key, name, count}], total}`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::super::bearer::{Caller, covers};
use super::super::fields::text;
use super::super::paging::Params;
use super::super::problem::Problem;
use super::super::services::Services;
use super::super::world::World;
use super::{Answer, VIEW, moment, occurred};

const PRIORITIES: [&str; 5] = ["none", "urgent", "high", "medium", "low"];

/// Counts the insights that the caller may see, roots and children alike; with `siteIds`, those that
/// lie at these sites.
pub(super) async fn count(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let group_by = params.get("groupBy").unwrap_or("type");
    if !["site", "type", "priority", "skill", "status"].contains(&group_by) {
        let fault = "One of site, type, priority, skill, status.".to_owned();
        return Err(Problem::invalid([("groupBy".to_owned(), fault)]));
    }
    let (start, end) = (moment(&params, "start")?, moment(&params, "end")?);
    let wanted = params.list("siteIds");
    let world = services.world();
    let counted = world
        .insights
        .insights
        .iter()
        .filter(|insight| covers(&scopes, insight))
        .filter(|insight| wanted.is_empty() || wanted.contains(&text(insight, "siteId")))
        .filter(|insight| occurred(insight, start, end));
    let mut groups: BTreeMap<(String, String), usize> = BTreeMap::new();
    for insight in counted {
        *groups.entry(group(&world, insight, group_by)).or_default() += 1;
    }
    let total: usize = groups.values().sum();
    let groups = groups.into_iter();
    let groups = groups.map(|((key, name), n)| json!({"key": key, "name": name, "count": n}));
    let groups: Vec<Value> = groups.collect();
    Ok(Json(json!({"groupBy": group_by, "groups": groups, "total": total})))
}

/// The key and the name of the group that an insight counts to.
fn group(world: &World, insight: &Value, by: &str) -> (String, String) {
    let (key, name) = match by {
        "site" => {
            let id = text(insight, "siteId");
            (id, world.site(id).map_or("", |site| text(site, "name")))
        }
        "priority" => {
            let priority = insight.get("priority").and_then(Value::as_u64).unwrap_or_default();
            let name = usize::try_from(priority).ok().and_then(|index| PRIORITIES.get(index));
            return (priority.to_string(), name.copied().unwrap_or_default().to_owned());
        }
        "skill" => (text(insight, "skillId"), text(insight, "skillName")),
        "status" => (text(insight, "status"), text(insight, "status")),
        _ => (text(insight, "type"), text(insight, "type")),
    };
    (key.to_owned(), name.to_owned())
}
