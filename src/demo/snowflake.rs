//! The sample Snowflake: the SQL API v2 over SQLite in memory, with a few tables of the four sites.
//! It runs whatever statement it is given; in strict mode a row access policy shows each person the
//! rows of their own sites. [`Snowflake`] is the handle by which tests look in and slow it down.

mod database;
mod result;
mod tables;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use self::database::Database;
use self::result::Table;
use super::bearer::Caller;
use super::paging::Params;
use super::problem::Problem;
use super::services::Services;
use super::world::World;

/// Who may see rows of a site, where the policy is on.
const VIEW: &str = "WillowApp.CanViewDashboards";

/// The sample Snowflake's handle. Clones are the same service.
#[derive(Clone)]
pub struct Snowflake(Arc<Inner>);

struct Inner {
    database: Database,
    state: Mutex<Account>,
}

#[derive(Default)]
struct Account {
    statements: BTreeMap<String, Statement>,
    /// `requestId` -> handle: what is sent twice with one id runs once.
    requests: BTreeMap<(String, String), String>,
    /// Statements don't end any more.
    stalled: bool,
    /// Rows in one partition.
    partition: usize,
}

struct Statement {
    owner: String,
    asked: Value,
    ran: Result<Table, String>,
    cancelled: bool,
}

impl Snowflake {
    pub(super) fn new(world: &World) -> Self {
        let state = Account { partition: 100, ..Account::default() };
        Self(Arc::new(Inner { database: Database::of(world), state: Mutex::new(state) }))
    }

    fn state(&self) -> MutexGuard<'_, Account> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Statements never end (or do again): whoever asks is told to wait.
    pub fn stall(&self, stalled: bool) {
        self.state().stalled = stalled;
    }

    /// Results come in partitions of so many rows.
    pub fn partition(&self, rows: usize) {
        self.state().partition = rows.max(1);
    }

    /// The handles of the statements that were cancelled.
    pub fn cancelled(&self) -> Vec<String> {
        let state = self.state();
        let cancelled = state.statements.iter().filter(|(_, statement)| statement.cancelled);
        cancelled.map(|(handle, _)| handle.clone()).collect()
    }

    /// The bodies of the statements that were run, in no order.
    pub fn statements(&self) -> Vec<Value> {
        self.state().statements.values().map(|statement| statement.asked.clone()).collect()
    }

    /// Runs SQL with full rights, for a test that computes what is right: rows of JSON values.
    pub async fn query(&self, sql: &str) -> Vec<Vec<Value>> {
        let ran = self.0.database.run(sql, &[], None).await;
        ran.map(|table| table.rows).unwrap_or_default()
    }
}

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/api/v2/statements", post(submit))
        .route("/api/v2/statements/{handle}", get(status))
        .route("/api/v2/statements/{handle}/cancel", post(cancel))
}

/// `POST /api/v2/statements?requestId&retry&async&nullable`
async fn submit(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    spoken_properly(&headers)?;
    let asked: Value = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("The body isn't JSON: {error}.")))?;
    let snowflake = services.snowflake().clone();
    let request = params.get("requestId").map(|id| (caller.oid.clone(), id.to_owned()));
    let repeated = params.get("retry") == Some("true");
    let known = request.as_ref().and_then(|key| snowflake.state().requests.get(key).cloned());
    let handle = if let Some(handle) = known.filter(|_| repeated) {
        handle
    } else {
        let sql = asked.get("statement").and_then(Value::as_str).unwrap_or_default();
        let policy = caller.scopes(&[VIEW]).unwrap_or_default();
        let bindings = bindings(&asked)?;
        let ran = snowflake.0.database.run(sql, &bindings, Some(&policy)).await;
        let handle = Uuid::new_v4().to_string();
        let owner = caller.oid.clone();
        let statement = Statement { owner, asked, ran, cancelled: false };
        let mut state = snowflake.state();
        state.statements.insert(handle.clone(), statement);
        state.requests.extend(request.map(|key| (key, handle.clone())));
        handle
    };
    if params.get("async") == Some("true") {
        return Ok(running(&handle));
    }
    Ok(snowflake.answer(&handle, 0))
}

/// `GET /api/v2/statements/{handle}?partition`
async fn status(
    State(services): State<Services>,
    caller: Caller,
    params: Params,
    headers: HeaderMap,
    Path(handle): Path<String>,
) -> Result<Response, Problem> {
    spoken_properly(&headers)?;
    let partition = params.number("partition", 0)?;
    let snowflake = services.snowflake();
    snowflake.owned(&caller, &handle)?;
    Ok(snowflake.answer(&handle, partition))
}

/// `POST /api/v2/statements/{handle}/cancel`
async fn cancel(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
    Path(handle): Path<String>,
) -> Result<Response, Problem> {
    spoken_properly(&headers)?;
    let snowflake = services.snowflake();
    snowflake.owned(&caller, &handle)?;
    if let Some(statement) = snowflake.state().statements.get_mut(&handle) {
        statement.cancelled = true;
    }
    let body = json!({
        "code": "000604",
        "sqlState": "57014",
        "message": "SQL execution canceled",
        "statementHandle": handle,
    });
    Ok(Json(body).into_response())
}

impl Snowflake {
    fn owned(&self, caller: &Caller, handle: &str) -> Result<(), Problem> {
        let state = self.state();
        let owned = state.statements.get(handle).is_some_and(|one| one.owner == caller.oid);
        if owned { Ok(()) } else { Err(Problem::not_found("The statement")) }
    }

    /// A statement's partition as it stands: its rows, its error, or that it runs.
    fn answer(&self, handle: &str, partition: usize) -> Response {
        let state = self.state();
        let Some(statement) = state.statements.get(handle) else {
            return Problem::not_found("The statement").into_response();
        };
        if statement.cancelled {
            return failed(handle, "000604", "SQL execution canceled");
        }
        if state.stalled {
            return running(handle);
        }
        match &statement.ran {
            Ok(table) => result::answer(table, handle, partition, state.partition),
            Err(message) => failed(handle, "001003", message),
        }
    }
}

/// 202: come back later.
fn running(handle: &str) -> Response {
    let body = json!({
        "code": "333334",
        "message": "Asynchronous execution in progress.",
        "statementHandle": handle,
        "statementStatusUrl": format!("/api/v2/statements/{handle}"),
    });
    (StatusCode::ACCEPTED, Json(body)).into_response()
}

/// 422: the statement failed.
fn failed(handle: &str, code: &str, message: &str) -> Response {
    let body = json!({
        "code": code,
        "sqlState": "42000",
        "message": message,
        "statementHandle": handle,
    });
    (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
}

/// What the service demands of every request.
fn spoken_properly(headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("x-snowflake-authorization-token-type") != Some("OAUTH") {
        return Err(Problem::unauthorized("The token's type must be OAUTH."));
    }
    if text(header::USER_AGENT.as_str()).is_none_or(str::is_empty) {
        return Err(Problem::bad_request("User-Agent is needed."));
    }
    Ok(())
}

/// The bound values in their order: the type, and the value as text.
fn bindings(asked: &Value) -> Result<Vec<(String, String)>, Problem> {
    let given = asked.get("bindings").and_then(Value::as_object);
    let count = given.map_or(0, serde_json::Map::len);
    (1..=count)
        .map(|number| {
            let one = given.and_then(|given| given.get(&number.to_string()));
            let text = |key: &str| one?.get(key)?.as_str().map(str::to_owned);
            text("type").zip(text("value")).ok_or_else(|| {
                Problem::bad_request(format!("Binding {number} needs a type and a text as value."))
            })
        })
        .collect()
}
