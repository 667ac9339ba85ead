//! The whole way, and what comes of it.

use serde_json::json;

use super::{CLAUDE, LOOPBACK};
use crate::harness::{Assistant, Browser, Client, Front, Setup, TestApp, Version};

#[tokio::test]
async fn an_assistant_registers_and_ben_signs_in_and_sees_his_tools() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let answer = assistant.sign_in("ben").await;
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["scope"], "Mcp.Access offline_access");
    assert!(answer.body["expires_in"].as_u64().unwrap() > 3000);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let token = answer.access_token();
    let ben = Client::connect(&app.http, &app.url, token, Version::V2026_07_28).await;
    assert_eq!(ben.tools().await, app.as_user("ben").await.tools().await);
    let found = ben.call("list_tickets", json!({})).await;
    assert!(!found.items().is_empty());
}

#[tokio::test]
async fn each_person_gets_a_token_of_their_own() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    for name in ["ana", "chloe", "finn"] {
        let token = assistant.sign_in(name).await.access_token();
        let identity = app.authenticator.authenticate_token(&token).await.unwrap();
        assert_eq!(identity.subject(), osier::demo::person(name).unwrap().oid);
    }
}

#[tokio::test]
async fn a_person_without_access_is_told_whom_to_ask() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let code = assistant.code("dan").await;
    let answer = assistant.redeem(&code).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_grant"));
    let says = answer.body["error_description"].as_str().unwrap();
    assert!(says.contains("administrator") && says.contains("Mcp.Access"), "{says}");
    assert!(answer.body.get("access_token").is_none());
}

#[tokio::test]
async fn what_was_allowed_for_an_https_address_isnt_asked_again() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, CLAUDE).await;
    let mut browser = Browser::new(&app.http);
    assert!(assistant.walk(&mut browser, "ben").await.parameter("code").is_some());
    let entra = app.around.entra().base_url().to_owned();
    let page = browser.get(&assistant.authorize_url()).await;
    assert!(page.location().unwrap().as_str().starts_with(&entra), "{page:?}");
}

#[tokio::test]
async fn a_program_on_the_device_is_asked_for_each_time() {
    let app = TestApp::new().await;
    for address in [LOOPBACK, "cursor://anysphere.cursor-mcp/oauth/callback"] {
        let assistant = Assistant::registered(&app, address).await;
        let mut browser = Browser::new(&app.http);
        assert!(assistant.walk(&mut browser, "ben").await.parameter("code").is_some());
        let page = browser.get(&assistant.authorize_url()).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("a program on the device in front of you"), "{}", page.text());
    }
}

#[tokio::test]
async fn two_replicas_with_one_key_share_every_step_and_a_restart_loses_nothing() {
    let front = Front::new().await;
    let a = TestApp::with(front.setup(Setup::default())).await;
    let b = a.behind(&front).await;
    front.send_to(&a);
    let assistant = Assistant::behind(&front, LOOPBACK).await;
    front.send_to(&b);
    let mut browser = Browser::new(&front.http);
    let page = browser.get(&assistant.authorize_url()).await;
    front.send_to(&a);
    let pressed = browser.press(&page, "allow").await;
    front.send_to(&b);
    let page = browser.follow(pressed, LOOPBACK).await;
    let code = assistant.go_on(&mut browser, page, "ben").await.parameter("code").unwrap();
    front.send_to(&a);
    let first = assistant.redeem(&code).await;
    assert_eq!(first.status, 200, "{first:?}");
    front.send_to(&b);
    let second = assistant.refresh(&first.refresh_token()).await;
    assert_eq!(second.status, 200, "{second:?}");
    // A restart: one with the same key that remembers nothing.
    let restarted = a.behind(&front).await;
    a.stop().await;
    front.send_to(&restarted);
    let third = assistant.refresh(&second.refresh_token()).await;
    assert_eq!(third.status, 200, "{third:?}");
    assert_eq!(assistant.sign_in("chloe").await.status, 200, "its registration is good, too");
}

#[tokio::test]
async fn another_deployments_key_opens_nothing_of_ours() {
    let app = TestApp::new().await;
    let mut assistant = Assistant::registered(&app, LOOPBACK).await;
    let answer = assistant.sign_in("ben").await;
    let stranger = app.beside(&TestApp::new_key()).await;
    assistant.url.clone_from(&stranger.url);
    assert_eq!(assistant.refresh(&answer.refresh_token()).await.error(), "invalid_client");
    let theirs = Assistant::registered(&stranger, LOOPBACK).await;
    assert_eq!(theirs.refresh(&answer.refresh_token()).await.error(), "invalid_grant");
}

#[tokio::test]
async fn the_key_before_still_opens() {
    let app = TestApp::new().await;
    let mut assistant = Assistant::registered(&app, LOOPBACK).await;
    let answer = assistant.sign_in("ben").await;
    let rotated = app.beside_after(&app.key).await;
    assistant.url.clone_from(&rotated.url);
    assert_eq!(assistant.refresh(&answer.refresh_token()).await.status, 200);
}
