//! Dashboards and saved queries: what leaves the lake is the person's own sites, whatever a statement
//! or a caller says, and no query runs on when nobody waits for it.

mod limits;
mod running;
mod scope;

use osier::demo::{Person, SITES, canary};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Client, TestApp, Version};
use crate::scoping::matrix::stranger;

/// Every word of a site in a reply.
pub fn words(text: &str) -> Vec<&'static str> {
    SITES.iter().filter_map(|site| canary(site)).filter(|word| text.contains(word)).collect()
}

/// A new person who views dashboards at these places, written as in the demo's assignments.
pub async fn viewer(app: &TestApp, places: &[String]) -> Client {
    app.speaking_as(&person(app, "WillowApp.CanViewDashboards", places), Version::V2026_07_28).await
}

/// A new person who holds these permissions (with commas) at these places, and nobody else holds
/// any.
pub fn person(app: &TestApp, permissions: &str, places: &[String]) -> Person {
    let oid: &'static str = Uuid::new_v4().to_string().leak();
    let held: Vec<String> =
        places.iter().map(|at| format!("  - {{user: {oid}, role: viewer, at: {at}}}\n")).collect();
    let text = format!(
        "roles:\n  viewer: [{permissions}]\nusers:\n  - {{id: {oid}}}\n\
         assignments:\n{}",
        held.concat()
    );
    app.around.authz().replace(&text).unwrap();
    stranger("viewer", oid)
}

/// `{site: ID}`
pub fn site(id: &str) -> String {
    format!("{{site: {id}}}")
}

/// A saved query of a test's own, beside the built-in ones.
pub fn saved(id: &str, statement: &str, more: &str) -> (String, String) {
    let text = format!(
        "id: {id}\ntitle: {id}\ndescription: Of a test.\ndashboard: {{id: tests, name: Tests}}\n\
         statement: {}\n{more}",
        json!(statement)
    );
    (format!("tools/dashboards/queries/{id}.yaml"), text)
}

/// The cells of one column.
pub fn column(reply: &crate::harness::Reply, name: &str) -> Vec<Value> {
    let columns = reply.structured()["about"]["columns"].as_array().unwrap();
    let at = columns.iter().position(|column| column["name"] == name).unwrap();
    reply.items().iter().map(|row| row["values"][at].clone()).collect()
}
