//! The page that asks whether a client may act, and the cookies that bind the answer to a browser.

use serde_json::json;

use super::{CLAUDE, LOOPBACK, assert_page, host};
use crate::harness::{Assistant, Browser, Page, Setup, TestApp};

async fn consent(app: &TestApp, assistant: &Assistant) -> (Browser, Page) {
    let mut browser = Browser::new(&app.http);
    let page = browser.get(&assistant.authorize_url()).await;
    assert_eq!(page.status, 200, "{page:?}");
    (browser, page)
}

/// The cookie names that an answer sets.
fn set(page: &Page) -> Vec<String> {
    let lines = page.headers.get_all("set-cookie").iter();
    lines.map(|line| line.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_page_names_the_program_its_host_and_what_it_asks_for() {
    let app = TestApp::new().await;
    let (_, page) = consent(&app, &Assistant::registered(&app, LOOPBACK).await).await;
    insta::assert_snapshot!(page.text().replace(&app.url, "{osier}"));
}

#[tokio::test]
async fn the_page_says_that_it_stays_connected_whatever_scopes_were_asked_for() {
    let settings = [("OSIER_AUTH__REFRESH_DAYS".to_owned(), "1".to_owned())];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    let assistant = Assistant { scope: None, ..Assistant::registered(&app, LOOPBACK).await };
    let (_, page) = consent(&app, &assistant).await;
    assert!(page.text().contains("staying connected for up to 1 day (offline"), "{}", page.text());
    // So it does.
    assert!(!assistant.sign_in("ben").await.refresh_token().is_empty());
}

#[tokio::test]
async fn case_042_a_sign_in_that_another_browser_brings_back_is_refused() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let (mut attacker, page) = consent(&app, &assistant).await;
    let to_entra = attacker.press(&page, "allow").await.location().unwrap();
    // The victim opens what the attacker sent.
    let mut victim = Browser::new(&app.http);
    let page = victim.open(to_entra.as_str(), &assistant.redirect_uri).await;
    let page = assistant.go_on(&mut victim, page, "ana").await;
    assert_page(&page, 403);
    assert!(page.url.path() == "/oauth/callback", "{}", page.url);
}

#[tokio::test]
async fn case_043_another_client_address_scope_or_name_is_asked_for_anew() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, CLAUDE).await;
    let mut browser = Browser::new(&app.http);
    assert!(assistant.walk(&mut browser, "ben").await.parameter("code").is_some());
    assert_eq!(browser.get(&assistant.authorize_url()).await.status, 303, "it was allowed");
    // Entra would let each of these through without a word: it knows one application.
    let again = Assistant::registered(&app, CLAUDE).await;
    assert_ne!(again.client_id, assistant.client_id);
    assert_eq!(browser.get(&again.authorize_url()).await.status, 200, "another client");
    let more = Assistant { scope: None, ..assistant.clone() };
    assert_eq!(browser.get(&more.authorize_url()).await.status, 200, "other scopes");
    let address = "https://claude.com/api/mcp/auth_callback";
    let body = json!({"client_name": "Some assistant", "redirect_uris": [CLAUDE, address]});
    let answer = app.http.post(format!("{}/register", app.url)).json(&body).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let two = Assistant::new(&app, answer["client_id"].as_str().unwrap(), CLAUDE);
    assert!(two.walk(&mut browser, "ben").await.parameter("code").is_some());
    assert_eq!(browser.get(&two.authorize_url()).await.status, 303);
    let moved = Assistant { redirect_uri: address.to_owned(), ..two };
    assert_eq!(browser.get(&moved.authorize_url()).await.status, 200, "another address");
}

#[tokio::test]
async fn case_044_only_our_own_form_in_this_browser_is_an_answer() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let (mut browser, page) = consent(&app, &assistant).await;
    let (action, fields) = page.form("allow");
    let foreign = url::Url::parse("https://evil.example/").unwrap();
    assert_page(&browser.post(action.as_str(), &fields, &foreign).await, 403);
    // An attacker's own form in the victim's browser, and none at all.
    let (_, other) = consent(&app, &assistant).await;
    let (_, attackers) = other.form("allow");
    assert_page(&browser.post(action.as_str(), &attackers, &page.url).await, 403);
    assert_page(&browser.post(action.as_str(), &[], &page.url).await, 403);
    let without: Vec<_> = fields.iter().filter(|(name, _)| name != "request").cloned().collect();
    assert_page(&browser.post(action.as_str(), &without, &page.url).await, 403);
    let mut stranger = Browser::new(&app.http);
    assert_page(&stranger.post(action.as_str(), &fields, &page.url).await, 403);
    assert_eq!(browser.get(action.as_str()).await.status, 405, "a GET decides nothing");
    assert_eq!(browser.press(&page, "allow").await.status, 303);
}

#[tokio::test]
async fn case_044_two_tabs_both_work() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let (mut browser, one) = consent(&app, &assistant).await;
    let two = browser.get(&assistant.authorize_url()).await;
    assert_eq!(browser.press(&one, "allow").await.status, 303);
    assert_eq!(browser.press(&two, "allow").await.status, 303);
}

#[tokio::test]
async fn who_says_no_goes_back_to_the_client_and_not_to_entra() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let (mut browser, page) = consent(&app, &assistant).await;
    let page = browser.press(&page, "deny").await;
    assert!(page.location().unwrap().as_str().starts_with(LOOPBACK));
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(page.parameter("iss").as_deref(), Some(app.url.as_str()));
    assert!(browser.cookie(&host(&app), "osier_signin").is_none());
}

#[tokio::test]
async fn case_045_pages_cant_be_framed_and_run_nothing() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let (mut browser, consent) = consent(&app, &assistant).await;
    let error = browser.get(&format!("{}/authorize", app.url)).await;
    assert_page(&error, 400);
    for page in [&consent, &error] {
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.headers["x-frame-options"], "DENY");
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        assert!(!page.body.contains("<script"));
    }
}

#[tokio::test]
async fn case_045_names_and_errors_are_text() {
    let app = TestApp::new().await;
    let hostile = "</h1><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}\u{200b}";
    let body = json!({
        "client_name": hostile,
        "logo_uri": "javascript:alert(3)",
        "client_uri": "https://evil.example/",
        "redirect_uris": [LOOPBACK],
    });
    let answer = app.http.post(format!("{}/register", app.url)).json(&body).send().await.unwrap();
    let answer: serde_json::Value = answer.json().await.unwrap();
    let assistant = Assistant::new(&app, answer["client_id"].as_str().unwrap(), LOOPBACK);
    let (_, page) = consent(&app, &assistant).await;
    for mark in ["<script", "<img", "javascript:", "evil.example", "\u{202e}", "\u{200b}"] {
        assert!(!page.body.contains(mark), "{mark}: {}", page.body);
    }
    let query = "error=<script>alert(1)</script>&error_description=<img src=x>&state=<b>";
    let page = Browser::new(&app.http).get(&format!("{}/oauth/callback?{query}", app.url)).await;
    assert_page(&page, 403);
    assert!(!page.body.contains("alert") && !page.body.contains("<b>"));
}

#[tokio::test]
async fn case_046_cookies_are_this_origins_own_and_the_state_comes_after_consent() {
    let settings = [("OSIER_SERVER__PUBLIC_URL".to_owned(), "https://osier.example".to_owned())];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    let assistant = Assistant::registered(&app, CLAUDE).await;
    let assistant = Assistant { resource: None, ..assistant };
    let (mut browser, page) = consent(&app, &assistant).await;
    let shown = set(&page);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].starts_with("__Host-osier_consent_"), "{shown:?}");
    let (_, fields) = page.form("allow");
    let from = url::Url::parse("https://osier.example/authorize").unwrap();
    let url = format!("{}/authorize/consent", app.url);
    let page = browser.post(&url, &fields, &from).await;
    assert_eq!(page.status, 303, "{page:?}");
    let after = set(&page);
    assert!(after.iter().any(|line| line.starts_with("__Host-osier_signin_")), "{after:?}");
    for line in shown.iter().chain(&after) {
        for attribute in ["; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/"] {
            assert!(line.contains(attribute), "{line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
}

#[tokio::test]
async fn case_046_a_cookie_that_was_altered_or_is_another_clients_is_none() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let another = Assistant::registered(&app, LOOPBACK).await;
    let (mut browser, page) = consent(&app, &assistant).await;
    let host = host(&app);
    let (name, value) = browser.cookie(&host, "osier_consent").unwrap();
    let (others, _) = consent(&app, &another).await;
    let (_, theirs) = others.cookie(&host, "osier_consent").unwrap();
    for bad in [theirs, value.replace(&value[9..12], "xyz"), String::new()] {
        browser.jar.get_mut(&host).unwrap().insert(name.clone(), bad);
        assert_page(&browser.press(&page, "allow").await, 403);
    }
    browser.jar.get_mut(&host).unwrap().insert(name, value);
    let page = browser.press(&page, "allow").await;
    // The same for the sign-in's cookie, on the way back.
    let (name, value) = browser.cookie(&host, "osier_signin").unwrap();
    let state = page.parameter("state").unwrap();
    browser.jar.get_mut(&host).unwrap().insert(name, format!("{value}A"));
    let callback = format!("{}/oauth/callback?code=x&state={state}", app.url);
    assert_page(&browser.get(&callback).await, 403);
}

#[tokio::test]
async fn case_044_sign_ins_that_are_opened_without_end_dont_lock_the_browser_out() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let mut browser = Browser::new(&app.http);
    let link = format!("{}/confirm/{}", app.url, "a".repeat(26));
    for _ in 0..150 {
        let page = browser.get(&link).await;
        assert_eq!(page.status, 303, "{page:?}");
        assert_eq!(browser.get(&assistant.authorize_url()).await.status, 200);
    }
    let kept: usize =
        browser.jar[&host(&app)].iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(kept < 8 * 1024, "{kept}");
    assert!(assistant.walk(&mut browser, "ben").await.parameter("code").is_some());
}

#[tokio::test]
async fn a_state_that_wouldnt_fit_a_cookie_is_refused_before_anybody_is_asked() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    for (state, fits) in [("\"", true), ("\u{e9}", true), ("x", true), ("\u{1}", false)] {
        let state = state.repeat(1024 / state.len());
        let long = Assistant { state, ..assistant.clone() };
        let mut browser = Browser::new(&app.http);
        let page = browser.get(&long.authorize_url()).await;
        if !fits {
            assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"));
            continue;
        }
        browser.press(&page, "allow").await;
        // Name and value together (RFC 6265 §6.1).
        let (name, value) = browser.cookie(&host(&app), "osier_signin").unwrap();
        assert!(name.len() + value.len() < 4000, "{}", value.len());
    }
}
