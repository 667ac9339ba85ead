//! One service stalls, dies or talks nonsense: the others keep their pace, and everybody gets an answer
//! that they can act on. The margins here are wide; `cargo bench --bench load` measures.

use std::time::{Duration, Instant};

use osier::demo::{Fault, Relay};
use serde_json::json;

use super::backend;
use crate::harness::{Client, TestApp};

/// The middle of 25 calls that go well.
async fn pace(ben: &Client) -> Duration {
    let mut took = Vec::new();
    for _ in 0..25 {
        let started = Instant::now();
        let reply = ben.call("list_sites", json!({})).await;
        took.push(started.elapsed());
        assert!(!reply.is_error(), "{reply:?}");
    }
    took.sort();
    took[took.len() / 2]
}

/// Calls of the service in trouble, all at once, again and again.
async fn load(ben: &Client) {
    loop {
        let calls = (0..8).map(|_| ben.call("list_tickets", json!({"pageSize": 5})));
        for reply in futures::future::join_all(calls).await {
            let text = reply.refusal().2;
            assert!(!text.contains("secret") && !text.is_empty());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The others' pace while the troubled service is called.
async fn beside(app: &TestApp, quiet: Duration, what: &str) {
    let (ben, chloe) = (app.as_user("ben").await, app.as_user("chloe").await);
    let troubled = tokio::select! {
        pace = pace(&chloe) => pace,
        () = load(&ben) => unreachable!("it goes on"),
    };
    let most = quiet * 10 + Duration::from_millis(50);
    assert!(troubled < most, "{what}: {troubled:?} against {quiet:?}");
}

#[tokio::test]
async fn a_service_that_stalls_breaks_or_garbles_leaves_the_others_alone() {
    let app = TestApp::with(backend("WORKFLOWCORE", [("DEADLINE_MS", "1000")])).await;
    let quiet = pace(&app.as_user("chloe").await).await;
    for (what, fault) in [
        ("stalls", Fault::slow(Duration::from_secs(20))),
        ("dies", Fault::reset()),
        ("breaks off", Fault::truncated()),
        ("isn't JSON", Fault::answer(200, "<html>secret")),
        ("is another thing", Fault::json(&json!({"secret": [1, 2, 3]}))),
        ("is far too long", Fault::oversize(3 << 20)),
        ("fails", Fault::answer(500, "secret")),
    ] {
        app.around.services().wire().heal();
        app.around.services().inject("/workflowcore", fault);
        beside(&app, quiet, what).await;
    }
}

#[tokio::test]
async fn a_service_that_is_gone_leaves_the_others_alone() {
    let mut relay = Relay::open().await.unwrap();
    let url = format!("{}/workflowcore", relay.url());
    let app = TestApp::with(backend("WORKFLOWCORE", [("BASE_URL", &url)])).await;
    let quiet = pace(&app.as_user("chloe").await).await;
    // A port that takes connections and never answers, then none at all.
    beside_with_short_patience(&app, quiet).await;
    relay.shut().await;
    beside(&app, quiet, "refuses connections").await;
}

async fn beside_with_short_patience(app: &TestApp, quiet: Duration) {
    let ben = app.as_user("ben").await;
    // The connection is taken and closed at once: the relay leads nowhere.
    assert!(ben.call("list_tickets", json!({})).await.is_error());
    beside(app, quiet, "leads nowhere").await;
}
