//! The sample InsightCore: insights, roots with their children, and what belongs to them (reads only).
//! Lax, it attaches every child to its root, wherever the child lies.

mod alerts;
mod search;
mod summary;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::DateTime;
use serde_json::{Value, json};

use super::bearer::{Caller, covers};
use super::fields::{set, text};
use super::paging::Params;
use super::problem::Problem;
use super::services::Services;
use super::world::{World, find};
use crate::access::Scopes;

const VIEW: &str = "WillowApp.CanViewInsights";
const VIEW_POINTS: &str = "WillowApp.CanViewTimeSeries";

type Answer = Result<Json<Value>, Problem>;

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/insights/search", post(search::search))
        .route("/insights/summary", get(summary::count))
        .route("/insights/alerts", get(alerts::list))
        .route("/insights/{id}", get(one))
        .route("/insights/{id}/occurrences", get(occurrences))
        .route("/insights/{id}/points", get(points))
        .route("/insights/{id}/activities", get(activities))
}

/// The insight, if it is there for a person with these scopes.
fn visible<'a>(world: &'a World, scopes: &Scopes, id: &str) -> Result<&'a Value, Problem> {
    let insight = find(&world.insights.insights, id).filter(|insight| covers(scopes, insight));
    insight.ok_or_else(|| Problem::not_found("The insight"))
}

/// A root with the children of it that these scopes cover. A child is given as it is.
fn with_children(world: &World, scopes: &Scopes, insight: &Value) -> Value {
    let id = text(insight, "id");
    let own = |one: &&Value| text(one, "parentId") == id && covers(scopes, one);
    let children: Vec<&Value> = world.insights.insights.iter().filter(own).collect();
    let mut whole = insight.clone();
    set(&mut whole, "childCount", children.len());
    set(&mut whole, "children", json!(children));
    whole
}

/// `GET /insights/{id}`
async fn one(State(services): State<Services>, caller: Caller, Path(id): Path<String>) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let insight = visible(&world, &scopes, &id)?;
    Ok(Json(with_children(&world, &scopes, insight)))
}

/// `GET /insights/{id}/occurrences?start&end`, newest first: those that touch the time between.
async fn occurrences(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let (start, end) = (moment(&params, "start")?, moment(&params, "end")?);
    let world = services.world();
    visible(&world, &scopes, &id)?;
    let found: Vec<&Value> = world
        .insights
        .occurrences
        .iter()
        .filter(|one| text(one, "insightId") == id)
        .filter(|one| {
            // One that goes on has no end.
            let ended = at(one, "ended");
            start.is_none_or(|start| ended.is_none_or(|ended| ended >= start))
                && end.is_none_or(|end| at(one, "started").is_some_and(|started| started < end))
        })
        .collect();
    params.page(&found).map(Json)
}

/// `GET /insights/{id}/points`
async fn points(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let points = caller.scopes(&[VIEW_POINTS])?;
    let world = services.world();
    visible(&world, &scopes, &id)?;
    let behind = world.insights.points.iter().filter(|one| text(one, "insightId") == id);
    params.page(&behind.filter(|one| covers(&points, one)).collect::<Vec<_>>()).map(Json)
}

/// `GET /insights/{id}/activities`, oldest first.
async fn activities(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    visible(&world, &scopes, &id)?;
    let entries = world.insights.activities.iter();
    params.page(&entries.filter(|one| text(one, "insightId") == id).collect::<Vec<_>>()).map(Json)
}

type Moment = DateTime<chrono::FixedOffset>;

/// A parameter that is a moment (RFC 3339).
fn moment(params: &Params, name: &str) -> Result<Option<Moment>, Problem> {
    let read = params.get(name).map(DateTime::parse_from_rfc3339).transpose();
    read.map_err(|_| Problem::bad_request(format!("'{name}' must be a time.")))
}

fn at(record: &Value, field: &str) -> Option<Moment> {
    DateTime::parse_from_rfc3339(text(record, field)).ok()
}

/// Did the insight occur at or after `start` and before `end`, where these are said?
fn occurred(insight: &Value, start: Option<Moment>, end: Option<Moment>) -> bool {
    start.is_none_or(|start| at(insight, "lastOccurredDate").is_some_and(|last| last >= start))
        && end.is_none_or(|end| at(insight, "occurredDate").is_some_and(|first| first < end))
}
