//! What goes again (backends.md §6, trap 15), and what never does.

use std::time::{Duration, Instant};

use http::Method;
use osier::demo::{Fault, Relay, SITE_60M};
use serde_json::{Value, json};

use super::backend;
use crate::harness::{Answered, Reply, TestApp};

const SEARCH: &str = "/workflowcore/tickets/search";
const TICKETS: &str = "/workflowcore/tickets";

fn new_ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4})
}

/// Ben reads while a fault holds for so many requests; the answer, and how often was asked.
async fn reading(fault: Fault) -> (Reply, usize) {
    let app = TestApp::new().await;
    app.around.services().inject(SEARCH, fault);
    let reply = app.as_user("ben").await.call("list_tickets", json!({"pageSize": 5})).await;
    (reply, app.around.services().wire().count(SEARCH))
}

/// Ben writes; the answer, how often was asked, and how many tickets were made.
async fn writing(fault: Fault) -> (Reply, Vec<Option<String>>, usize) {
    let app = TestApp::new().await;
    let services = app.around.services();
    let before = services.tickets().len();
    services.inject(TICKETS, fault.only(Method::POST).exactly());
    let ben = app.as_user("ben").await;
    let reply = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
    let asked = services.wire().writes();
    let keys = asked.iter().map(|one| one.header("idempotency-key").map(str::to_owned)).collect();
    (reply, keys, services.tickets().len() - before)
}

#[tokio::test]
async fn trap_15_a_read_goes_again_after_what_passes_and_the_asked_wait() {
    let soon = || Fault::answer(429, "secret").header("retry-after", "1");
    for fault in
        [Fault::answer(503, ""), Fault::answer(502, ""), Fault::reset(), Fault::truncated()]
    {
        let (reply, asked) = reading(fault.clone().times(1)).await;
        assert!(!reply.is_error(), "{fault:?}: {reply:?}");
        assert_eq!(asked, 2, "{fault:?}");
        let (reply, asked) = reading(fault.clone()).await;
        assert!(reply.is_error() && asked == 3, "{fault:?}: {asked}");
    }
    let started = Instant::now();
    let (reply, asked) = reading(soon().times(1)).await;
    assert!(!reply.is_error() && asked == 2);
    assert!(started.elapsed() >= Duration::from_secs(1));
    // A long wait is the caller's.
    let (reply, asked) = reading(Fault::answer(503, "").header("retry-after", "30").times(1)).await;
    assert!(reply.refusal().2.contains("30 seconds") && asked == 1, "{reply:?}");
    // What another attempt wouldn't change.
    for fault in [Fault::answer(500, ""), Fault::answer(400, ""), Fault::answer(200, "<p>")] {
        let (reply, asked) = reading(fault.clone().times(1)).await;
        assert!(reply.is_error() && asked == 1, "{fault:?}");
    }
}

#[tokio::test]
async fn trap_15_a_write_goes_again_only_where_nothing_was_carried_out() {
    for fault in [Fault::answer(503, ""), Fault::answer(429, "").header("retry-after", "1")] {
        let (reply, keys, made) = writing(fault.times(1)).await;
        assert!(!reply.is_error(), "{reply:?}");
        assert_eq!((keys.len(), made), (2, 1));
        assert!(keys[0].is_some() && keys[0] == keys[1], "{keys:?}");
    }
    // It may have been carried out, and here it was.
    for fault in [Fault::reset(), Fault::answer(502, ""), Fault::answer(504, "")] {
        let (reply, keys, made) = writing(fault.after_handling().times(1)).await;
        let text = reply.refusal().2;
        assert!(text.contains("may have been carried out"), "{text}");
        assert_eq!((keys.len(), made), (1, 1));
    }
}

#[tokio::test]
async fn a_write_that_found_no_connection_goes_again() {
    let mut relay = Relay::open().await.unwrap();
    let url = format!("{}/workflowcore", relay.url());
    let app = TestApp::with(backend("WORKFLOWCORE", [("BASE_URL", &url), ("RETRIES", "5")])).await;
    relay.lead_to(app.around.entra().base_url()).unwrap();
    let services = app.around.services().sitecore_url().replace("/sitecore", "");
    relay.lead_to(&services).unwrap();
    let ben = app.as_user("ben").await;
    let params = json!({"name": "create_ticket", "arguments": new_ticket()});
    let asked = ben.request("tools/call", params).await;
    let state = asked.state().unwrap().to_owned();
    relay.shut().await;
    let late = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        relay.reopen().await.unwrap();
    };
    let (reply, ()) =
        tokio::join!(ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes), late);
    // By chance all waits may have been short: nothing was written then, and it is told so.
    if reply.is_error() {
        assert!(reply.refusal().2.contains("doesn't answer at the moment"), "{reply:?}");
    } else {
        assert_eq!(app.around.services().wire().writes().len(), 1);
    }
}

#[tokio::test]
async fn retries_stay_a_small_share_of_many_requests() {
    let app = TestApp::with(backend("WORKFLOWCORE", [("FAILURES_TO_OPEN", "0")])).await;
    app.around.services().inject(SEARCH, Fault::answer(503, ""));
    let ben = app.as_user("ben").await;
    for _ in 0..60 {
        assert!(ben.call("list_tickets", json!({})).await.is_error());
    }
    let asked = app.around.services().wire().count(SEARCH);
    assert!((60..=60 + 30).contains(&asked), "{asked}");
}

#[tokio::test]
async fn retries_and_waits_stay_within_the_deadline() {
    let setup = backend("WORKFLOWCORE", [("DEADLINE_MS", "700"), ("RETRIES", "5")]);
    let app = TestApp::with(setup).await;
    let slow = Fault::answer(503, "").after(Duration::from_millis(250));
    app.around.services().inject(SEARCH, slow);
    let ben = app.as_user("ben").await;
    let started = Instant::now();
    assert!(ben.call("list_tickets", json!({})).await.is_error());
    assert!(started.elapsed() < Duration::from_secs(7));
    let asked = app.around.services().wire().count(SEARCH);
    assert!((1..=3).contains(&asked), "{asked}");
}
