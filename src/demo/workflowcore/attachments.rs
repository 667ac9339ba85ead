//! Attachments of a ticket: what is told about them, and their bytes.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::super::bearer::Caller;
use super::super::fields::text;
use super::super::paging::Params;
use super::super::problem::Problem;
use super::super::ranges::ranged;
use super::super::services::Services;
use super::super::world::{Attachment, World};
use super::{Answer, VIEW, visible};

/// `GET /tickets/{id}/attachments`
pub(super) async fn list(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    visible(&world, &scopes, &id)?;
    let abouts = world.attachments.iter().map(|attachment| &attachment.about);
    let found: Vec<&Value> = abouts.filter(|about| text(about, "ticketId") == id).collect();
    params.page(&found).map(Json)
}

fn find<'a>(
    world: &'a World,
    caller: &Caller,
    id: &str,
    attachment: &str,
) -> Result<&'a Attachment, Problem> {
    visible(world, &caller.scopes(&[VIEW])?, id)?;
    let is_it = |one: &&Attachment| {
        text(&one.about, "id") == attachment && text(&one.about, "ticketId") == id
    };
    world.attachments.iter().find(is_it).ok_or_else(|| Problem::not_found("The attachment"))
}

/// `GET /tickets/{id}/attachments/{attachment}`
pub(super) async fn about(
    State(services): State<Services>,
    caller: Caller,
    Path((id, attachment)): Path<(String, String)>,
) -> Answer {
    Ok(Json(find(&services.world(), &caller, &id, &attachment)?.about.clone()))
}

/// `GET /tickets/{id}/attachments/{attachment}/content`: the bytes, or one range of
/// them; or a link to them.
pub(super) async fn content(
    State(services): State<Services>,
    caller: Caller,
    Path((id, attachment)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let world = services.world();
    let found = find(&world, &caller, &id, &attachment)?;
    let whole = found.content.clone();
    let media_type = text(&found.about, "mimeType").to_owned();
    if services.gives_links() {
        let link =
            json!({"sasUrl": text(&found.about, "url"), "expiresOn": "2027-01-01T00:00:00Z"});
        return Ok(Json(link).into_response());
    }
    Ok(ranged(whole, &media_type, &headers, services.honours_ranges()))
}
