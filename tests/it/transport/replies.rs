//! Many clients that all number their requests alike (case 61).

use std::sync::Arc;

use osier::demo::SITE_60M;
use osier::mcp::Limits;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::harness::{Events, Setup, TestApp, Version};

/// Many clients, each with a ticket of its own that it asks for again and again, under the ids 0 and 1.
async fn each_gets_its_own(count: usize, rounds: usize) {
    let limits = Limits { per_person: count, ..Limits::default() };
    let app = Arc::new(TestApp::with(Setup { sessions: limits, ..Setup::default() }).await);
    let tickets = app.around.services().tickets_of(SITE_60M);
    let mut clients = JoinSet::new();
    // More at once than these would only wait at the service.
    let turns = Arc::new(Semaphore::new(48));
    for number in 0..count {
        let (app, turns) = (Arc::clone(&app), Arc::clone(&turns));
        let ticket = tickets[number % tickets.len()]["id"].clone();
        clients.spawn(async move {
            // The sight of each is different, so that a foreign reply shows.
            let (name, sites) = [("ana", 4), ("ben", 3)][number % 2];
            let client = app.speaking(name, Version::ALL[number % 4]).await;
            for round in 0..rounds {
                let own = round % 5 > 0;
                let (tool, arguments) = if own {
                    ("get_ticket", json!({"ticketId": ticket}))
                } else {
                    ("list_sites", json!({}))
                };
                let mut body =
                    client.envelope("tools/call", json!({"name": tool, "arguments": arguments}));
                body["id"] = json!(round % 2);
                let _turn = turns.acquire().await.unwrap();
                let response = client.post(&body, client.headers(&body)).await;
                assert_eq!(response.status(), 200);
                let stream = response.headers()["content-type"] == "text/event-stream";
                let reply: Value = if stream {
                    Events::of(response).next().await.unwrap()
                } else {
                    response.json().await.unwrap()
                };
                assert_eq!(reply["id"], body["id"]);
                let content = &reply["result"]["structuredContent"];
                if own {
                    assert_eq!(content["item"]["id"], ticket, "{name}: {reply}");
                } else {
                    assert_eq!(content["items"].as_array().unwrap().len(), sites, "{name}");
                }
            }
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_061_replies_reach_the_client_that_asked() {
    each_gets_its_own(200, 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "long: 10,000 calls"]
async fn case_061_long_replies_reach_the_client_that_asked() {
    each_gets_its_own(200, 50).await;
}

#[tokio::test]
async fn a_request_that_is_taken_back_gets_no_reply() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let before = app.audit().await.len();
    let body = ana.envelope(
        "tools/call",
        json!({"name": "create_ticket", "arguments": {
            "siteId": SITE_60M, "summary": "Taken back", "description": "x", "priority": 3,
        }}),
    );
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
