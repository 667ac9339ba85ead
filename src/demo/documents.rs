//! The sample Document API: what documents there are, their files and their text.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};

use super::bearer::{Caller, covers};
use super::fields::{contains_ignoring_case, text, texts};
use super::paging::Params;
use super::problem::Problem;
use super::ranges::ranged;
use super::services::Services;
use super::world::documents::Paper;

const VIEW: &str = "WillowApp.CanViewDocuments";

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/documents", get(list))
        .route("/documents/{id}", get(about))
        .route("/documents/{id}/content", get(content))
        .route("/documents/{id}/text", get(words))
        .route("/collections/{id}", get(collection))
}

/// `GET /documents?siteId&twinId&documentType&q`
async fn list(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let scopes = caller.scopes(&[VIEW])?;
    let sites = params.list("siteId");
    let world = services.world();
    let meets = |about: &&Value| {
        let named = |q: &str| {
            ["name", "fileName", "documentType"]
                .iter()
                .any(|field| contains_ignoring_case(text(about, field), q))
        };
        covers(&scopes, about)
            && (sites.is_empty() || sites.contains(&text(about, "siteId")))
            && params.get("documentType").is_none_or(|kind| text(about, "documentType") == kind)
            && params.get("twinId").is_none_or(|twin| {
                text(about, "twinId") == twin
                    || texts(about, "relatedTwinIds").any(|one| one == twin)
            })
            && params.get("q").is_none_or(named)
    };
    let found: Vec<&Value> = world.papers.iter().map(|paper| &paper.about).filter(meets).collect();
    params.page(&found).map(Json)
}

fn find(services: &Services, caller: &Caller, id: &str) -> Result<Paper, Problem> {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let mut papers = world.papers.iter();
    let found =
        papers.find(|paper| text(&paper.about, "id") == id && covers(&scopes, &paper.about));
    found.cloned().ok_or_else(|| Problem::not_found("The document"))
}

/// `GET /documents/{id}`
async fn about(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    find(&services, &caller, &id).map(|paper| Json(paper.about))
}

/// `GET /documents/{id}/content`: the file, or a part of it; or a link to it.
async fn content(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let paper = find(&services, &caller, &id)?;
    if services.gives_links() {
        let link =
            json!({"sasUrl": text(&paper.about, "url"), "expiresOn": "2027-01-01T00:00:00Z"});
        return Ok(Json(link).into_response());
    }
    Ok(ranged(paper.file, "application/pdf", &headers, services.honours_ranges()))
}

/// `GET /documents/{id}/text?page`: the text of one page, or of all with a form feed between them.
async fn words(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let paper = find(&services, &caller, &id)?;
    let page = params.number("page", 0)?;
    let words = match page.checked_sub(1) {
        Some(index) => paper.pages.get(index).cloned(),
        None => Some(paper.pages.join("\u{c}")).filter(|words| !words.is_empty()),
    };
    let words = Bytes::from(words.ok_or_else(|| Problem::not_found("The text"))?);
    Ok(ranged(words, "text/plain; charset=utf-8", &headers, services.honours_ranges()))
}

/// `GET /collections/{id}`
async fn collection(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let abouts = world.papers.iter().map(|paper| &paper.about);
    let found: Vec<&Value> = abouts
        .filter(|about| {
            covers(&scopes, about) && texts(about, "collectionIds").any(|one| one == id)
        })
        .collect();
    params.page(&found).map(Json)
}
