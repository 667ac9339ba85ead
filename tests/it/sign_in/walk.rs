//! The whole way, and what comes of it.

use serde_json::json;

use super::{CLAUDE, LOOPBACK};
use crate::harness::{Assistant, Browser, Client, TestApp, Version};

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
    let found = ben.call("search_tickets", json!({})).await;
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
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let mut browser = Browser::new(&app.http);
    assert!(assistant.walk(&mut browser, "ben").await.parameter("code").is_some());
    let page = browser.get(&assistant.authorize_url()).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("a program on the device in front of you"), "{}", page.text());
}

#[tokio::test]
async fn two_replicas_with_one_key_share_every_step_and_a_restart_loses_nothing() {
    let a = TestApp::new().await;
    let b = a.beside(&a.key).await;
    // Both stand behind one address; the browser and the client see whichever answers.
    let mut assistant = Assistant::registered(&a, LOOPBACK).await;
    assistant.resource = None;
    assistant.url.clone_from(&b.url);
    let code = assistant.code("ben").await;
    assistant.url.clone_from(&a.url);
    let first = assistant.redeem(&code).await;
    assert_eq!(first.status, 200, "{first:?}");
    // A restart: a third one with the same key and no memory.
    let c = a.beside(&a.key).await;
    assistant.url.clone_from(&c.url);
    let second = assistant.refresh(&first.refresh_token()).await;
    assert_eq!(second.status, 200, "{second:?}");
    assistant.url.clone_from(&b.url);
    let third = assistant.refresh(&second.refresh_token()).await;
    assert_eq!(third.status, 200, "{third:?}");
    // Another deployment's key opens none of it.
    let stranger = a.beside(&TestApp::new_key()).await;
    assistant.url.clone_from(&stranger.url);
    assert_eq!(assistant.refresh(&third.refresh_token()).await.error(), "invalid_client");
}

#[tokio::test]
async fn the_key_before_still_opens_and_no_key_is_no_start() {
    let app = TestApp::new().await;
    let mut assistant = Assistant::registered(&app, LOOPBACK).await;
    let answer = assistant.sign_in("ben").await;
    let rotated = app.beside_after(&app.key).await;
    assistant.url.clone_from(&rotated.url);
    assert_eq!(assistant.refresh(&answer.refresh_token()).await.status, 200);
}
