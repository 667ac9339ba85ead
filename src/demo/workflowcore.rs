//! The sample WorkflowCore: tickets and what belongs to them, read and written; inspections, read.
//! In strict mode each handler fences by the caller's scopes for the permission that it names.

mod attachments;
mod comments;
mod edits;
mod inspections;
mod lists;
mod statistics;
mod tickets;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};

use serde_json::Value;

#[cfg(test)]
pub(super) use self::tickets::SEARCHABLE;
use super::bearer::{Caller, covers};
use super::fields::text;
use super::paging::Params;
use super::problem::Problem;
use super::services::Services;
use super::world::{Ticket, World};
use crate::access::Scopes;

const VIEW: &str = "WillowApp.CanViewTickets";
const CREATE: &str = "WillowApp.CanCreateTickets";
const EDIT: &str = "WillowApp.CanEditTickets";
const COMMENT: &str = "WillowApp.CanCommentTickets";
/// Whoever may edit a ticket or comment on it may read it.
const READ: [&str; 3] = [VIEW, EDIT, COMMENT];
/// Whoever may do anything with tickets may look up what tickets refer to.
const ANY: [&str; 4] = [VIEW, CREATE, EDIT, COMMENT];

type Answer = Result<Json<Value>, Problem>;

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/tickets", post(tickets::create))
        .route("/tickets/search", post(tickets::search))
        .route("/tickets/statistics", get(statistics::count))
        .route("/tickets/{id}", get(tickets::get).patch(tickets::update))
        .route("/tickets/{id}/comments", get(comments::list).post(comments::add))
        .route("/tickets/{id}/attachments", get(attachments::list))
        .route("/tickets/{id}/attachments/{attachment}", get(attachments::about))
        .route("/tickets/{id}/attachments/{attachment}/content", get(attachments::content))
        .route("/tickets/{id}/activity", get(activity))
        .route("/ticket-statuses", get(lists::statuses))
        .route("/ticket-statuses/{id}", get(lists::status))
        .route("/ticket-status-transitions", get(lists::transitions))
        .route("/ticket-categories", get(lists::categories))
        .route("/ticket-categories/{id}", get(lists::category))
        .route("/ticket-subcategories", get(lists::subcategories))
        .route("/workgroups", get(lists::workgroups))
        .route("/workgroups/{id}", get(lists::workgroup))
        .route("/inspections", get(inspections::list))
        .route("/inspections/{id}", get(inspections::get))
        .route("/inspections/{id}/checks", get(inspections::checks))
        .route("/checks/{id}/history", get(inspections::history))
}

/// The ticket, if it is there for a person with these scopes.
fn visible<'a>(world: &'a World, scopes: &Scopes, id: &str) -> Result<&'a Ticket, Problem> {
    let ticket = world.ticket(id).filter(|ticket| covers(scopes, &ticket.body));
    ticket.ok_or_else(|| Problem::not_found("The ticket"))
}

/// `GET /tickets/{id}/activity`, oldest first.
async fn activity(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&READ)?;
    let world = services.world();
    visible(&world, &scopes, &id)?;
    let found: Vec<&Value> =
        world.activity.iter().filter(|entry| text(entry, "ticketId") == id).collect();
    params.page(&found).map(Json)
}
