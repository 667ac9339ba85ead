//! The sample LiveDataCore: points, their latest values, their history and aggregates, and the
//! health of the connectors. Every value is computed when it is asked for, from the seed, the point
//! and the moment; nothing is kept. Reads only.

mod health;
mod noise;
mod places;
mod query;
mod series;
mod values;

use axum::extract::{Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::bearer::{Caller, covers};
use super::fields::{set, text};
use super::paging::Params;
use super::problem::Problem;
use super::search::{Search, Searchable};
use super::services::Services;
use super::world::equipment::Equipment;
use super::world::{Shared, rfc3339};
use crate::access::Scopes;

use self::query::Query;
use self::values::Telemetry;

const VIEW: &str = "WillowApp.CanViewTimeSeries";
const CONNECTORS: &str = "WillowApp.CanViewConnectors";
/// What can be asked of points.
const SEARCHABLE: Searchable = Searchable {
    fields: &[
        "siteId",
        "twinId",
        "name",
        "modelId",
        "unit",
        "type",
        "equipmentTwinId",
        "connectorId",
        "externalId",
        "locationIds",
        "q",
    ],
    searched: &["name", "externalId", "twinId"],
};

/// A batch of more ids than this is refused.
const LARGEST_BATCH: usize = 100;

type Answer = Result<Json<Value>, Problem>;

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/points", get(points))
        .route("/points/search", post(search))
        .route("/points/{id}", get(point))
        .route("/telemetry/latest", post(latest_of_many))
        .route("/telemetry/query", post(query_many))
        .route("/telemetry/{id}/latest", get(latest))
        .route("/telemetry/{id}", get(history))
        .route("/connectors/health", get(connectors))
}

impl Services {
    fn equipment(&self) -> Shared<Equipment> {
        self.world().equipment.clone()
    }

    fn moment(&self) -> DateTime<Utc> {
        DateTime::<Utc>::from(self.clock().now())
    }

    /// The points of a site as LiveDataCore tells of them, but for `lastValueTime`.
    pub fn points_of(&self, site_id: &str) -> Vec<Value> {
        let equipment = self.equipment();
        equipment.records().iter().filter(|one| text(one, "siteId") == site_id).cloned().collect()
    }

    /// One of a site's points, whatever the number; none where the site has none.
    pub fn any_point_of(&self, site_id: &str, number: usize) -> Option<Value> {
        let equipment = self.equipment();
        let own = || equipment.records().iter().filter(|one| text(one, "siteId") == site_id);
        own().nth(number.checked_rem(own().count())?).cloned()
    }

    /// A point's samples from `start` to before `end`, as seconds since 1970 and values; none of
    /// them lies in the future.
    pub fn samples_of(&self, twin_id: &str, start: i64, end: i64) -> Vec<(i64, f64)> {
        let equipment = self.equipment();
        let telemetry = Telemetry::new(&equipment, self.moment());
        let point = equipment.point(twin_id);
        point.map(|point| telemetry.samples(point, start, end).collect()).unwrap_or_default()
    }

    /// The ids of a site's connectors.
    pub fn connectors_of(&self, site_id: &str) -> Vec<String> {
        let equipment = self.equipment();
        let own = equipment.connectors.iter().filter(|one| one.site == site_id);
        own.map(|one| one.id.clone()).collect()
    }

    /// The faults of a site: the point that shows each best, its kind in words, and the stretches
    /// (seconds since 1970) in which telemetry shows it.
    pub fn fault_spells_of(&self, site_id: &str) -> Vec<FaultSpells> {
        let equipment = self.equipment();
        let told = equipment.faults.iter().filter_map(|fault| {
            let point = equipment.points.get(fault.point).filter(|one| one.site == site_id)?;
            let spells = fault.spells.iter().map(|(from, to)| (from.timestamp(), to.timestamp()));
            let spells = spells.collect();
            Some(FaultSpells {
                id: fault.id.clone(),
                point: point.twin_id.clone(),
                kind: fault.kind.title(),
                priority: fault.priority,
                spells,
            })
        });
        told.collect()
    }
}

/// A fault, as far as telemetry shows it.
#[derive(Clone, Debug)]
pub struct FaultSpells {
    /// Its own id.
    pub id: String,
    /// The point that shows it best.
    pub point: String,
    /// Its kind in words.
    pub kind: &'static str,
    /// 1 (urgent) to 4 (low).
    pub priority: u8,
    /// From when to when, in seconds since 1970.
    pub spells: Vec<(i64, i64)>,
}

/// `GET /points?siteId&twinId&modelId`: `twinId` may be repeated; unknown ones are left out.
async fn points(State(services): State<Services>, caller: Caller, params: Params) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let equipment = services.equipment();
    let meets = |record: &Value, name: &str, field: &str| {
        let wanted = params.list(name);
        wanted.is_empty() || wanted.contains(&text(record, field))
    };
    let found: Vec<&Value> = equipment
        .records()
        .iter()
        .filter(|record| meets(record, "siteId", "siteId") && meets(record, "twinId", "twinId"))
        .filter(|record| meets(record, "modelId", "modelId") && covers(&scopes, record))
        .collect();
    params.page(&found).map(Json)
}

/// `POST /points/search`
async fn search(State(services): State<Services>, caller: Caller, body: Bytes) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let search = Search::read(&body, &SEARCHABLE)?;
    let equipment = services.equipment();
    let mut page = search.run(equipment.records().iter().filter(|one| covers(&scopes, one)));
    let telemetry = Telemetry::new(&equipment, services.moment());
    let items = page.get_mut("items").and_then(Value::as_array_mut);
    items.into_iter().flatten().for_each(|record| tell_last_value(&telemetry, record));
    Ok(Json(page))
}

/// `GET /points/{id}`
async fn point(State(services): State<Services>, caller: Caller, Path(id): Path<String>) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let equipment = services.equipment();
    let index = visible(&equipment, &scopes, &id);
    let record = index.and_then(|index| equipment.records().get(index));
    let mut record = record.cloned().ok_or_else(|| Problem::not_found("The point"))?;
    tell_last_value(&Telemetry::new(&equipment, services.moment()), &mut record);
    Ok(Json(record))
}

fn tell_last_value(telemetry: &Telemetry<'_>, record: &mut Value) {
    let point = telemetry.equipment().point(text(record, "id"));
    let last = point.and_then(|point| telemetry.latest(point));
    set(record, "lastValueTime", last.and_then(|(at, _)| moment(at)));
}

/// The point of this id, where the caller may see it.
fn visible(equipment: &Equipment, scopes: &Scopes, id: &str) -> Option<usize> {
    let index = equipment.point(id)?;
    equipment.records().get(index).filter(|record| covers(scopes, record)).map(|_| index)
}

/// `GET /telemetry/{id}/latest`: a list of one sample, or of none.
async fn latest(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let equipment = services.equipment();
    let index = visible(&equipment, &scopes, &id);
    let index = index.ok_or_else(|| Problem::not_found("The point"))?;
    let telemetry = Telemetry::new(&equipment, services.moment());
    Ok(Json(telemetry.latest_sample(index).into_iter().collect()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Batch {
    twin_ids: Vec<String>,
}

/// `POST /telemetry/latest {twinIds}`: `{data, errorData?}`. Ids that it doesn't know or that
/// aren't the caller's are left out without a word.
async fn latest_of_many(State(services): State<Services>, caller: Caller, body: Bytes) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let batch: Batch = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("The body isn't a batch: {error}.")))?;
    if !(1..=LARGEST_BATCH).contains(&batch.twin_ids.len()) {
        return Err(Problem::invalid([("twinIds".to_owned(), "1 to 100 ids.".to_owned())]));
    }
    let equipment = services.equipment();
    let telemetry = Telemetry::new(&equipment, services.moment());
    let (indices, unreadable) = sorted_out(&services, &equipment, &scopes, &batch.twin_ids);
    let data: Vec<Value> =
        indices.into_iter().filter_map(|index| telemetry.latest_sample(index)).collect();
    Ok(Json(with_errors(json!({"data": data}), &unreadable)))
}

/// `POST /telemetry/query`
async fn query_many(State(services): State<Services>, caller: Caller, body: Bytes) -> Answer {
    let query: Query = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("The body isn't a query: {error}.")))?;
    run(&services, &caller, &query)
}

/// `GET /telemetry/{id}?start&end&interval&aggregation&fill&pageSize&continuationToken`
async fn history(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    if visible(&services.equipment(), &scopes, &id).is_none() {
        return Err(Problem::not_found("The point"));
    }
    run(&services, &caller, &Query::of_one(id, &params)?)
}

fn run(services: &Services, caller: &Caller, query: &Query) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let asked = query.read()?;
    let equipment = services.equipment();
    let telemetry = Telemetry::new(&equipment, services.moment());
    let (indices, unreadable) = sorted_out(services, &equipment, &scopes, &query.twin_ids);
    Ok(Json(with_errors(asked.run(&telemetry, &indices), &unreadable)))
}

/// Of ids that were named: the points that can be read, and those that can't be just now.
fn sorted_out<'a>(
    services: &Services,
    equipment: &Equipment,
    scopes: &Scopes,
    ids: &'a [String],
) -> (Vec<usize>, Vec<&'a str>) {
    let broken = services.unreadable_points();
    let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
    for id in ids {
        match visible(equipment, scopes, id) {
            Some(_) if broken.contains(id) => unreadable.push(id.as_str()),
            Some(index) => readable.push(index),
            None => {}
        }
    }
    (readable, unreadable)
}

/// A failure of a part is told in the answer, whose status is 200 all the same.
fn with_errors(mut answer: Value, unreadable: &[&str]) -> Value {
    if !unreadable.is_empty() {
        let told = json!({"message": "Some points could not be read.", "ids": unreadable});
        set(&mut answer, "errorData", told);
    }
    answer
}

/// `GET /connectors/health?siteIds&connectorId`
async fn connectors(State(services): State<Services>, caller: Caller, params: Params) -> Answer {
    let scopes = caller.scopes(&[CONNECTORS])?;
    let equipment = services.equipment();
    let telemetry = Telemetry::new(&equipment, services.moment());
    let sites = params.list("siteIds");
    let wanted = |index: &usize| {
        equipment.connectors.get(*index).is_some_and(|one| {
            scopes.covers_site(one.site)
                && (sites.is_empty() || sites.contains(&one.site))
                && params.get("connectorId").is_none_or(|id| id == one.id)
        })
    };
    let told = (0..equipment.connectors.len()).filter(wanted);
    let told: Vec<Value> = told.filter_map(|index| health::of(&telemetry, index)).collect();
    let told: Vec<&Value> = told.iter().collect();
    params.page(&told).map(Json)
}

/// Seconds since 1970 as the services write a moment.
fn moment(seconds: i64) -> Option<String> {
    DateTime::from_timestamp(seconds, 0).map(rfc3339)
}

#[cfg(test)]
mod tests;
