//! Reports: seen where all of their sites are, private ones by their owner alone, and changed after a
//! question that names the sites and the people.

mod notifications;
mod writes;

use osier::demo::{SITE_12H, SITE_60M, SITES};
use serde_json::{Value, json};

use crate::dashboards::{person, site, words};
use crate::harness::{Client, TestApp, Version};

pub const BOTH: &str = "WillowApp.CanViewReports, WillowApp.CanManageReports";
pub const ENERGY: &str = "Quillmarrow monthly energy";
pub const COMFORT: &str = "Quillmarrow and Brindlefax comfort";

/// A report's id by its name.
pub fn id_of(app: &TestApp, name: &str) -> String {
    app.around.services().report(name).unwrap()["id"].as_str().unwrap().to_owned()
}

/// An entry of the directory, by name.
pub fn entry(app: &TestApp, name: &str) -> Value {
    let directory = app.around.services().directory();
    directory.into_iter().find(|entry| entry["name"] == name).unwrap()["id"].clone()
}

/// A new person who sees and changes reports at these sites.
pub async fn manager(app: &TestApp, sites: &[&str]) -> Client {
    let places: Vec<String> = sites.iter().map(|id| site(id)).collect();
    app.speaking_as(&person(app, BOTH, &places), Version::V2026_07_28).await
}

async fn both() -> [TestApp; 2] {
    [TestApp::new().await, TestApp::lax().await]
}

#[tokio::test]
async fn a_report_is_seen_where_all_of_its_sites_are() {
    for app in both().await {
        let her = manager(&app, &[SITE_60M]).await;
        let reply = her.call("list_reports", json!({})).await;
        assert_eq!(reply.column("name"), [ENERGY]);
        let him = manager(&app, &[SITE_60M, SITE_12H]).await;
        let reply = him.call("list_reports", json!({})).await;
        assert_eq!(reply.column("name"), [ENERGY, "Brindlefax weekly tickets", COMFORT]);
        assert_eq!(words(&reply.text()).len(), 2);
        let narrowed = him.call("list_reports", json!({"siteIds": [SITE_12H]})).await;
        assert_eq!(narrowed.column("name"), ["Brindlefax weekly tickets", COMFORT]);

        let her = manager(&app, &[SITE_60M]).await;
        let unknown = her.call("get_report", json!({"reportId": "no-such-report"})).await;
        for report in app.around.services().reports() {
            let reply = her.call("get_report", json!({"reportId": report["id"]})).await;
            if report["name"] == ENERGY {
                assert_eq!(reply.item()["notifications"][0]["schedule"]["frequency"], "weekly");
                assert!(reply.item()["notifications"][0]["recipients"][0]["name"].is_string());
            } else {
                assert_eq!(reply.refusal(), unknown.refusal(), "{report}");
            }
        }
        let every = manager(&app, &SITES).await;
        assert_eq!(every.all_rows("list_reports", json!({"pageSize": 2})).await.len(), 5);
    }
}

#[tokio::test]
async fn a_private_report_is_its_owners_alone() {
    for app in both().await {
        for (name, own, others) in [
            ("ana", "Velvastone insights", "Quillmarrow draft"),
            ("erin", "Quillmarrow draft", "Velvastone insights"),
        ] {
            let client = app.as_user(name).await;
            let listed = client.call("list_reports", json!({})).await.column("name");
            assert!(listed.contains(&own.to_owned()), "{name}: {listed:?}");
            assert!(!listed.contains(&others.to_owned()), "{name}: {listed:?}");
            let own = client.call("get_report", json!({"reportId": id_of(&app, own)})).await;
            assert_eq!(own.item()["visibility"], "private");
            let others = client.call("get_report", json!({"reportId": id_of(&app, others)})).await;
            let none = client.call("get_report", json!({"reportId": "none"})).await;
            assert_eq!(others.refusal(), none.refusal());
        }
    }
}

#[tokio::test]
async fn a_report_that_says_too_little_is_shown_to_nobody_below_everywhere() {
    let app = TestApp::lax().await;
    let id = id_of(&app, ENERGY);
    let her = manager(&app, &[SITE_60M]).await;
    for (field, odd) in [
        ("scopeIds", json!([])),
        ("scopeIds", json!(SITE_60M)),
        ("scopeIds", Value::Null),
        ("scopeIds", json!([SITE_60M, 1])),
        ("visibility", Value::Null),
        ("visibility", json!("Shared")),
    ] {
        let before = app.around.services().report(ENERGY).unwrap()[field].clone();
        assert!(app.around.services().edit_report(&id, |report| report[field] = odd.clone()));
        let reply = her.call("list_reports", json!({})).await;
        assert_eq!(reply.items().len(), 0, "{field} {odd}");
        assert!(her.call("get_report", json!({"reportId": id})).await.is_error(), "{field} {odd}");
        app.around.services().edit_report(&id, |report| report[field] = before);
    }
}

#[tokio::test]
async fn who_may_not_manage_has_no_writes() {
    let app = TestApp::new().await;
    let place = [site(SITE_60M)];
    let viewer = person(&app, "WillowApp.CanViewReports", &place);
    let tools = app.speaking_as(&viewer, Version::V2026_07_28).await.tools().await;
    assert_eq!(tools.iter().filter(|name| name.contains("report")).count(), 2, "{tools:?}");
    let manager = person(&app, BOTH, &place);
    let tools = app.speaking_as(&manager, Version::V2026_07_28).await.tools().await;
    assert_eq!(tools.iter().filter(|name| name.contains("report")).count(), 6, "{tools:?}");
}
