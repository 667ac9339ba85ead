//! Inspections and their checks.

use std::collections::BTreeSet;

use osier::demo::{FINN_LEVEL, SITE_3LW, SITE_12H};
use serde_json::{Value, json};

use super::people::{ALL, NOBODYS, client, holder, ids_inside, level, site, text};
use crate::harness::TestApp;
use crate::scoping::matrix::{alike, ids, nothing_of};

#[tokio::test]
async fn inspections_are_those_of_the_persons_places() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let all = services.inspections();
    assert_eq!(all.inspections.len(), 40);
    for at in [site(SITE_12H), level()] {
        let person = holder(&app, &ALL, &at);
        let held = app.around.authz().grants(person.oid)["WillowApp.CanViewInspections"].clone();
        let person = client(&app, &person).await;
        let expected = ids_inside(&held, &all.inspections);
        assert!(!expected.is_empty() && expected.len() < 20, "{at}");
        for strict in [true, false] {
            services.set_strict(strict);
            let rows = person.all_rows("list_inspections", json!({"pageSize": 4})).await;
            assert_eq!(ids(&rows), expected, "{at}");
            let unknown = person.call("get_inspection", json!({"inspectionId": NOBODYS})).await;
            for one in &all.inspections {
                let shown = person.call("get_inspection", json!({"inspectionId": one["id"]})).await;
                if !expected.contains(text(one, "id")) {
                    alike(&shown, &unknown, &at);
                    continue;
                }
                nothing_of(SITE_3LW, &shown, &at);
                let checks = shown.item()["checks"].as_array().unwrap();
                let own = all.checks.iter().filter(|check| check["inspectionId"] == one["id"]);
                assert_eq!(ids(checks), ids(&own.cloned().collect::<Vec<_>>()));
                assert!(!shown.structured().to_string().contains("submittedUserName"));
            }
        }
    }
}

#[tokio::test]
async fn inspections_are_filtered_and_in_order() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let all = app.around.services().inspections();
    let expected = |fits: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        all.inspections
            .iter()
            .filter(|one| fits(one))
            .map(|one| text(one, "id").to_owned())
            .collect()
    };
    let whole = ana.all_rows("list_inspections", json!({"pageSize": 7})).await;
    assert!(whole.is_sorted_by_key(|one| text(one, "nextDueDate").to_owned()));
    for status in ["overdue", "due", "completed"] {
        let rows = ana.all_rows("list_inspections", json!({"status": status})).await;
        assert_eq!(ids(&rows), expected(&|one| one["status"] == status));
        assert!(!rows.is_empty(), "{status}");
    }
    let rows = ana.all_rows("list_inspections", json!({"locationId": FINN_LEVEL})).await;
    let there = |one: &Value| one["locationIds"].as_array().unwrap().contains(&json!(FINN_LEVEL));
    assert_eq!(ids(&rows), expected(&there));
    assert!(!rows.is_empty());
}
