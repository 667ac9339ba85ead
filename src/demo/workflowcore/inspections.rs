//! Inspections, their checks and what was written down (reads only).

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::super::bearer::{Caller, covers};
use super::super::fields::{set, text, texts};
use super::super::paging::Params;
use super::super::problem::Problem;
use super::super::services::Services;
use super::super::world::{World, find};
use super::Answer;
use crate::access::Scopes;

const VIEW: &str = "WillowApp.CanViewInspections";

/// `GET /inspections?siteIds&status`, the next one due first.
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let (sites, statuses) = (params.list("siteIds"), params.list("status"));
    let location = params.get("locationId");
    let mut found: Vec<&Value> = world
        .inspections
        .inspections
        .iter()
        .filter(|one| covers(&scopes, one))
        .filter(|one| sites.is_empty() || sites.contains(&text(one, "siteId")))
        .filter(|one| statuses.is_empty() || statuses.contains(&text(one, "status")))
        .filter(|one| location.is_none_or(|id| lies_in(one, id)))
        .collect();
    found.sort_by_key(|one| (text(one, "nextDueDate"), text(one, "id")));
    params.page(&found).map(Json)
}

fn lies_in(record: &Value, location: &str) -> bool {
    texts(record, "locationIds").any(|id| id == location)
}

/// `GET /inspections/{id}`: the inspection with its checks.
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let mut whole = visible(&world, &scopes, &id)?.clone();
    set(&mut whole, "checks", json!(checks_of(&world, &id)));
    Ok(Json(whole))
}

/// `GET /inspections/{id}/checks`
pub(super) async fn checks(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    visible(&world, &scopes, &id)?;
    params.page(&checks_of(&world, &id)).map(Json)
}

/// `GET /checks/{id}/history`, newest first.
pub(super) async fn history(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let check = find(&world.inspections.checks, &id);
    let check = check.ok_or_else(|| Problem::not_found("The check"))?;
    visible(&world, &scopes, text(check, "inspectionId"))
        .map_err(|_| Problem::not_found("The check"))?;
    let records = world.inspections.records.iter();
    params.page(&records.filter(|one| text(one, "checkId") == id).collect::<Vec<_>>()).map(Json)
}

fn visible<'a>(world: &'a World, scopes: &Scopes, id: &str) -> Result<&'a Value, Problem> {
    let found = find(&world.inspections.inspections, id).filter(|one| covers(scopes, one));
    found.ok_or_else(|| Problem::not_found("The inspection"))
}

fn checks_of<'a>(world: &'a World, id: &str) -> Vec<&'a Value> {
    world.inspections.checks.iter().filter(|one| text(one, "inspectionId") == id).collect()
}
