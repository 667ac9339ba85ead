//! The sample data plane of Azure Digital Twins: queries, twins, relationships and models. As with the
//! real one, whoever may read may read all of it: the service knows readers, not places, in strict
//! mode too. It has the real one's limits and errors.

mod evaluate;
mod graph;
mod language;
mod models;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::bearer::Caller;
use super::fields::{set, text};
use super::paging::Params;
use super::problem::Problem;
use super::services::Services;

pub(super) use self::graph::Graph;
pub use self::graph::{
    TWIN_BETWEEN_SITES, TWIN_WITH_QUOTES, TWINS_FED_FROM_ELSEWHERE, TWINS_IN_A_CYCLE,
};
#[cfg(test)]
pub(crate) use self::language::Expression;
use self::language::Fault;
pub(crate) use self::language::parse;

/// The version that is spoken.
const API_VERSION: &str = "2023-10-31";
/// Rows a page of a query, where nothing is said, and the most that there are.
const USUAL_PAGE: usize = 100;
const LONGEST_PAGE: usize = 1000;
/// Relationships a page.
const RELATIONSHIPS_PAGE: usize = 20;
/// Models a page.
const MODELS_PAGE: usize = 100;

type Answer = Result<Response, Error>;

/// What is answered instead of a result.
pub(super) enum Error {
    /// Azure's form: `{error: {code, message}}` and the code in a header.
    Own(StatusCode, &'static str, String),
    /// Who asks isn't let in.
    Door(Problem),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Own(StatusCode::BAD_REQUEST, fault.code, fault.message)
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Door(problem)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Door(problem) => problem.into_response(),
            Self::Own(status, code, message) => {
                let body = json!({"error": {"code": code, "message": message, "details": []}});
                (status, [("x-ms-error-code", code)], Json(body)).into_response()
            }
        }
    }
}

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/query", post(query))
        .route("/digitaltwins/{id}", get(twin))
        .route("/digitaltwins/{id}/relationships", get(relationships))
        .route("/digitaltwins/{id}/incomingrelationships", get(incoming))
        .route("/models", get(models))
        .route("/models/{id}", get(model))
}

/// Any permission lets a person read; and the version must be the one that is spoken.
fn admit(caller: &Caller, params: &Params) -> Result<(), Error> {
    caller.anything()?;
    match params.get("api-version") {
        Some(API_VERSION) => Ok(()),
        _ => Err(Fault::bad("The api-version is missing or isn't supported.").into()),
    }
}

/// `POST /query {query}` or `{continuationToken}`, with `max-items-per-page`
async fn query(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Answer {
    admit(&caller, &params)?;
    let size = headers.get("max-items-per-page").map(|size| size.to_str().unwrap_or_default());
    let size = size.map_or(Ok(USUAL_PAGE), str::parse);
    let size = size.ok().filter(|size| (1..=LONGEST_PAGE).contains(size));
    let size = size.ok_or_else(|| Fault::bad("max-items-per-page must be 1 to 1000."))?;
    let (text, start) = match body.get("continuationToken").and_then(Value::as_str) {
        Some(token) => opened(token).ok_or_else(|| Fault::bad("The token isn't one of ours."))?,
        None => (text(&body, "query").to_owned(), 0),
    };
    let asked = parse(&text)?;
    let graph = services.world().twins.clone();
    let end = start.saturating_add(size);
    let (page, all) = evaluate::rows(&asked, &graph, start..end);
    let token = (end < all).then(|| token(&text, end));
    let charge = [("query-charge", format!("{}.50", 2 + text.len() / 1000))];
    Ok((charge, Json(json!({"value": page, "continuationToken": token}))).into_response())
}

fn token(query: &str, from: usize) -> String {
    BASE64URL_NOPAD.encode(format!("{from}:{query}").as_bytes())
}

fn opened(token: &str) -> Option<(String, usize)> {
    let plain = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (from, query) = plain.split_once(':')?;
    Some((query.to_owned(), from.parse().ok()?))
}

fn no_twin(id: &str) -> Error {
    let message = format!("There is no digital twin instance that exists with the ID {id}.");
    Error::Own(StatusCode::NOT_FOUND, "DigitalTwinNotFound", message)
}

/// `GET /digitaltwins/{id}`
async fn twin(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    admit(&caller, &params)?;
    let graph = services.world().twins.clone();
    let twin = graph.twin(&id).ok_or_else(|| no_twin(&id))?;
    let etag = [("etag", text(twin, "$etag").to_owned())];
    Ok((etag, Json(twin.clone())).into_response())
}

/// `GET /digitaltwins/{id}/relationships?relationshipName`
async fn relationships(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    admit(&caller, &params)?;
    let graph = services.world().twins.clone();
    graph.twin(&id).ok_or_else(|| no_twin(&id))?;
    let name = params.get("relationshipName");
    let found = graph.going_out(&id);
    let found = found.filter(|one| name.is_none_or(|name| text(one, "$relationshipName") == name));
    let link = format!("{}/digitaltwins/{id}/relationships", services.twins_url());
    page(&found.cloned().collect::<Vec<_>>(), RELATIONSHIPS_PAGE, &link, &params)
}

/// `GET /digitaltwins/{id}/incomingrelationships`: they say where they come from only.
async fn incoming(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    admit(&caller, &params)?;
    let graph = services.world().twins.clone();
    graph.twin(&id).ok_or_else(|| no_twin(&id))?;
    let found = graph.coming_in(&id);
    let told = found.map(|one| {
        json!({
            "$relationshipId": text(one, "$relationshipId"),
            "$sourceId": text(one, "$sourceId"),
            "$relationshipName": text(one, "$relationshipName"),
            "$relationshipLink": format!(
                "/digitaltwins/{}/relationships/{}",
                text(one, "$sourceId"),
                text(one, "$relationshipId"),
            ),
        })
    });
    let link = format!("{}/digitaltwins/{id}/incomingrelationships", services.twins_url());
    page(&told.collect::<Vec<_>>(), RELATIONSHIPS_PAGE, &link, &params)
}

/// `GET /models?dependenciesFor&includeModelDefinition`
async fn models(State(services): State<Services>, caller: Caller, params: Params) -> Answer {
    admit(&caller, &params)?;
    let graph = services.world().twins.clone();
    let listed = &graph.models.listed;
    let mut found: Vec<Value> = match params.get("dependenciesFor") {
        None => listed.values().cloned().collect(),
        Some(id) => {
            let needed = graph.models.needed_by(id).ok_or_else(|| no_model(id))?;
            needed.iter().filter_map(|id| listed.get(id)).cloned().collect()
        }
    };
    if params.get("includeModelDefinition") != Some("true") {
        found.iter_mut().for_each(without_definition);
    }
    page(&found, MODELS_PAGE, &format!("{}/models", services.twins_url()), &params)
}

/// `GET /models/{id}?includeModelDefinition`
async fn model(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    admit(&caller, &params)?;
    let graph = services.world().twins.clone();
    let mut model = graph.models.listed.get(&id).cloned().ok_or_else(|| no_model(&id))?;
    if params.get("includeModelDefinition") != Some("true") {
        without_definition(&mut model);
    }
    Ok(Json(model).into_response())
}

fn no_model(id: &str) -> Error {
    let message = format!("There is no model with the ID {id}.");
    Error::Own(StatusCode::NOT_FOUND, "ModelNotFound", message)
}

fn without_definition(model: &mut Value) {
    if let Value::Object(model) = model {
        model.shift_remove("model");
    }
}

/// One page of a list, with the link to the next.
fn page(found: &[Value], size: usize, link: &str, params: &Params) -> Answer {
    let start = match params.get("continuationToken") {
        Some(token) => opened(token).ok_or_else(|| Fault::bad("The token isn't one of ours."))?.1,
        None => 0,
    };
    let end = start.saturating_add(size).min(found.len());
    let mut body = json!({"value": found.get(start..end).unwrap_or_default()});
    if end < found.len() {
        let query: Vec<String> = ["dependenciesFor", "includeModelDefinition", "relationshipName"]
            .iter()
            .filter_map(|name| Some(format!("&{name}={}", params.get(name)?)))
            .collect();
        let token = token("", end);
        let next = format!("{link}?continuationToken={token}&api-version={API_VERSION}");
        set(&mut body, "nextLink", next + &query.concat());
    }
    Ok(Json(body).into_response())
}

#[cfg(test)]
mod tests;
