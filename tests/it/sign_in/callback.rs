//! The way back from Entra.

use std::time::Duration;

use osier::clock::Clock;

use super::{LOOPBACK, assert_page, host};
use crate::harness::{Assistant, Browser, Front, Page, Setup, TestApp};

/// A browser that has gone to Entra, and the `state` that it took along.
async fn at_entra(app: &TestApp, assistant: &Assistant) -> (Browser, String) {
    let mut browser = Browser::new(&app.http);
    let page = browser.get(&assistant.authorize_url()).await;
    let page = browser.press(&page, "allow").await;
    (browser, page.parameter("state").unwrap())
}

async fn back(app: &TestApp, browser: &mut Browser, query: &str) -> Page {
    browser.get(&format!("{}/oauth/callback?{query}", app.url)).await
}

#[tokio::test]
async fn case_047_a_state_counts_once_in_time_and_in_its_browser() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let (mut browser, state) = at_entra(&app, &assistant).await;
    assert_page(&back(&app, &mut browser, "code=x").await, 400);
    assert_page(&back(&app, &mut browser, "state=x&code=x&state=y").await, 400);
    assert_page(&back(&app, &mut browser, &format!("state={state}")).await, 400);
    assert_page(&back(&app, &mut browser, "code=x&state=made-up").await, 403);
    // Another person's, in this browser.
    let (_, others) = at_entra(&app, &assistant).await;
    assert_page(&back(&app, &mut browser, &format!("code=x&state={others}")).await, 403);
    let kept = browser.clone();
    let query = format!("code=x&state={state}");
    let page = back(&app, &mut browser, &query).await;
    assert!(page.parameter("code").is_some(), "{page:?}");
    assert_page(&back(&app, &mut browser, &query).await, 400);
    // With the cookie as it was before.
    assert_page(&back(&app, &mut kept.clone(), &query).await, 400);
    let (mut browser, state) = at_entra(&app, &assistant).await;
    clock.advance(Duration::from_secs(601));
    assert_page(&back(&app, &mut browser, &format!("code=x&state={state}")).await, 400);
}

#[tokio::test]
async fn case_047_another_replica_lets_a_replay_through_to_entra_which_doesnt() {
    let front = Front::new().await;
    let app = TestApp::with(front.setup(Setup::default())).await;
    let other = app.behind(&front).await;
    front.send_to(&app);
    let assistant = Assistant::behind(&front, LOOPBACK).await;
    // Entra knows ben by now, so that it sends him back at once.
    let mut browser = Browser::new(&front.http);
    assistant.walk(&mut browser, "ben").await;
    let page = browser.get(&assistant.authorize_url()).await;
    let pressed = browser.press(&page, "allow").await;
    let page = browser.follow(pressed, &format!("{}/oauth/callback", front.url)).await;
    let callback = page.location().unwrap();
    let mut kept = browser.clone();
    let first = browser.get(callback.as_str()).await.parameter("code").unwrap();
    front.send_to(&other);
    let second = kept.get(callback.as_str()).await.parameter("code").unwrap();
    assert_ne!(first, second);
    assert_eq!(assistant.redeem(&first).await.status, 200);
    assert_eq!(assistant.redeem(&second).await.error(), "invalid_grant");
}

#[tokio::test]
async fn case_048_answers_name_the_issuer_and_others_are_refused() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let page = assistant.walk(&mut Browser::new(&app.http), "ben").await;
    assert_eq!(page.parameter("iss").as_deref(), Some(app.url.as_str()));
    let (mut browser, state) = at_entra(&app, &assistant).await;
    let kept = browser.clone();
    let query = format!("code=x&state={state}&iss=https://login.evil.example/");
    assert_page(&back(&app, &mut browser, &query).await, 400);
    let ours = app.around.entra().issuer();
    let page = back(&app, &mut kept.clone(), &format!("code=x&state={state}&iss={ours}")).await;
    assert!(page.parameter("code").is_some(), "{page:?}");
}

#[tokio::test]
async fn case_055_entras_errors_are_told_in_our_words() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    // A number that is known decides; without one the error does.
    for (error, number, told) in [
        ("access_denied", "AADSTS50105", "access_denied"),
        ("interaction_required", "", "access_denied"),
        ("server_error", "", "temporarily_unavailable"),
        ("temporarily_unavailable", "", "temporarily_unavailable"),
        ("invalid_request", "AADSTS90015", "server_error"),
        ("<script>", "AADSTS50105", "access_denied"),
    ] {
        let (mut browser, state) = at_entra(&app, &assistant).await;
        let description = format!(
            "{number}: The signed in user ben@contoso is not assigned to a role for the application \
             'secret' Trace ID: 1 <b>x</b>"
        );
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("error", error).append_pair("error_description", &description);
        let query = query.append_pair("state", &state).finish();
        let page = back(&app, &mut browser, &query).await;
        assert_eq!(page.parameter("error").as_deref(), Some(told));
        let said = page.location().unwrap().to_string();
        for inner in ["AADSTS", "contoso", "secret", "Trace", "%3Cscript", "%3Cb"] {
            assert!(!said.contains(inner), "{inner}: {said}");
        }
        assert_eq!(page.parameter("state").as_deref(), Some("the client's own state"));
        let name = browser.cookie(&host(&app), "osier_signin").unwrap();
        assert_eq!(name.1, "used");
    }
}

#[tokio::test]
async fn an_error_beside_a_code_is_an_error() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let (mut browser, state) = at_entra(&app, &assistant).await;
    let page = back(&app, &mut browser, &format!("code=x&error=access_denied&state={state}")).await;
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    assert!(page.parameter("code").is_none(), "{page:?}");
    assert_page(&back(&app, &mut browser, &format!("code=x&state={state}")).await, 400);
}
