//! Tickets: search, get, create, update.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::bearer::{Caller, covers};
use super::super::fields::{set, text};
use super::super::idempotency::{Written, once};
use super::super::problem::Problem;
use super::super::search::{Search, Searchable};
use super::super::services::Services;
use super::super::world::{BLUEPRINTS, Ticket, World, rfc3339};
use super::{Answer, CREATE, EDIT, READ, edits, visible};

/// What can be asked of tickets.
pub(in crate::demo) const SEARCHABLE: Searchable = Searchable {
    fields: &[
        "id",
        "sequenceNumber",
        "siteId",
        "floorCode",
        "twinId",
        "locationIds",
        "summary",
        "description",
        "priority",
        "statusId",
        "statusName",
        "statusTab",
        "categoryId",
        "category",
        "sourceType",
        "externalId",
        "insightId",
        "assigneeType",
        "assigneeId",
        "reporterId",
        "creatorId",
        "createdDate",
        "updatedDate",
        "resolvedDate",
        "closedDate",
        "dueDate",
        "q",
    ],
    searched: &["summary", "description", "sequenceNumber"],
};

/// `POST /tickets/search`
pub(super) async fn search(
    State(services): State<Services>,
    caller: Caller,
    body: Bytes,
) -> Answer {
    let scopes = caller.scopes(&READ)?;
    let search = Search::read(&body, &SEARCHABLE)?;
    let world = services.world();
    let tickets = world.tickets.iter().map(|ticket| &ticket.body);
    Ok(Json(search.run(tickets.filter(|ticket| covers(&scopes, ticket)))))
}

/// `GET /tickets/{id}`: the ticket with its comments and attachments, and its ETag.
pub(super) async fn get(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Written, Problem> {
    let scopes = caller.scopes(&READ)?;
    let world = services.world();
    let ticket = visible(&world, &scopes, &id)?;
    Ok(Written { status: StatusCode::OK, etag: Some(ticket.etag()), body: whole(&world, ticket) })
}

fn whole(world: &World, ticket: &Ticket) -> Value {
    let id = text(&ticket.body, "id");
    let mut body = ticket.body.clone();
    let own = |record: &&Value| text(record, "ticketId") == id;
    let comments: Vec<&Value> = world.comments.iter().filter(own).collect();
    let attachments = world.attachments.iter().map(|attachment| &attachment.about);
    set(&mut body, "attachments", json!(attachments.filter(own).collect::<Vec<_>>()));
    set(&mut body, "comments", json!(comments));
    body
}

/// `POST /tickets`
pub(super) async fn create(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Written, Problem> {
    let scopes = caller.scopes(&[CREATE])?;
    let now = rfc3339(services.clock().now().into());
    let mut world = services.world();
    once(&mut world, &caller, &headers, "POST /tickets", &body, |world| {
        let fields = edits::read(&body)?;
        let site_id = fields.get("siteId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(site) = BLUEPRINTS.iter().find(|site| site.id == site_id) else {
            let fault = "There is no such site.".to_owned();
            return Err(Problem::invalid([("siteId".to_owned(), fault)]));
        };
        let mut ticket = edits::blank(world, &caller, &site_id, &now);
        edits::check_new(&fields)?;
        edits::apply(world, &mut ticket, &fields)?;
        // The fence looks at the whole record: a person of one level may create there alone.
        if !covers(&scopes, &ticket) {
            return Err(Problem::not_found("The site"));
        }
        set(&mut ticket, "id", Uuid::new_v4().to_string());
        let number = world.next_number(site.code);
        set(&mut ticket, "sequenceNumber", number);
        world.activity.push(edits::entry(&ticket, &caller, &now, "TicketCreated", &[]));
        let ticket = Ticket { body: ticket, version: 1 };
        let (etag, body) = (Some(ticket.etag()), whole(world, &ticket));
        world.tickets.push(ticket);
        Ok(Written { status: StatusCode::CREATED, etag, body })
    })
}

/// `PATCH /tickets/{id}` with an optional `If-Match` (RFC 9110 §13.1.1): 412 where it differs.
pub(super) async fn update(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Written, Problem> {
    let scopes = caller.scopes(&[EDIT])?;
    let now = rfc3339(services.clock().now().into());
    let mut world = services.world();
    once(&mut world, &caller, &headers, &format!("PATCH /tickets/{id}"), &body, |world| {
        let before = visible(world, &scopes, &id)?;
        let held = headers.get(header::IF_MATCH).and_then(|held| held.to_str().ok());
        let etag = before.etag();
        if held.is_some_and(|held| {
            !held.split(',').any(|one| [etag.as_str(), "*"].contains(&one.trim()))
        }) {
            return Err(Problem::precondition_failed());
        }
        let before = before.body.clone();
        let mut after = before.clone();
        edits::apply(world, &mut after, &edits::read(&body)?)?;
        if !covers(&scopes, &after) {
            return Err(Problem::not_found("The site"));
        }
        let changes = edits::changes(&before, &after);
        if !changes.is_empty() {
            set(&mut after, "updatedDate", now.as_str());
            world.activity.push(edits::entry(&after, &caller, &now, "TicketModified", &changes));
        }
        let Some(ticket) = world.ticket_mut(&id) else {
            return Err(Problem::not_found("The ticket"));
        };
        ticket.version += u64::from(after != before);
        ticket.body = after;
        let etag = Some(ticket.etag());
        let body = world.ticket(&id).map(|ticket| whole(world, ticket)).unwrap_or_default();
        Ok(Written { status: StatusCode::OK, etag, body })
    })
}
