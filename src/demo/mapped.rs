//! The sample Mapped: one GraphQL endpoint over the buildings and what stands in them. Its real
//! counterpart knows no person, only a token of the customer's, so that it fences nobody: strict or
//! not, any good token sees everything.

mod execute;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::bearer::Osier;
use super::problem::Problem;
use super::services::Services;

pub(super) fn routes() -> Router<Services> {
    Router::new().route("/graphql", post(graphql))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    query: String,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(rename = "operationName")]
    _operation_name: Option<String>,
}

/// `POST /graphql`: 200 with `{data}` or `{errors}`, as GraphQL servers do.
async fn graphql(
    State(services): State<Services>,
    _osier: Osier,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let request: Request = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("The body isn't a query: {error}.")))?;
    let graph = services.world().graph.clone();
    let variables = request.variables.unwrap_or_default();
    Ok(Json(execute::run(&graph, &request.query, variables)))
}
