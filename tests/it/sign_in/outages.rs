//! Entra is away for a while. Nobody has to sign in again because of that.

use std::time::Duration;

use futures::future::join_all;
use osier::clock::Clock;
use osier::demo::{Endpoint, Fault};

use super::{LOOPBACK, assert_page};
use crate::harness::{Assistant, Browser, Setup, TestApp};

async fn with_clock() -> (TestApp, Clock) {
    let clock = Clock::manual();
    (TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await, clock)
}

#[tokio::test]
async fn a_refresh_token_outlives_an_outage_however_often_it_is_tried() {
    let (app, clock) = with_clock().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let token = assistant.sign_in("ben").await.refresh_token();
    app.around.entra().inject(Endpoint::Token, Fault::answer(503, ""));
    for _ in 0..5 {
        let answer = assistant.refresh(&token).await;
        assert_eq!((answer.status, answer.error().as_str()), (503, "temporarily_unavailable"));
        assert!(answer.headers.contains_key("retry-after"));
        clock.advance(Duration::from_mins(5));
    }
    app.around.entra().wire().heal();
    let answer = assistant.refresh(&token).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(assistant.refresh(&answer.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn a_code_that_entra_didnt_get_may_come_again() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let code = assistant.code("ben").await;
    app.around.entra().inject(Endpoint::Token, Fault::answer(503, ""));
    assert_eq!(assistant.redeem(&code).await.error(), "temporarily_unavailable");
    app.around.entra().wire().heal();
    let first = assistant.redeem(&code).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(assistant.refresh(&first.refresh_token()).await.status, 200);
    assert_eq!(assistant.redeem(&code).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_server_that_starts_without_entra_says_so_and_goes_on_when_it_is_back() {
    let (app, clock) = with_clock().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let code = assistant.code("ben").await;
    app.around.entra().inject(Endpoint::Discovery, Fault::answer(503, ""));
    let late = app.beside(&app.key).await;
    let there = Assistant { url: late.url.clone(), resource: None, ..assistant };
    let answer = there.redeem(&code).await;
    assert_eq!((answer.status, answer.error().as_str()), (503, "temporarily_unavailable"));
    let mut browser = Browser::new(&late.http);
    let consent = browser.get(&there.authorize_url()).await;
    let page = browser.press(&consent, "allow").await;
    assert_page(&page, 503);
    assert!(page.text().contains("Microsoft's sign-in service doesn't answer"), "{}", page.text());
    app.around.entra().wire().heal();
    // Entra isn't asked each time; and the page can be sent once more as it is.
    clock.advance(Duration::from_mins(2));
    assert_eq!(browser.press(&consent, "allow").await.status, 303);
}

#[tokio::test]
async fn two_refreshes_at_once_both_end_well_and_leave_the_family_alive() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let token = assistant.sign_in("ben").await.refresh_token();
    let answers = join_all((0..8).map(|_| assistant.refresh(&token))).await;
    for answer in &answers {
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(assistant.refresh(&answer.refresh_token()).await.status, 200);
    }
}

#[tokio::test]
async fn a_refresh_of_a_registration_that_has_expired_is_told_to_register_again() {
    let clock = Clock::manual();
    let settings = [("OSIER_CLIENTS__REGISTRATION_DAYS".to_owned(), "2".to_owned())];
    let setup = Setup { clock: clock.clone(), settings: settings.into(), ..Setup::default() };
    let app = TestApp::with(setup).await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let first = assistant.sign_in("ben").await;
    clock.advance(Duration::from_hours(47));
    let second = assistant.refresh(&first.refresh_token()).await;
    assert_eq!(second.status, 200, "{second:?}");
    clock.advance(Duration::from_hours(2));
    let told = assistant.refresh(&second.refresh_token()).await;
    assert_eq!((told.status, told.error().as_str()), (401, "invalid_client"));
    assert!(told.body["error_description"].as_str().unwrap().contains("Register again"));
    assert_page(&Browser::new(&app.http).get(&assistant.authorize_url()).await, 400);
    // It is another client then, and what the former one holds is no use to it.
    let again = Assistant::registered(&app, LOOPBACK).await;
    assert_eq!(again.refresh(&second.refresh_token()).await.error(), "invalid_grant");
    assert_eq!(again.sign_in("ben").await.status, 200);
}
