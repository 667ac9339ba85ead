//! A service in trouble: how long an answer takes (R5), what becomes of `Retry-After` (R6), that the
//! others keep their pace (R7), that one call stays one call (case 124), and a handler that panics
//! (R17). `resilience` has the rest.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use http::{Method, Request};
use osier::clock::Clock;
use osier::demo::{Fault, SITE_60M};
use osier::middleware::{self, Around};
use serde_json::json;
use tower::ServiceExt;

use crate::harness::{Answered, Client, Setup, TestApp};

const SEARCH: &str = "/workflowcore/tickets/search";

fn workflow<const N: usize>(settings: [(&str, &str); N]) -> Setup {
    let settings = settings
        .map(|(end, value)| (format!("OSIER_BACKENDS__WORKFLOWCORE__{end}"), value.to_owned()));
    Setup { settings: settings.into(), ..Setup::default() }
}

#[tokio::test]
async fn r05_whatever_a_service_does_the_answer_comes_by_its_deadline() {
    let deadline = Duration::from_millis(500);
    let setup = workflow([("DEADLINE_MS", "500"), ("FAILURES_TO_OPEN", "0")]);
    let app = TestApp::with(setup).await;
    let ben = app.as_user("ben").await;
    let new = json!({"siteId": SITE_60M, "summary": "Tap", "description": "x", "priority": 4});
    let mut latest = Duration::ZERO;
    for (what, fault) in [
        ("is slow", Fault::slow(Duration::from_secs(30))),
        ("fails", Fault::answer(500, "secret")),
        ("is away", Fault::answer(503, "")),
        ("breaks the connection", Fault::reset()),
        ("breaks off", Fault::truncated()),
        ("is garbage", Fault::answer(200, "\u{0}\u{1}secret")),
        ("is huge", Fault::oversize(8 << 20)),
    ] {
        let services = app.around.services();
        services.wire().heal();
        services.wire().forget();
        services.inject(SEARCH, fault.clone());
        let begun = Instant::now();
        let read = ben.call("list_tickets", json!({"pageSize": 5})).await;
        latest = latest.max(begun.elapsed());
        assert_eq!(read.message["result"]["isError"], true, "{what}: {read:?}");
        assert!(!read.text().contains("secret"), "{what}: {read:?}");
        assert!(services.wire().count(SEARCH) <= 3, "{what}: a read goes again twice at most");
        // What was written and may have been carried out doesn't go again.
        if matches!(what, "is slow" | "fails" | "breaks the connection" | "breaks off") {
            services.inject("/workflowcore/tickets", fault.only(Method::POST).exactly());
            let begun = Instant::now();
            let write = ben.call_answering("create_ticket", new.clone(), Answered::Yes).await;
            latest = latest.max(begun.elapsed());
            assert!(write.is_error(), "{what}: {write:?}");
            assert_eq!(services.wire().writes().len(), 1, "{what}");
        }
    }
    eprintln!("R5: the latest answer came {latest:?} after a call with a deadline of {deadline:?}");
    assert!(latest < (deadline + Duration::from_millis(250)) * 10, "{latest:?}");
}

#[tokio::test]
async fn r06_a_wait_that_a_service_asks_for_is_told_and_kept_to() {
    let clock = Clock::manual();
    let setup = workflow([("FAILURES_TO_OPEN", "0"), ("RETRIES", "2")]);
    let app = TestApp::with(Setup { clock: clock.clone(), ..setup }).await;
    let ben = app.as_user("ben").await;
    let date = httpdate::fmt_http_date(clock.now() + Duration::from_secs(90));
    for (asked, told, sent) in [
        ("30", "Try again in 30 seconds", 1),
        (date.as_str(), "Try again in ", 1),
        // Longer than an hour is told as one.
        ("86400", "Try again in 3600 seconds", 1),
        ("99999999999999", "Try again in 3600 seconds", 1),
        // Nonsense is no wait: the usual short ones follow.
        ("-5", "in a little while", 3),
        ("soon", "in a little while", 3),
    ] {
        let services = app.around.services();
        services.wire().heal();
        services.wire().forget();
        services.inject(SEARCH, Fault::answer(429, "").header("retry-after", asked));
        let reply = ben.call("list_tickets", json!({"pageSize": 5})).await;
        assert!(reply.text().contains(told), "{asked}: {reply:?}");
        assert!(services.wire().count(SEARCH) <= sent, "{asked}");
    }
}

/// The middle of some calls that go well.
async fn pace(client: &Client) -> Duration {
    let mut took = Vec::new();
    for _ in 0..15 {
        let begun = Instant::now();
        let reply = client.call("list_sites", json!({})).await;
        assert!(!reply.is_error(), "{reply:?}");
        took.push(begun.elapsed());
    }
    took.sort();
    took[took.len() / 2]
}

#[tokio::test]
async fn r07_one_service_that_stalls_leaves_the_others_alone() {
    let app = TestApp::with(workflow([("DEADLINE_MS", "2000"), ("MAX_IN_FLIGHT", "4")])).await;
    let (ben, chloe) = (app.as_user("ben").await, app.as_user("chloe").await);
    let quiet = pace(&chloe).await;
    app.around.services().inject("/workflowcore", Fault::slow(Duration::from_secs(20)));
    let stalled = async {
        loop {
            let calls = (0..20).map(|_| ben.call("list_tickets", json!({"pageSize": 5})));
            futures::future::join_all(calls).await;
        }
    };
    let beside = tokio::select! {
        pace = pace(&chloe) => pace,
        () = stalled => unreachable!("it goes on"),
    };
    eprintln!("R7: the others' middle {beside:?} against {quiet:?}");
    assert!(beside < quiet * 10 + Duration::from_millis(50), "{beside:?} against {quiet:?}");
}

#[tokio::test]
async fn case_124_one_call_makes_a_bounded_number_of_requests_however_it_goes() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let asked = |path: &str| services.wire().count(path);
    // Many sites, so that parts have much to ask for; then a service that refuses all of it.
    let arguments = json!({"query": "pump"});
    assert!(!ana.call("search", arguments.clone()).await.is_error());
    let usual = asked("/");
    services.wire().forget();
    for path in ["/workflowcore", "/insightcore", "/sitecore"] {
        services.inject(path, Fault::answer(503, ""));
    }
    for _ in 0..10 {
        ana.call("search", arguments.clone()).await;
    }
    let troubled = asked("/");
    eprintln!("case 124: {usual} requests for one call, {troubled} for ten in trouble");
    assert!(usual <= 50, "{usual}");
    // Three attempts each at the most, and over all calls far fewer: retries have a budget.
    assert!(troubled <= usual * 10 * 3, "{troubled}");
}

#[tokio::test]
async fn r17_a_handler_that_panics_is_a_500_and_nothing_else() {
    async fn fails() -> &'static str {
        panic!("canary-of-a-panic")
    }
    let routes = Router::new().route("/fails", get(fails)).route("/works", get(async || "fine"));
    let routes = middleware::around_all(routes, Around::default());
    let ask = async |path: &str| {
        let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
        let response = routes.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    for _ in 0..10 {
        let (status, body) = ask("/fails").await;
        assert_eq!(status, 500);
        assert!(!body.contains("canary"), "{body}");
        assert_eq!(ask("/works").await, (200, "fine".to_owned()));
    }
}
