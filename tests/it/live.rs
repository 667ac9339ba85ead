//! Points, telemetry and connectors through the front door: lists of ids are held to the caller's
//! places one by one, figures are those of the world, and long reads can be followed and ended.

mod figures;
mod ids;
mod long;
mod places;

use osier::demo::Person;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::{Client, TestApp, Version};
use crate::scoping::stranger;

/// Somebody who views telemetry and connectors at these places, written as in `demo-people.yaml`.
async fn viewer(app: &TestApp, places: &[String]) -> Client {
    let oid = Uuid::new_v4().to_string().leak();
    let held = places.iter().map(|place| format!("  - {{user: {oid}, role: r, at: {place}}}\n"));
    let held = held.collect::<Vec<_>>().concat();
    let text = format!(
        "roles:\n  r: [WillowApp.CanViewTimeSeries, WillowApp.CanViewConnectors]\n\
         users:\n  - {{id: {oid}}}\nassignments:\n{held}"
    );
    app.around.authz().replace(&text).unwrap();
    let person: Person = stranger("viewer", oid);
    app.speaking_as(&person, Version::V2026_07_28).await
}

fn site(id: &str) -> String {
    format!("{{site: {id}}}")
}

/// The ids of points of a site that bring values, every so many of them.
fn points_of(app: &TestApp, site: &str, every: usize) -> Vec<String> {
    let services = app.around.services();
    let all = services.points_of(site);
    let now = i64::try_from(app.clock.unix_seconds()).unwrap();
    let ids = all.iter().map(|point| text(point, "twinId").to_owned());
    ids.filter(|id| services.samples_of(id, now - 7_200, now).len() > 4).step_by(every).collect()
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// A moment so many seconds after 1970.
fn at(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(seconds, 0).unwrap().to_rfc3339()
}
