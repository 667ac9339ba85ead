//! Reports and notifications, made and changed. A changed report lies inside the person's scope before
//! and after.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

use super::{MANAGE, View, edits, whole};
use crate::demo::bearer::Caller;
use crate::demo::fields::set;
use crate::demo::idempotency::{Written, once};
use crate::demo::problem::Problem;
use crate::demo::services::Services;
use crate::demo::world::{Revised, rfc3339};

type Answer = Result<Written, Problem>;

/// 412 where the caller changes something else than it read (RFC 9110 §13.1.1).
fn unchanged(headers: &HeaderMap, etag: &str) -> Result<(), Problem> {
    let held = headers.get(header::IF_MATCH).and_then(|held| held.to_str().ok());
    let stale =
        held.is_some_and(|held| !held.split(',').any(|one| [etag, "*"].contains(&one.trim())));
    if stale { Err(Problem::precondition_failed()) } else { Ok(()) }
}

/// `POST /reports`
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let view = View::of(&services, &caller, &[MANAGE])?;
    let now = rfc3339(services.clock().now().into());
    let mut world = services.world();
    once(&mut world, &caller, &headers, "POST /reports", &body, |world| {
        let mut report = json!({
            "id": Uuid::new_v4().to_string(),
            "ownerId": caller.oid,
            "ownerName": caller.name,
            "createdBy": caller.oid,
            "createdDate": now,
            "updatedDate": now,
        });
        edits::report(&mut report, &edits::read(&body)?, &caller.oid)?;
        if !view.shows(&report) {
            return Err(Problem::not_found("The site"));
        }
        let report = Revised { body: report, version: 1 };
        let written = whole(&world.reports, &report, StatusCode::CREATED);
        world.reports.reports.push(report);
        Ok(written)
    })
}

/// `PATCH /reports/{id}`
pub(super) async fn update(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let view = View::of(&services, &caller, &[MANAGE])?;
    let now = rfc3339(services.clock().now().into());
    let mut world = services.world();
    once(&mut world, &caller, &headers, &format!("PATCH /reports/{id}"), &body, |world| {
        let before = view.report(&world.reports, &id)?;
        unchanged(&headers, &before.etag())?;
        let mut after = before.clone();
        edits::report(&mut after.body, &edits::read(&body)?, &caller.oid)?;
        if !view.shows(&after.body) {
            return Err(Problem::not_found("The site"));
        }
        after.version += u64::from(after.body != before.body);
        set(&mut after.body, "updatedDate", now.as_str());
        let written = whole(&world.reports, &after, StatusCode::OK);
        world.reports.keep_report(&id, after);
        Ok(written)
    })
}

/// `POST /reports/{id}/notifications`
pub(super) async fn notify(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let view = View::of(&services, &caller, &[MANAGE])?;
    let mut world = services.world();
    let target = format!("POST /reports/{id}/notifications");
    once(&mut world, &caller, &headers, &target, &body, |world| {
        let report = view.report(&world.reports, &id)?;
        let mut notification = json!({
            "id": Uuid::new_v4().to_string(),
            "reportId": id,
            "reportName": report.body.get("name"),
            "scopeNames": report.body.get("scopeNames"),
            "enabled": true,
        });
        edits::notification(&mut notification, &edits::read(&body)?, &world.reports)?;
        let notification = Revised { body: notification, version: 1 };
        let (etag, body) = (Some(notification.etag()), notification.body.clone());
        world.reports.notifications.push(notification);
        Ok(Written { status: StatusCode::CREATED, etag, body })
    })
}

/// `PATCH /report-notifications/{id}`
pub(super) async fn renotify(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let view = View::of(&services, &caller, &[MANAGE])?;
    let mut world = services.world();
    let target = format!("PATCH /report-notifications/{id}");
    once(&mut world, &caller, &headers, &target, &body, |world| {
        let before = view.notification(&world.reports, &id)?;
        unchanged(&headers, &before.etag())?;
        let mut after = before.clone();
        edits::notification(&mut after.body, &edits::read(&body)?, &world.reports)?;
        after.version += u64::from(after.body != before.body);
        let (etag, body) = (Some(after.etag()), after.body.clone());
        world.reports.keep_notification(&id, after);
        Ok(Written { status: StatusCode::OK, etag, body })
    })
}
