//! Refreshing: for the same client and person, up to a day that refreshing doesn't put off.

use std::time::Duration;

use osier::clock::Clock;

use super::LOOPBACK;
use crate::harness::{Assistant, Front, Setup, TestApp};

#[tokio::test]
async fn a_new_token_each_time_and_the_same_person() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let mut answer = assistant.sign_in("ben").await;
    for _ in 0..3 {
        clock.advance(Duration::from_mins(100));
        let expired = app.authenticator.authenticate_token(&answer.access_token()).await;
        assert!(expired.is_err());
        let next = assistant.refresh(&answer.refresh_token()).await;
        assert_eq!(next.status, 200, "{next:?}");
        assert_ne!(next.refresh_token(), answer.refresh_token());
        assert_eq!(next.body["scope"], "Mcp.Access offline_access");
        let identity = app.authenticator.authenticate_token(&next.access_token()).await.unwrap();
        assert_eq!(identity.subject(), osier::demo::BEN.oid);
        answer = next;
    }
}

#[tokio::test]
async fn case_053_another_client_cant_use_a_refresh_token() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let another = Assistant::registered(&app, "http://127.0.0.1:9/callback").await;
    let answer = assistant.sign_in("ben").await;
    assert_eq!(another.refresh(&answer.refresh_token()).await.error(), "invalid_grant");
    assert_eq!(assistant.refresh(&answer.refresh_token()).await.status, 200);
    let code = assistant.code("ben").await;
    assert_eq!(
        assistant.refresh(&code).await.error(),
        "invalid_grant",
        "a code is no refresh token"
    );
}

#[tokio::test]
async fn case_053_a_refresh_token_that_comes_again_late_ends_its_family() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let first = assistant.sign_in("ben").await.refresh_token();
    let second = assistant.refresh(&first).await.refresh_token();
    // The answer may have been lost: a client may ask again soon.
    clock.advance(Duration::from_secs(30));
    assert_eq!(assistant.refresh(&first).await.status, 200);
    clock.advance(Duration::from_secs(31));
    assert_eq!(assistant.refresh(&first).await.error(), "invalid_grant");
    assert_eq!(assistant.refresh(&second).await.error(), "invalid_grant");
    // Another sign-in is another family.
    let other = assistant.sign_in("ben").await.refresh_token();
    assert_eq!(assistant.refresh(&other).await.status, 200);
}

#[tokio::test]
async fn case_053_another_replica_doesnt_know_of_the_replay() {
    let clock = Clock::manual();
    let front = Front::new().await;
    let setup = Setup { clock: clock.clone(), ..Setup::default() };
    let app = TestApp::with(front.setup(setup)).await;
    let other = app.behind(&front).await;
    front.send_to(&app);
    let assistant = Assistant::behind(&front, LOOPBACK).await;
    let first = assistant.sign_in("ben").await.refresh_token();
    assert_eq!(assistant.refresh(&first).await.status, 200);
    clock.advance(Duration::from_mins(5));
    front.send_to(&other);
    // Entra doesn't revoke what it replaced, and nothing is shared: this goes through there.
    assert_eq!(assistant.refresh(&first).await.status, 200);
}

#[tokio::test]
async fn a_family_ends_with_its_days() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let first = assistant.sign_in("ben").await;
    clock.advance(Duration::from_hours(24 * 20));
    let second = assistant.refresh(&first.refresh_token()).await;
    assert_eq!(second.status, 200, "{second:?}");
    clock.advance(Duration::from_hours(24 * 10));
    assert_eq!(assistant.refresh(&second.refresh_token()).await.error(), "invalid_grant");
}
