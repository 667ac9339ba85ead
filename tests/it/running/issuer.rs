//! Entra and the permission service come and go while the process lives.

use std::time::{Duration, Instant};

use osier::clock::Clock;
use osier::demo::{Endpoint, Entra, Fault, Options, Surroundings};
use serde_json::json;

use super::{UNLIMITED, http, settings};
use crate::harness::{Client, Process, Setup, TestApp, Version};

fn take_away(entra: &Entra) {
    for endpoint in [Endpoint::Discovery, Endpoint::Keys] {
        entra.inject(endpoint, Fault::reset());
    }
}

#[tokio::test]
async fn r01_a_start_without_the_issuer_recovers_by_itself() {
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    take_away(around.entra());
    let mut server = Process::serve(&around, &settings([("SERVER__DRAIN_DELAY", "0")]));
    let http = http();
    let started = Instant::now();
    while http.get(format!("{}/livez", server.url)).send().await.is_err() {
        assert!(started.elapsed() < Duration::from_mins(1), "{}", server.err());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ready = http.get(format!("{}/readyz", server.url)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert!(ready.text().await.unwrap().contains("signing_keys"));
    let token = around.entra().token(&osier::demo::ANA);
    let asked =
        http.post(format!("{}/mcp", server.url)).bearer_auth(&token).body("{}").send().await;
    let asked = asked.unwrap();
    assert_eq!(asked.status(), 503);
    let wait: u64 = asked.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    around.entra().wire().heal();
    let back = Instant::now();
    server.ready(&http).await;
    let took = back.elapsed();
    eprintln!("r01: ready {took:?} after the issuer came back");
    assert!(took < Duration::from_secs(50), "5 s are promised, it took {took:?}");
    let ana = Client::connect(&http, &server.url, token, Version::V2026_07_28).await;
    assert!(!ana.call("list_sites", json!({})).await.items().is_empty());
    server.signal("TERM");
    assert_eq!(server.end().await.0.code(), Some(0), "{}", server.err());
}

#[tokio::test]
async fn r02_known_keys_serve_while_the_issuer_is_away_up_to_their_stated_age() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    assert!(!app.as_user("ana").await.call("list_sites", json!({})).await.items().is_empty());
    take_away(app.around.entra());
    // Tokens that were never seen before, of people who were never seen before.
    for hours in 0..24 {
        for name in ["ana", "ben", "chloe"] {
            let sites = app.as_user(name).await.call("list_sites", json!({})).await;
            assert!(!sites.items().is_empty(), "{name} after {hours} h");
        }
        clock.advance(Duration::from_hours(1));
    }
    clock.advance(Duration::from_hours(24));
    let client = app.as_user("ana").await;
    let body = client.envelope("tools/list", json!({}));
    let answer = client.post(&body, client.headers(&body)).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    // And it comes back by itself.
    app.around.entra().wire().heal();
    clock.advance(Duration::from_secs(10));
    assert!(!app.as_user("ana").await.call("list_sites", json!({})).await.items().is_empty());
}

#[tokio::test]
async fn r03_keys_that_roll_over_under_load_cost_no_call_and_one_fetch_each() {
    const ROLLS: usize = 6;
    let settings = settings(UNLIMITED);
    let app = TestApp::with(Setup { settings, ..Setup::default() }).await;
    let entra = app.around.entra();
    assert!(!app.as_user("ana").await.call("list_sites", json!({})).await.items().is_empty());
    let before = entra.hits(Endpoint::Keys);
    let mut calls = 0;
    for _ in 0..ROLLS {
        entra.rotate().unwrap();
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until {
            // Each with a token of its own, signed with the newest key, many at once.
            let at_once = (0..8).map(|_| async {
                let sites = app.as_user("ben").await.call("list_sites", json!({})).await;
                assert!(!sites.items().is_empty());
            });
            futures::future::join_all(at_once).await;
            calls += 8;
        }
    }
    let fetches = entra.hits(Endpoint::Keys) - before;
    eprintln!("r03: {calls} calls over {ROLLS} rollovers, none refused, {fetches} fetches");
    assert!(fetches <= ROLLS, "{fetches} fetches for {ROLLS} rollovers");
}

#[tokio::test]
async fn r04_no_call_is_allowed_past_the_age_of_permissions_while_their_service_is_away() {
    let clock = Clock::manual();
    let settings = settings([("ACCESS__TIMEOUT", "2")]);
    let app = TestApp::with(Setup { clock: clock.clone(), settings, ..Setup::default() }).await;
    let ana = app.as_user("ana").await;
    assert!(!ana.call("list_sites", json!({})).await.items().is_empty());
    for fault in [
        Fault::reset(),
        Fault::answer(500, "oh no"),
        Fault::answer(200, "<html>"),
        Fault::slow(Duration::from_mins(1)),
    ] {
        app.around.services().inject("/authz", fault);
        // Still young enough for a read.
        assert!(!ana.call("list_sites", json!({})).await.items().is_empty());
        clock.advance(Duration::from_secs(61));
        app.around.services().wire().forget();
        let asked = Instant::now();
        let refused = ana.call("list_sites", json!({})).await;
        let took = asked.elapsed();
        eprintln!("r04: refused after {took:?}");
        assert!(refused.is_error(), "{refused:?}");
        assert!(took < Duration::from_secs(20), "2 s are promised, it took {took:?}");
        assert_eq!(app.around.services().wire().count("/sitecore"), 0);
        app.around.services().wire().heal();
        clock.advance(Duration::from_secs(30));
        assert!(!ana.call("list_sites", json!({})).await.items().is_empty());
    }
}
