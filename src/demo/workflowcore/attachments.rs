//! Attachments of a ticket: what is told about them, and their bytes.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::super::bearer::Caller;
use super::super::fields::text;
use super::super::paging::Params;
use super::super::problem::Problem;
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

/// `GET /tickets/{id}/attachments/{attachment}/content`: the bytes, or one range of them
/// (RFC 9110 §14.2; a range that isn't understood is ignored, as it may be).
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
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    let Some((start, end)) = range.and_then(|range| parse(range, whole.len())) else {
        let headers =
            [(header::CONTENT_TYPE, media_type.as_str()), (header::ACCEPT_RANGES, "bytes")];
        return Ok((headers, whole).into_response());
    };
    if start >= whole.len() {
        let headers = [(header::CONTENT_RANGE, format!("bytes */{}", whole.len()))];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
    }
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, whole.len())),
    ];
    Ok((StatusCode::PARTIAL_CONTENT, headers, whole.slice(start..end)).into_response())
}

/// `bytes=A-B` or `bytes=A-` as a half-open range.
fn parse(range: &str, length: usize) -> Option<(usize, usize)> {
    let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
    let start = start.parse().ok()?;
    let end: usize =
        if end.is_empty() { length } else { end.parse::<usize>().ok()?.checked_add(1)? };
    (start < end || start >= length).then_some((start, end.min(length)))
}
