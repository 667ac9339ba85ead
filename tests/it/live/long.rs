//! Much telemetry: answers that fit, word of how far it is, and an end when nobody waits any more.

use std::collections::BTreeSet;
use std::time::Duration;

use osier::demo::{Fault, SITE_60M};
use serde_json::{Value, json};

use super::{at, points_of, text};
use crate::harness::{TestApp, Version};

const QUERY: &str = "/livedatacore/telemetry/query";

fn a_month(app: &TestApp, points: usize, most: usize) -> Value {
    let now = i64::try_from(app.clock.unix_seconds()).unwrap();
    let ids: Vec<String> = points_of(app, SITE_60M, 40).into_iter().take(points).collect();
    let start = at(now - 31 * 86_400);
    json!({"twinIds": ids, "start": start, "end": at(now), "maxPoints": most})
}

#[tokio::test]
async fn a_month_of_twenty_points_comes_in_answers_that_fit() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let first = ana.call("get_telemetry_history", a_month(&app, 20, 200)).await;
    let points: BTreeSet<&str> = first.items().iter().map(|row| text(row, "twinId")).collect();
    assert_eq!(points.len(), 20, "each point has its share");
    assert!(first.items().len() <= 200);
    let mut arguments = a_month(&app, 20, 1_500);
    let mut rows: Vec<Value> = Vec::new();
    loop {
        let reply = ana.call("get_telemetry_history", arguments.clone()).await;
        let result = reply.result();
        let length = result["structuredContent"].to_string().len() + reply.text().len();
        assert!(length <= 40_000 && reply.items().len() > 100 || reply.next_cursor().is_none());
        rows.extend(reply.items().iter().cloned());
        match reply.next_cursor() {
            Some(cursor) => arguments["cursor"] = cursor.into(),
            None => break,
        }
    }
    assert!((1_000..=1_500).contains(&rows.len()), "{}", rows.len());
    let different: BTreeSet<String> = rows.iter().map(ToString::to_string).collect();
    assert_eq!(different.len(), rows.len());
}

#[tokio::test]
async fn how_far_a_long_read_is_is_told_in_our_own_words() {
    let app = TestApp::new().await;
    for version in [Version::V2026_07_28, Version::V2025_11_25] {
        let ana = app.speaking("ana", version).await;
        let params = json!({
            "name": "get_telemetry_history", "arguments": a_month(&app, 4, 200),
            "_meta": {"progressToken": "how-far"},
        });
        let reply = ana.request("tools/call", params).await;
        let told: Vec<&Value> =
            reply.before.iter().filter(|note| note["method"] == "notifications/progress").collect();
        assert!(!told.is_empty(), "{reply:?}");
        for (note, pages) in told.iter().zip(2..) {
            assert_eq!(note["params"]["progressToken"], "how-far");
            assert_eq!(note["params"]["message"], format!("read {pages} pages"));
        }
    }
}

/// Until a page was asked for; then what happens, and whether another one is asked for after it.
async fn pages_asked_after(app: &TestApp, end: impl AsyncFnOnce()) -> usize {
    let wire = app.around.services().wire();
    for _ in 0..200 {
        if wire.count(QUERY) > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    end().await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    wire.count(QUERY)
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_any_more_ends() {
    let app = TestApp::new().await;
    app.around.services().inject(QUERY, Fault::slow(Duration::from_millis(500)));
    let arguments = a_month(&app, 4, 200);
    let params = json!({"name": "get_telemetry_history", "arguments": arguments});
    // Undisturbed it takes several pages.
    app.around.services().wire().forget();
    app.as_user("ana").await.request("tools/call", params.clone()).await;
    assert!(app.around.services().wire().count(QUERY) > 1);
    // The client goes away.
    app.around.services().wire().forget();
    let ana = app.as_user("ana").await;
    let body = ana.envelope("tools/call", params.clone());
    let headers = ana.headers(&body);
    let waiting = tokio::spawn(async move { ana.post(&body, headers).await.bytes().await });
    let asked = pages_asked_after(&app, async || waiting.abort());
    assert_eq!(asked.await, 1, "the client is gone");
    // The client takes the call back.
    app.around.services().wire().forget();
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let body = ana.envelope("tools/call", params);
    let _answer = ana.post(&body, ana.headers(&body)).await;
    let asked = pages_asked_after(&app, async || {
        let back = json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled",
            "params": {"requestId": body["id"]},
        });
        ana.post(&back, reqwest::header::HeaderMap::new()).await;
    });
    assert_eq!(asked.await, 1, "the call was taken back");
}
