//! What the log says of a sign-in: the id that the person was given, and nobody's name or secret.

use serde_json::json;

use super::{LOOPBACK, assert_page};
use crate::harness::{Assistant, Browser, TestApp, Written};

#[tokio::test]
async fn the_id_on_a_page_and_in_an_error_finds_the_line_in_the_log() {
    let app = TestApp::new().await;
    let written = Written::default();
    let _reading = written.read();
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let elsewhere = Assistant { redirect_uri: "https://evil.example/".to_owned(), ..assistant };
    let page = Browser::new(&app.http).get(&elsewhere.authorize_url()).await;
    assert_page(&page, 400);
    let id = page.headers["x-request-id"].to_str().unwrap();
    assert!(page.text().contains(id));
    let log = written.text();
    let line = log.lines().find(|line| line.contains("a redirect isn't allowed"));
    assert!(line.is_some_and(|line| line.contains(id)), "{id}: {line:?}");
}

#[tokio::test]
async fn no_name_address_code_or_token_is_logged() {
    let app = TestApp::new().await;
    let written = Written::default();
    let _reading = written.read();
    let body = json!({"client_name": "Canaryname", "redirect_uris": [LOOPBACK]});
    let answer = app.http.post(format!("{}/register", app.url)).json(&body).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let id = answer["client_id"].as_str().unwrap().to_owned();
    let assistant = Assistant::new(&app, &id, LOOPBACK);
    let code = assistant.code("ben").await;
    let first = assistant.redeem(&code).await;
    let second = assistant.refresh(&first.refresh_token()).await;
    assistant.redeem(&code).await;
    assistant.refresh("made-up").await;
    let elsewhere = Assistant { redirect_uri: "http://127.0.0.1:1/x".to_owned(), ..assistant };
    Browser::new(&app.http).get(&elsewhere.authorize_url()).await;
    let log = written.text();
    assert!(log.contains("a token was handed out"), "the log isn't read: {log}");
    let ben = osier::demo::BEN;
    let mut secrets =
        vec!["Canaryname".to_owned(), ben.full_name.to_owned(), ben.email.to_owned(), code];
    for answer in [&first, &second] {
        secrets.extend([answer.access_token(), answer.refresh_token()]);
    }
    for secret in secrets {
        // A piece of one would do.
        let piece = secret.get(..24).unwrap_or(&secret);
        assert!(!log.contains(piece), "{piece} is in the log");
    }
}
