//! What isn't a form of ours, and verbs that nobody uses: each is told so, in the asker's own kind.

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::LOOPBACK;
use crate::harness::{Assistant, Browser, TestApp};

#[tokio::test]
async fn a_form_that_is_too_long_is_told_so_on_a_page_or_in_json() {
    let app = TestApp::new().await;
    let long = format!("a={}", "x".repeat(40_000));
    let link = format!("/confirm/{}", "a".repeat(26));
    for path in ["/token", "/authorize/consent", link.as_str()] {
        let request = app.http.post(format!("{}{path}", app.url)).body(long.clone());
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 413, "{path}");
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        let body = answer.text().await.unwrap();
        assert!(body.contains(&id), "{path}: {body}");
        if path == "/token" {
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["error"], "invalid_request");
        } else {
            assert!(kind.starts_with("text/html"), "{path}: {kind}");
            assert!(body.contains("longer than"), "{path}: {body}");
        }
    }
}

#[tokio::test]
async fn a_head_of_the_callback_doesnt_use_the_sign_in_up() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let mut browser = Browser::new(&app.http);
    let page = browser.get(&assistant.authorize_url()).await;
    let state = browser.press(&page, "allow").await.parameter("state").unwrap();
    let callback = format!("{}/oauth/callback?code=x&state={state}", app.url);
    let (name, value) = browser.cookie(&super::host(&app), "osier_signin").unwrap();
    let head = app.http.head(&callback).header("cookie", format!("{name}={value}"));
    let head = head.send().await.unwrap();
    assert_eq!(head.status(), 405);
    assert!(head.headers().get("set-cookie").is_none());
    assert!(browser.get(&callback).await.parameter("code").is_some());
}

#[tokio::test]
async fn who_opens_the_forms_own_address_sees_a_page() {
    let app = TestApp::new().await;
    let page = Browser::new(&app.http).get(&format!("{}/authorize/consent", app.url)).await;
    super::assert_page(&page, 405);
    assert!(page.text().contains("Go back to your assistant"), "{}", page.text());
    assert_eq!(page.headers["allow"], "POST");
}
