//! Comments of a ticket: `GET` and `POST /tickets/{id}/comments`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::bearer::Caller;
use super::super::fields::text;
use super::super::idempotency::{Written, once};
use super::super::paging::Params;
use super::super::problem::Problem;
use super::super::services::Services;
use super::super::world::rfc3339;
use super::{Answer, COMMENT, VIEW, edits, visible};

/// `GET /tickets/{id}/comments?pageSize&continuationToken`, oldest first.
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    visible(&world, &scopes, &id)?;
    let found: Vec<&Value> =
        world.comments.iter().filter(|comment| text(comment, "ticketId") == id).collect();
    params.page(&found).map(Json)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewComment {
    text: String,
}

/// `POST /tickets/{id}/comments` `{text}`, 1 to 2000 characters.
pub(super) async fn add(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Written, Problem> {
    let scopes = caller.scopes(&[COMMENT])?;
    let now = rfc3339(services.clock().now().into());
    let mut world = services.world();
    let target = format!("POST /tickets/{id}/comments");
    once(&mut world, &caller, &headers, &target, &body, |world| {
        let ticket = &visible(world, &scopes, &id)?.body;
        let comment: NewComment = serde_json::from_slice(&body)
            .map_err(|error| Problem::bad_request(format!("The body isn't a comment: {error}.")))?;
        if !(1..=2000).contains(&comment.text.trim().chars().count()) {
            let fault = "1 to 2000 characters.".to_owned();
            return Err(Problem::invalid([("text".to_owned(), fault)]));
        }
        let comment = json!({
            "id": Uuid::new_v4().to_string(),
            "ticketId": id,
            "siteId": ticket.get("siteId"),
            "text": comment.text,
            "creatorId": caller.oid,
            "creator": {"name": caller.name, "email": caller.email, "type": "customerUser"},
            "createdDate": now,
        });
        let entry = edits::entry(ticket, &caller, &now, "TicketComment", &[]);
        world.activity.push(entry);
        world.comments.push(comment.clone());
        let etag = Some(format!("\"{}\"", text(&comment, "id")));
        Ok(Written { status: StatusCode::CREATED, etag, body: comment })
    })
}
