//! Every filter and order of the lists, against what they should find.

use std::collections::BTreeSet;

use osier::demo::{FINN_LEVEL, SITE_8KP, SITE_60M};
use serde_json::{Value, json};

use super::people::text;
use crate::harness::{Client, TestApp};

fn priority(record: &Value) -> u64 {
    record["priority"].as_u64().unwrap()
}

fn lies_in(record: &Value, place: &str) -> bool {
    record["locationIds"].as_array().unwrap().iter().any(|id| id == place)
}

/// The rows of a list are those insights that fit and whose root doesn't.
async fn finds(ana: &Client, all: &[Value], filter: Value, fits: impl Fn(&Value) -> bool) {
    let matching: Vec<&Value> = all.iter().filter(|one| fits(one)).collect();
    let ids: BTreeSet<&str> = matching.iter().map(|one| text(one, "id")).collect();
    let roots = matching.iter().filter(|one| !ids.contains(text(one, "parentId")));
    let expected: BTreeSet<&str> = roots.map(|one| text(one, "id")).collect();
    let mut arguments = filter.clone();
    arguments["pageSize"] = 40.into();
    let rows = ana.all_rows("list_insights", arguments).await;
    let found: BTreeSet<&str> = rows.iter().map(|one| text(one, "id")).collect();
    assert_eq!(found, expected, "{filter}");
    assert!(!found.is_empty() && found.len() < all.len(), "{filter} filters nothing");
}

#[tokio::test]
async fn each_filter_finds_what_it_says() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let all = app.around.services().insights();
    let all = &all.insights;
    let some = &all[20];
    finds(&ana, all, json!({"siteIds": [SITE_8KP]}), |one| one["siteId"] == SITE_8KP).await;
    finds(&ana, all, json!({"locationId": FINN_LEVEL}), |one| lies_in(one, FINN_LEVEL)).await;
    let statuses = json!({"status": ["new", "ignored"]});
    finds(&ana, all, statuses, |one| ["new", "ignored"].contains(&text(one, "status"))).await;
    finds(&ana, all, json!({"state": "active"}), |one| one["state"] == "active").await;
    finds(&ana, all, json!({"type": "comfort"}), |one| one["type"] == "comfort").await;
    finds(&ana, all, json!({"priority": 2}), |one| one["priority"] == 2).await;
    for field in ["skillId", "twinId"] {
        finds(&ana, all, json!({field: some[field]}), |one| one[field] == some[field]).await;
    }
    let q = |one: &Value| {
        ["name", "description", "sequenceNumber"]
            .iter()
            .any(|field| text(one, field).to_lowercase().contains("ahu"))
    };
    finds(&ana, all, json!({"q": "ahu"}), q).await;
    let day = text(some, "occurredDate");
    finds(&ana, all, json!({"occurredAfter": day}), |one| text(one, "lastOccurredDate") >= day)
        .await;
    finds(&ana, all, json!({"occurredBefore": day}), |one| text(one, "occurredDate") < day).await;
    let costs = |one: &Value| one["impactScores"][0]["value"].as_f64().unwrap() >= 120.0;
    finds(&ana, all, json!({"impactMin": 120}), costs).await;
    let both = json!({"siteIds": [SITE_60M], "state": "active", "priority": 1});
    let fits =
        |one: &Value| one["siteId"] == SITE_60M && one["state"] == "active" && one["priority"] == 1;
    finds(&ana, all, both, fits).await;
}

#[tokio::test]
async fn each_order_is_kept_from_page_to_page() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    for sort in ["lastOccurredDate", "updatedDate", "priority", "impact"] {
        for order in ["asc", "desc"] {
            let arguments = json!({"sort": sort, "order": order, "pageSize": 30});
            let rows = ana.all_rows("list_insights", arguments).await;
            let key = |one: &Value| match sort {
                "priority" => one["priority"].to_string(),
                "impact" => {
                    format!("{:09.2}", one["impactScores"][0]["value"].as_f64().unwrap())
                }
                field => text(one, field).to_owned(),
            };
            let mut keys: Vec<String> = rows.iter().map(key).collect();
            if order == "desc" {
                keys.reverse();
            }
            assert!(keys.is_sorted(), "{sort} {order}");
        }
    }
}

#[tokio::test]
async fn alerts_are_urgent_and_go_on() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let all = app.around.services().insights();
    let raises = |one: &&Value| {
        one["state"] == "active"
            && ["new", "open"].contains(&text(one, "status"))
            && priority(one) <= 2
    };
    let raising: Vec<&Value> = all.insights.iter().filter(raises).collect();
    let ids = |rows: &[Value]| -> BTreeSet<String> {
        rows.iter().map(|one| text(one, "insightId").to_owned()).collect()
    };
    let expected = |fits: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        raising.iter().filter(|one| fits(one)).map(|one| text(one, "id").to_owned()).collect()
    };
    let whole = ana.all_rows("list_alerts", json!({"pageSize": 8})).await;
    assert_eq!(ids(&whole), expected(&|_| true));
    assert!(whole.is_sorted_by_key(priority));
    let urgent = ana.all_rows("list_alerts", json!({"minPriority": 1})).await;
    assert_eq!(ids(&urgent), expected(&|one| priority(one) == 1));
    let since = text(&whole[whole.len() / 2], "raisedDate");
    let recent = ana.all_rows("list_alerts", json!({"since": since})).await;
    assert_eq!(ids(&recent), expected(&|one| text(one, "lastOccurredDate") >= since));
}
