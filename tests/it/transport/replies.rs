//! Many clients that all number their requests alike (case 61).

use std::sync::Arc;

use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Events, TestApp, Version};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_061_replies_reach_the_client_that_asked() {
    let app = Arc::new(TestApp::new().await);
    let mut clients = JoinSet::new();
    for number in 0..60 {
        let app = Arc::clone(&app);
        clients.spawn(async move {
            // The sight of each is different, so that a foreign reply shows.
            let (name, own) = [("ana", 4), ("ben", 3)][number % 2];
            let version = Version::ALL[number % 4];
            let client = app.speaking(name, version).await;
            for round in 0..20 {
                let mut body = client.envelope(
                    "tools/call",
                    json!({
                        "name": "list_sites", "arguments": {},
                    }),
                );
                body["id"] = json!(round % 2);
                let response = client.post(&body, client.headers(&body)).await;
                assert_eq!(response.status(), 200);
                let stream = response.headers()["content-type"] == "text/event-stream";
                let reply: Value = if stream {
                    Events::of(response).next().await.unwrap()
                } else {
                    response.json().await.unwrap()
                };
                assert_eq!(reply["id"], body["id"]);
                let sites = reply["result"]["structuredContent"]["items"].as_array().unwrap();
                assert_eq!(sites.len(), own, "{name} in {version:?}");
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

#[tokio::test]
async fn a_request_that_is_taken_back_gets_no_reply() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let before = app.audit().await.len();
    let body = ana.envelope("tools/call", json!({"name": "create_ticket", "arguments": {
        "siteId": osier::demo::SITE_60M, "summary": "Taken back", "description": "x", "priority": 3,
    }}));
    let mut events = Events::of(ana.post(&body, ana.headers(&body)).await);
    assert_eq!(events.next().await.unwrap()["method"], "elicitation/create");
    let cancel = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": body["id"]},
    });
    assert_eq!(ana.post(&cancel, HeaderMap::new()).await.status(), 202);
    let rest = tokio::time::timeout(std::time::Duration::from_secs(5), events.next()).await;
    assert_eq!(rest.unwrap(), None);
    // The one run that there was is on record.
    assert_eq!(app.audit().await.len(), before + 1);
}
