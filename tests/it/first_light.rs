//! The whole way, once for each protocol version: list, read, write after a yes.

use osier::demo::{SITE_3LW, SITE_12H, SITE_60M};
use serde_json::json;

use super::harness::{Answered, TestApp, Version};

#[tokio::test]
async fn a_person_lists_reads_and_writes_in_each_version() {
    let app = TestApp::new().await;
    for version in Version::ALL {
        let ben = app.speaking("ben", version).await;
        assert!(ben.tools().await.contains(&"create_ticket".to_owned()), "{version:?}");

        let sites = ben.call("list_sites", json!({})).await;
        assert_eq!(sites.column("code"), ["60M", "12H", "8KP"], "{version:?}");

        let before = app.around.services().tickets_of(SITE_60M).len();
        let arguments = json!({
            "siteId": SITE_60M,
            "summary": format!("Lift stuck ({})", version.name()),
            "description": "It doesn't move.",
            "priority": 2,
        });
        let refused = ben.call_answering("create_ticket", arguments.clone(), Answered::No).await;
        // 2025-03-26 knows no elicitation; its clients can't be asked.
        assert!(refused.is_error(), "{version:?}");
        let made = ben.call_answering("create_ticket", arguments, Answered::Yes).await;
        if version != Version::V2025_03_26 {
            assert_eq!(made.item()["siteId"], SITE_60M, "{version:?}: {made:?}");
            let tickets = app.around.services().tickets_of(SITE_60M).len();
            assert_eq!(tickets, before + 1, "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_persons_answer_is_on_record_without_what_was_said() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let arguments = json!({
        "siteId": SITE_60M, "summary": "Canary summary", "description": "x", "priority": 1,
    });
    ben.call_answering("create_ticket", arguments, Answered::Yes).await;
    ben.call("get_site", json!({"siteId": SITE_12H})).await;
    let records = app.audit().await;
    let told: Vec<_> = records
        .iter()
        .map(|record| (record["kind"].as_str().unwrap(), record["status"].as_str().unwrap()))
        .collect();
    assert_eq!(told[0], ("call", "asked"));
    assert_eq!(told[1].0, "intent");
    assert_eq!(told[2..], [("call", "ok"), ("call", "ok")]);
    assert_eq!(records[0]["confirmation"]["id"], records[2]["confirmation"]["id"]);
    assert_eq!(records[2]["confirmation"]["answered"], "yes");
    assert!(!records.iter().any(|record| record.to_string().contains("Canary")));
}

#[tokio::test]
async fn sites_that_are_not_the_persons_are_named_and_no_difference_is_made_between_them() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    for (named, not_found) in [
        (vec![SITE_3LW], json!(["siteIds.0"])),
        (vec!["60M"], json!(["siteIds.0"])),
        (vec![SITE_60M, "60M", SITE_3LW], json!(["siteIds.1", "siteIds.2"])),
    ] {
        let listed = ben.call("list_tickets", json!({"siteIds": named, "pageSize": 100})).await;
        assert_eq!(listed.structured()["notFound"], not_found);
    }
    let listed = ben.call("list_tickets", json!({"siteIds": [SITE_60M]})).await;
    assert!(listed.structured().get("notFound").is_none());
}

#[tokio::test]
async fn a_whole_number_is_one_however_it_is_written() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    assert_eq!(ben.call("list_tickets", json!({"pageSize": 2.0})).await.items().len(), 2);
    let arguments = json!({
        "siteId": SITE_60M, "summary": "Leak", "description": "Water.", "priority": 2.0,
    });
    let asked = ben.call("create_ticket", arguments.clone()).await;
    assert!(asked.question().contains("Priority: high"), "{}", asked.question());
    let made = ben.call_answering("create_ticket", arguments, Answered::Yes).await;
    assert_eq!(made.item()["priority"], 2);
}
