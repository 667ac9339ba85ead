//! `GET /insights/alerts?siteIds&minPriority&since`: what is wrong now and nobody has dealt with, the
//! most urgent first, the newest first among equals.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::super::bearer::{Caller, covers};
use super::super::fields::text;
use super::super::paging::Params;
use super::super::services::Services;
use super::super::world::stable_id;
use super::{Answer, VIEW, at, moment};

/// What is less urgent than this (1 urgent, 4 low) raises no alert.
const LEAST: u64 = 2;

pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let wanted = params.list("siteIds");
    let least = params.number("minPriority", 4)?;
    let since = moment(&params, "since")?;
    let world = services.world();
    let mut found: Vec<Value> = world
        .insights
        .insights
        .iter()
        .filter(|insight| covers(&scopes, insight) && raises(insight))
        .map(alert)
        .filter(|alert| wanted.is_empty() || wanted.contains(&text(alert, "siteId")))
        .filter(|alert| usize::try_from(priority(alert)).is_ok_and(|own| own <= least))
        .filter(|alert| {
            since.is_none_or(|since| at(alert, "raisedDate").is_some_and(|own| own >= since))
        })
        .collect();
    found.sort_by(|one, other| {
        priority(one)
            .cmp(&priority(other))
            .then_with(|| text(other, "raisedDate").cmp(text(one, "raisedDate")))
            .then_with(|| text(one, "id").cmp(text(other, "id")))
    });
    params.page(&found.iter().collect::<Vec<_>>()).map(Json)
}

fn priority(record: &Value) -> u64 {
    record.get("priority").and_then(Value::as_u64).unwrap_or(u64::MAX)
}

fn raises(insight: &Value) -> bool {
    text(insight, "state") == "active"
        && ["new", "open"].contains(&text(insight, "status"))
        && priority(insight) <= LEAST
}

fn alert(insight: &Value) -> Value {
    json!({
        "id": stable_id(&format!("alert/{}", text(insight, "id"))),
        "insightId": insight.get("id"),
        "siteId": insight.get("siteId"),
        "floorCode": insight.get("floorCode"),
        "locationIds": insight.get("locationIds"),
        "twinId": insight.get("twinId"),
        "twinName": insight.get("twinName"),
        "name": insight.get("name"),
        "type": insight.get("type"),
        "priority": insight.get("priority"),
        "raisedDate": insight.get("lastOccurredDate"),
    })
}
