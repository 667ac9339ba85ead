//! The sample Reports service: reports, who is told of them and when, and the directory of those who
//! can be told. A report is seen where all of its sites are, and a private one by its owner alone.

mod edits;
mod writes;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, patch};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::bearer::Caller;
use super::fields::{contains_ignoring_case, set, text, texts};
use super::idempotency::Written;
use super::paging::Params;
use super::problem::Problem;
use super::services::Services;
use super::world::{Reports, Revised};
use crate::access::Scopes;

const VIEW: &str = "WillowApp.CanViewReports";
const MANAGE: &str = "WillowApp.CanManageReports";
/// Whoever may change a report may read it.
const READ: [&str; 2] = [VIEW, MANAGE];

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/reports", get(list).post(writes::create))
        .route("/reports/{id}", get(one).patch(writes::update))
        .route("/reports/{id}/notifications", get(notifications).post(writes::notify))
        .route("/report-notifications/{id}", get(notification).merge(patch(writes::renotify)))
        .route("/directory/{id}", get(entry))
}

/// What one person sees.
struct View {
    scopes: Scopes,
    person: String,
    strict: bool,
}

impl View {
    fn of(services: &Services, caller: &Caller, permissions: &[&str]) -> Result<Self, Problem> {
        let scopes = caller.scopes(permissions)?;
        Ok(Self { scopes, person: caller.oid.clone(), strict: services.is_strict() })
    }

    fn shows(&self, report: &Value) -> bool {
        let mut sites = texts(report, "scopeIds").peekable();
        let inside = self.scopes.is_global()
            || (sites.peek().is_some() && sites.all(|site| self.scopes.covers_site(site)));
        let shared = text(report, "visibility") == "shared";
        inside && (!self.strict || shared || text(report, "ownerId") == self.person)
    }

    fn report<'a>(&self, reports: &'a Reports, id: &str) -> Result<&'a Revised, Problem> {
        let report = reports.report(id).filter(|report| self.shows(&report.body));
        report.ok_or_else(|| Problem::not_found("The report"))
    }

    fn notification<'a>(&self, reports: &'a Reports, id: &str) -> Result<&'a Revised, Problem> {
        let found = reports.notification(id);
        let found = found.filter(|one| self.report(reports, text(&one.body, "reportId")).is_ok());
        found.ok_or_else(|| Problem::not_found("The notification"))
    }
}

/// `GET /reports?siteIds&q&type`: those that touch one of the sites.
async fn list(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let view = View::of(&services, &caller, &READ)?;
    let world = services.world();
    let wanted = params.list("siteIds");
    let found: Vec<&Value> = world
        .reports
        .reports
        .iter()
        .map(|report| &report.body)
        .filter(|report| view.shows(report))
        .filter(|report| {
            wanted.is_empty() || texts(report, "scopeIds").any(|site| wanted.contains(&site))
        })
        .filter(|report| params.get("type").is_none_or(|kind| text(report, "type") == kind))
        .filter(|report| {
            let q = params.get("q").unwrap_or_default();
            ["name", "description"]
                .iter()
                .any(|field| contains_ignoring_case(text(report, field), q))
        })
        .collect();
    params.page(&found).map(Json)
}

/// `GET /reports/{id}`: the report with its notifications, and its ETag.
async fn one(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Written, Problem> {
    let view = View::of(&services, &caller, &READ)?;
    let world = services.world();
    let report = view.report(&world.reports, &id)?;
    Ok(whole(&world.reports, report, StatusCode::OK))
}

fn whole(reports: &Reports, report: &Revised, status: StatusCode) -> Written {
    let mut body = report.body.clone();
    let notifications = reports.notifications_of(text(&body, "id"));
    set(&mut body, "notifications", json!(notifications));
    Written { status, etag: Some(report.etag()), body }
}

/// `GET /reports/{id}/notifications`
async fn notifications(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let view = View::of(&services, &caller, &READ)?;
    let world = services.world();
    view.report(&world.reports, &id)?;
    params.page(&world.reports.notifications_of(&id)).map(Json)
}

/// `GET /report-notifications/{id}`, with its ETag.
async fn notification(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Written, Problem> {
    let view = View::of(&services, &caller, &READ)?;
    let world = services.world();
    let found = view.notification(&world.reports, &id)?;
    Ok(Written { status: StatusCode::OK, etag: Some(found.etag()), body: found.body.clone() })
}

/// `GET /directory/{id}`: a person or a group of the tenant who can be told.
async fn entry(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    caller.scopes(&READ)?;
    let world = services.world();
    let found = world.reports.directory.iter().find(|entry| text(entry, "id") == id);
    found.cloned().map(Json).ok_or_else(|| Problem::not_found("The recipient"))
}
