//! The end: open streams don't hold it up, running requests are answered first.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Events, TestApp, Version};

#[tokio::test]
async fn open_streams_and_questions_do_not_hold_up_the_end() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let stream = app
        .http
        .get(format!("{}/mcp", app.url))
        .bearer_auth(&ana.token)
        .header("accept", "text/event-stream")
        .header("mcp-session-id", ana.session.as_ref().unwrap())
        .send()
        .await
        .unwrap();
    let mut stream = Events::of(stream);
    let body = ana.envelope(
        "tools/call",
        json!({"name": "create_ticket", "arguments": {
            "siteId": osier::demo::SITE_60M, "summary": "Never answered", "description": "x",
            "priority": 3,
        }}),
    );
    let mut asking = Events::of(ana.post(&body, ana.headers(&body)).await);
    assert_eq!(asking.next().await.unwrap()["method"], "elicitation/create");
    let erin = app.as_user("erin").await;
    let listen = erin.envelope(
        "subscriptions/listen",
        json!({
            "notifications": {"toolsListChanged": true},
        }),
    );
    let mut listening = Events::of(erin.post(&listen, erin.headers(&listen)).await);
    let first = listening.next().await.unwrap();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");

    let begun = Instant::now();
    app.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    while stream.next().await.is_some() {}
    while asking.next().await.is_some() {}
    while listening.next().await.is_some() {}
}

#[tokio::test]
async fn a_person_has_so_many_subscriptions_and_no_more() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let listen = async || {
        let body = ana.envelope(
            "subscriptions/listen",
            json!({
                "notifications": {"promptsListChanged": true},
            }),
        );
        let mut events = Events::of(ana.post(&body, ana.headers(&body)).await);
        assert!(events.next().await.is_some());
        events
    };
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(listen().await);
    }
    let refused = listen().await.next().await.unwrap();
    assert_eq!(refused["error"]["code"], -32603, "{refused}");
    // One that ends makes room.
    drop(open.pop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut again = listen().await;
    let nothing = tokio::time::timeout(Duration::from_millis(200), again.next()).await;
    assert!(nothing.is_err(), "{nothing:?}");
}
