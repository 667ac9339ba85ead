//! `snowflake`: saved queries over Snowflake's SQL API v2.
//!
//! A request says which saved query is listed, found or run, and with which values. What is sent is
//! a statement of ours around the query's own, which picks the columns and demands the caller's
//! sites; nothing of it but bound values comes from a caller.

mod cells;
mod page;
mod running;
mod saved;
mod wrapper;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use tokio_util::task::TaskTracker;

use crate::call::{Refusal, TroubleKind};
use crate::catalog::SavedQuery;
use crate::clock::Clock;
use crate::target::Reply;

use super::Errand;
use super::render::Filled;
use super::transport::Transport;
use page::{Place, Result as ResultSet};
use running::Account;
use wrapper::Wrapped;

/// What a service of this kind has beside its transport.
#[derive(Clone, Debug)]
pub struct Snowflake {
    session: SnowflakeSession,
    running: TaskTracker,
}

/// Where and as whom statements run; what isn't said is the person's default at the service.
#[derive(Clone, Debug, Default)]
pub struct SnowflakeSession {
    /// The database.
    pub database: Option<String>,
    /// The schema.
    pub schema: Option<String>,
    /// The warehouse that does the work.
    pub warehouse: Option<String>,
    /// The role, of those that the person holds.
    pub role: Option<String>,
}

impl Snowflake {
    /// `running` waits for statements that are being cancelled.
    pub fn new(session: SnowflakeSession, running: TaskTracker) -> Self {
        Self { session, running }
    }
}

/// Lists, finds or runs saved queries.
pub(super) async fn read(
    snowflake: &Snowflake,
    transport: &Arc<Transport>,
    request: Filled,
    clock: &Clock,
    errand: &mut Errand<'_>,
) -> Result<Reply, Refusal> {
    let Some(Value::Object(asked)) = request.body else { return Err(Refusal::Internal) };
    let text = |key: &str| asked.get(key).and_then(Value::as_str);
    let queries = saved::Queries::of(errand.fill, transport.name());
    if asked.contains_key("list") {
        return Ok(answer(queries.list(text("q"))));
    }
    if let Some(id) = text("find") {
        return Ok(answer(queries.find(id)));
    }
    let query = text("run").and_then(|id| queries.one(id)).ok_or(Refusal::Internal)?;
    let sites = sites(&asked, query, errand)?;
    let account = Account { snowflake, transport };
    let result = if let Some(token) = text("cursor") {
        let place = Place::read(token).ok_or(Refusal::InvalidCursor)?;
        account.partition(place, errand).await
    } else {
        let now = DateTime::<Utc>::from(clock.now());
        let values = bind(query, asked.get("parameters"), now)?;
        let wrapped = Wrapped::of(query, values, sites.as_deref());
        account.run(query, &wrapped, errand).await
    };
    let page = result.and_then(|result| rows(query, &result, sites.as_deref()));
    page.map_err(|kind| match (kind, text("cursor")) {
        // The service keeps results for a while, not for ever.
        (TroubleKind::Gone | TroubleKind::QueryFailed, Some(_)) => Refusal::InvalidCursor,
        (kind, _) => transport.trouble(kind),
    })
}

fn answer(body: Value) -> Reply {
    Reply { body, ..Reply::default() }
}

/// The sites whose rows are asked for; none only for somebody who may everywhere.
fn sites(
    asked: &Map<String, Value>,
    query: &SavedQuery,
    errand: &Errand<'_>,
) -> Result<Option<Vec<String>>, Refusal> {
    let sites = asked
        .get("sites")
        .and_then(Value::as_array)
        .map(|sites| sites.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    match (&sites, query.scope_column, errand.fill.scopes.is_global()) {
        (None, _, false) | (Some(_), None, false) => Err(Refusal::Internal),
        (Some(_), None, true) => {
            let says = "siteIds: this query doesn't tell sites apart; leave it out".to_owned();
            Err(Refusal::InvalidArguments(vec![says]))
        }
        _ => Ok(sites),
    }
}

/// The values of the parameters, in their order.
fn bind(
    query: &SavedQuery,
    given: Option<&Value>,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Refusal> {
    let none = Map::new();
    let given = given.and_then(Value::as_object).unwrap_or(&none);
    let mut problems = Vec::new();
    let mut values = Vec::with_capacity(query.parameters.len());
    for parameter in &query.parameters {
        match parameter.bind(given.get(&parameter.name), now) {
            Ok(value) => values.push(value),
            Err(says) => problems.push(format!("parameters.{}: {says}", parameter.name)),
        }
    }
    let known = |name: &String| query.parameters.iter().any(|one| one.name == *name);
    if given.keys().any(|name| !known(name)) {
        let names: Vec<&str> = query.parameters.iter().map(|one| one.name.as_str()).collect();
        let names = if names.is_empty() { "no parameters".to_owned() } else { names.join(", ") };
        problems.push(format!("parameters: this query takes {names}"));
    }
    if problems.is_empty() { Ok(values) } else { Err(Refusal::InvalidArguments(problems)) }
}

/// One partition of a result, as the definition promises it.
fn rows(
    query: &SavedQuery,
    result: &ResultSet,
    sites: Option<&[String]>,
) -> Result<Reply, TroubleKind> {
    let most = usize::try_from(query.max_rows).unwrap_or(usize::MAX);
    let mut items = Vec::with_capacity(result.rows.len());
    // One row more than there may be was asked for, to know whether there are more.
    let room = most.saturating_sub(result.place.before);
    for row in result.rows.iter().take(room) {
        let cells = row.as_array().filter(|cells| cells.len() == query.columns.len());
        let cells = cells.ok_or(TroubleKind::BadAnswer)?;
        let values: Option<Vec<Value>> = query
            .columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| cells::value(column.kind, cell))
            .collect();
        let values = values.ok_or(TroubleKind::BadAnswer)?;
        let site = query.scope_column.and_then(|column| values.get(column)).cloned();
        let asked = sites.is_none_or(|sites| {
            let site = site.as_ref().and_then(Value::as_str);
            site.is_some_and(|site| sites.iter().any(|one| one == site))
        });
        if asked {
            items.push(json!({"siteId": site, "values": values}));
        }
    }
    let again = result.place.to_string();
    let next = result.place.next(result.rows.len()).map(|place| place.to_string());
    let body = json!({
        "query": saved::about(query),
        "items": items,
        "continuationToken": next,
        "limited": result.place.limited,
    });
    Ok(Reply { body, status: 200, again: Some(again), ..Reply::default() })
}

#[cfg(test)]
mod tests;
