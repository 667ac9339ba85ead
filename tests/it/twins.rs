//! Digital twins: what of them a person finds, counts and reaches, with a service that shows all of
//! them to anybody.

mod links;
mod models;
mod search;
mod walk;

use std::collections::BTreeSet;

use osier::demo::{Person, SITE_8KP, SITE_12H, SITE_60M, Services};
use serde_json::{Value, json};
use uuid::Uuid;

use super::harness::{Client, TestApp, Version};

const VIEW_TWINS: &str = "WillowApp.CanViewTwins";

/// A new person who may view twins at these places, and nothing else; others of the demo lose what
/// they hold.
pub fn viewer(app: &TestApp, places: &[String]) -> Person {
    let oid: &'static str = Uuid::new_v4().to_string().leak();
    let held: String = places
        .iter()
        .map(|at| format!("  - {{user: {oid}, role: viewer, at: {at}}}\n"))
        .collect::<Vec<_>>()
        .concat();
    let text = format!(
        "roles:\n  viewer: [{VIEW_TWINS}, WillowApp.CanViewModels]\nusers:\n  - {{id: {oid}}}\n\
         assignments:\n{held}"
    );
    app.around.authz().replace(&text).unwrap();
    Person {
        name: "viewer",
        full_name: "viewer",
        oid,
        email: "x@willow-demo.example",
        scope: osier::demo::SCOPE,
        roles: &[],
        may: "",
    }
}

pub async fn client(app: &TestApp, places: &[String]) -> Client {
    let person = viewer(app, places);
    app.speaking_as(&person, Version::V2026_07_28).await
}

pub fn site(id: &str) -> String {
    format!("{{site: {id}}}")
}

/// 60M, 12H and 8KP; not 3LW.
pub fn three_sites() -> Vec<String> {
    [SITE_60M, SITE_12H, SITE_8KP].map(site).to_vec()
}

pub fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

/// The ids of the twins that fit, from the world's own records.
pub fn ids_where(services: &Services, fits: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let twins = services.twins();
    let found = twins.iter().filter(|twin| fits(twin));
    found.map(|twin| text(twin, "$dtId").to_owned()).collect()
}

pub fn column(rows: &[Value], field: &str) -> BTreeSet<String> {
    let found: BTreeSet<String> = rows.iter().map(|row| text(row, field).to_owned()).collect();
    assert_eq!(found.len(), rows.len(), "a row came twice");
    found
}

/// The texts of the queries that were sent.
pub fn queries(services: &Services) -> Vec<String> {
    let sent = services.wire().requests_to("/adt/query");
    sent.iter().filter_map(|one| Some(one.json()["query"].as_str()?.to_owned())).collect()
}

#[tokio::test]
async fn a_busy_service_says_when_to_come_back() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let busy = osier::demo::Fault::answer(429, r#"{"error":{"code":"QuotaReachedError"}}"#);
    app.around.services().inject("/adt/query", busy.header("retry-after", "7"));
    let refused = ana.call("count_twins", json!({})).await;
    assert!(refused.is_error());
    assert!(refused.text().contains("7 seconds"), "{}", refused.text());
}

#[tokio::test]
async fn every_request_names_the_version() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let area = &super::sixty::AREAS;
    for case in
        area.iter().flat_map(|area| (area.cases)(&app)).filter(|one| one.tool.contains("twin"))
    {
        let reply = ana.call(case.tool, case.arguments).await;
        assert!(!reply.is_error(), "{}: {reply:?}", case.tool);
    }
    let sent = app.around.services().wire().requests_to("/adt");
    assert!(sent.len() >= 5);
    for one in sent {
        assert!(one.query.contains("api-version=2023-10-31"), "{} {}", one.path, one.query);
    }
}
