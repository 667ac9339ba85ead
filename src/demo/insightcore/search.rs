//! `POST /insights/search`: a page counts roots only, and their children come along. A child that meets
//! the conditions while its root doesn't stands by itself.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use serde_json::{Value, json};

use super::super::bearer::{Caller, covers};
use super::super::fields::{set, text};
use super::super::search::{Search, Searchable};
use super::super::services::Services;
use super::{Answer, VIEW, with_children};

const SEARCHABLE: Searchable = Searchable {
    fields: &[
        "id",
        "sequenceNumber",
        "siteId",
        "floorId",
        "floorCode",
        "locationIds",
        "twinId",
        "type",
        "priority",
        "status",
        "state",
        "skillId",
        "skillCategory",
        "scenarioId",
        "parentId",
        "impact",
        "occurredDate",
        "lastOccurredDate",
        "createdDate",
        "updatedDate",
        "q",
    ],
    searched: &["name", "description", "sequenceNumber"],
};

pub(super) async fn search(
    State(services): State<Services>,
    caller: Caller,
    body: Bytes,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let search = Search::read(&body, &SEARCHABLE)?;
    let world = services.world();
    let all = world.insights.insights.iter();
    let found = search.found(all.filter(|insight| covers(&scopes, insight)));
    let ids: BTreeSet<&str> = found.iter().map(|insight| text(insight, "id")).collect();
    let by_itself = |insight: &&&Value| !ids.contains(text(insight, "parentId"));
    let roots: Vec<&Value> = found.iter().filter(by_itself).copied().collect();
    let mut page = search.page(&roots);
    let items = page.get("items").and_then(Value::as_array).into_iter().flatten();
    let items: Vec<Value> = items.map(|one| with_children(&world, &scopes, one)).collect();
    set(&mut page, "items", json!(items));
    Ok(Json(page))
}
