//! When a service is left alone, and how it is found to work again.

use std::time::{Duration, Instant};

use osier::clock::Clock;
use osier::demo::{Fault, Relay};
use serde_json::json;

use super::backend;
use crate::harness::{Client, Setup, TestApp};

const SEARCH: &str = "/workflowcore/tickets/search";

async fn told(ben: &Client) -> String {
    let reply = ben.call("list_tickets", json!({"pageSize": 1})).await;
    if reply.is_error() { reply.refusal().2.clone() } else { "ok".to_owned() }
}

#[tokio::test]
async fn after_failures_in_a_row_a_service_is_left_alone_until_one_request_finds_it_well() {
    let clock = Clock::manual();
    let setup = backend("WORKFLOWCORE", [("RETRIES", "0"), ("OPEN_MS", "5000")]);
    let app = TestApp::with(Setup { clock: clock.clone(), ..setup }).await;
    let (services, ben) = (app.around.services(), app.as_user("ben").await);
    services.inject(SEARCH, Fault::answer(500, "secret"));
    for _ in 0..5 {
        assert!(told(&ben).await.contains("can't be used"));
    }
    for _ in 0..5 {
        assert!(told(&ben).await.contains("doesn't answer at the moment"));
    }
    assert_eq!(services.wire().count(SEARCH), 5);
    // The other service doesn't mind.
    assert!(!ben.call("list_sites", json!({})).await.is_error());
    clock.advance(Duration::from_secs(5));
    assert!(told(&ben).await.contains("can't be used"));
    assert!(told(&ben).await.contains("doesn't answer at the moment"));
    assert_eq!(services.wire().count(SEARCH), 6);
    services.wire().heal();
    clock.advance(Duration::from_secs(5));
    assert_eq!(told(&ben).await, "ok");
    assert_eq!(told(&ben).await, "ok");
}

#[tokio::test]
async fn a_persons_own_mistakes_and_a_limit_that_is_kept_to_leave_it_closed() {
    let app = TestApp::with(backend("WORKFLOWCORE", [("RETRIES", "0")])).await;
    let (services, ben) = (app.around.services(), app.as_user("ben").await);
    for status in [400, 401, 403, 404, 409, 422, 429, 200] {
        services.wire().heal();
        services.inject(SEARCH, Fault::answer(status, "<p>"));
        for _ in 0..6 {
            told(&ben).await;
        }
    }
    assert_eq!(services.wire().count(SEARCH), 48);
    services.wire().heal();
    assert_eq!(told(&ben).await, "ok");
}

#[tokio::test]
async fn connections_are_not_tried_either() {
    let mut relay = Relay::open().await.unwrap();
    let url = format!("{}/workflowcore", relay.url());
    let clock = Clock::manual();
    let setup = backend("WORKFLOWCORE", [("BASE_URL", &url), ("RETRIES", "0")]);
    let app = TestApp::with(Setup { clock: clock.clone(), ..setup }).await;
    let services = app.around.services().sitecore_url().replace("/sitecore", "");
    relay.lead_to(&services).unwrap();
    let ben = app.as_user("ben").await;
    assert_eq!(told(&ben).await, "ok");
    relay.shut().await;
    for _ in 0..6 {
        assert!(told(&ben).await.contains("doesn't answer"));
    }
    // There again, and still left alone: nothing knocks.
    relay.reopen().await.unwrap();
    app.around.services().wire().forget();
    assert!(told(&ben).await.contains("doesn't answer"));
    assert_eq!(app.around.services().wire().count(SEARCH), 0);
    clock.advance(Duration::from_secs(5));
    assert_eq!(told(&ben).await, "ok");
}

#[tokio::test]
async fn more_requests_than_may_be_on_their_way_wait_and_are_told_that_it_is_busy() {
    let setup = backend(
        "WORKFLOWCORE",
        [("MAX_IN_FLIGHT", "2"), ("MAX_WAIT_MS", "100"), ("DEADLINE_MS", "3000")],
    );
    let app = TestApp::with(setup).await;
    let (services, ben) = (app.around.services(), app.as_user("ben").await);
    services.inject(SEARCH, Fault::slow(Duration::from_millis(1500)));
    let started = Instant::now();
    let calls = futures::future::join_all((0..10).map(|_| told(&ben))).await;
    assert_eq!(calls.iter().filter(|one| *one == "ok").count(), 2, "{calls:?}");
    assert_eq!(calls.iter().filter(|one| one.contains("is busy")).count(), 8, "{calls:?}");
    assert_eq!(services.wire().count(SEARCH), 2);
    assert!(started.elapsed() < Duration::from_secs(15));
    services.wire().heal();
    assert_eq!(told(&ben).await, "ok");
}
