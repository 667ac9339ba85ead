//! What tickets refer to: statuses (the customer's), categories and workgroups (each site's).

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::super::bearer::Caller;
use super::super::fields::text;
use super::super::paging::Params;
use super::super::problem::Problem;
use super::super::services::Services;
use super::super::world::find;
use super::{ANY, Answer};
use crate::access::Scopes;

/// `GET /ticket-statuses`
pub(super) async fn statuses(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Answer {
    caller.scopes(&ANY)?;
    let world = services.world();
    params.page(&world.reference.statuses.iter().collect::<Vec<_>>()).map(Json)
}

/// `GET /ticket-statuses/{id}`
pub(super) async fn status(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    caller.scopes(&ANY)?;
    let world = services.world();
    let status = find(&world.reference.statuses, &id);
    status.cloned().map(Json).ok_or_else(|| Problem::not_found("The status"))
}

/// `GET /ticket-status-transitions`: which status may follow which.
pub(super) async fn transitions(State(services): State<Services>, caller: Caller) -> Answer {
    caller.scopes(&ANY)?;
    Ok(Json(json!({"items": services.world().reference.transitions})))
}

/// `GET /ticket-categories?siteId`
pub(super) async fn categories(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Answer {
    of_sites(&caller.scopes(&ANY)?, &services.world().reference.categories, &params)
}

/// `GET /ticket-categories/{id}`
pub(super) async fn category(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    one(&caller.scopes(&ANY)?, &services.world().reference.categories, &id, "The category")
}

/// `GET /ticket-subcategories?siteId&categoryId`
pub(super) async fn subcategories(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Answer {
    of_sites(&caller.scopes(&ANY)?, &services.world().reference.subcategories, &params)
}

/// `GET /workgroups?siteId`
pub(super) async fn workgroups(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Answer {
    of_sites(&caller.scopes(&ANY)?, &services.world().reference.workgroups, &params)
}

/// `GET /workgroups/{id}`
pub(super) async fn workgroup(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    one(&caller.scopes(&ANY)?, &services.world().reference.workgroups, &id, "The workgroup")
}

/// The records of the sites that the caller sees; `siteId` may be repeated, as may `siteIds`.
fn of_sites(scopes: &Scopes, records: &[Value], params: &Params) -> Answer {
    let wanted = [params.list("siteId"), params.list("siteIds")].concat();
    let category = params.get("categoryId");
    let found: Vec<&Value> = records
        .iter()
        .filter(|record| scopes.covers_site(text(record, "siteId")))
        .filter(|record| wanted.is_empty() || wanted.contains(&text(record, "siteId")))
        .filter(|record| category.is_none_or(|one| text(record, "categoryId") == one))
        .collect();
    params.page(&found).map(Json)
}

fn one(scopes: &Scopes, records: &[Value], id: &str, what: &str) -> Answer {
    let found = find(records, id).filter(|record| scopes.covers_site(text(record, "siteId")));
    found.cloned().map(Json).ok_or_else(|| Problem::not_found(what))
}
