//! What a client may ask for at `/authorize`.

use super::{LOOPBACK, assert_page};
use crate::harness::{Assistant, Browser, Page, TestApp};

/// The answer to the assistant's request, changed.
async fn asked(
    app: &TestApp,
    assistant: &Assistant,
    change: impl FnOnce(&mut Vec<(&'static str, String)>),
) -> Page {
    let mut parameters = assistant.request();
    change(&mut parameters);
    Browser::new(&app.http).get(&assistant.authorize_with(&parameters)).await
}

fn set(all: &mut Vec<(&'static str, String)>, name: &'static str, value: &str) {
    all.retain(|(known, _)| *known != name);
    all.push((name, value.to_owned()));
}

/// The error in a redirect to the client, which gets its state back and our name.
fn told(app: &TestApp, page: &Page) -> String {
    assert_eq!(page.status, 303, "{page:?}");
    assert!(page.location().unwrap().as_str().starts_with(LOOPBACK));
    assert_eq!(page.parameter("state").as_deref(), Some("the client's own state"));
    assert_eq!(page.parameter("iss").as_deref(), Some(app.url.as_str()));
    assert_eq!(page.parameter("code"), None);
    page.parameter("error").unwrap()
}

#[tokio::test]
async fn case_039_pkce_with_s256_or_nothing() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let absent =
        asked(&app, &assistant, |all| all.retain(|(name, _)| *name != "code_challenge")).await;
    assert_eq!(told(&app, &absent), "invalid_request");
    let plain = |all: &mut Vec<_>| all.retain(|(name, _)| *name != "code_challenge_method");
    assert_eq!(told(&app, &asked(&app, &assistant, plain).await), "invalid_request");
    for method in ["plain", "s256", "S512"] {
        let page = asked(&app, &assistant, |all| set(all, "code_challenge_method", method)).await;
        assert_eq!(told(&app, &page), "invalid_request", "{method}");
    }
    for challenge in
        ["A".repeat(42), "A".repeat(44), "A".repeat(129), format!("{}=", "A".repeat(42))]
    {
        let page = asked(&app, &assistant, |all| set(all, "code_challenge", &challenge)).await;
        assert_eq!(told(&app, &page), "invalid_request", "{challenge}");
    }
    let code = assistant.code("ben").await;
    let without: Vec<_> = assistant
        .redemption(&code)
        .into_iter()
        .filter(|(name, _)| *name != "code_verifier")
        .collect();
    assert_eq!(assistant.token(&without).await.error(), "invalid_request");
    for verifier in ["x".repeat(43), assistant.challenge(), "short".to_owned(), "x".repeat(129)] {
        let other = Assistant { verifier, ..assistant.clone() };
        assert_eq!(other.redeem(&code).await.error(), "invalid_grant");
    }
    // What was tried in vain used nothing up.
    assert_eq!(assistant.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn case_051_another_servers_resource_is_an_invalid_target() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let missing = asked(&app, &assistant, |all| all.retain(|(name, _)| *name != "resource")).await;
    assert_eq!(missing.status, 200, "a missing resource means ours");
    for ours in ["", "/", "/mcp", "/mcp/"] {
        let ours = format!("{}{ours}", app.url);
        let page = asked(&app, &assistant, |all| set(all, "resource", &ours)).await;
        assert_eq!(page.status, 200, "{ours}");
    }
    for other in ["https://other.example/mcp", "mcp", "api://x"] {
        let page = asked(&app, &assistant, |all| set(all, "resource", other)).await;
        assert_eq!(told(&app, &page), "invalid_target", "{other}");
    }
    let ours = format!("{}/mcp", app.url);
    let two = asked(&app, &assistant, |all| all.push(("resource", ours.clone()))).await;
    assert_eq!(told(&app, &two), "invalid_target");
    let code = assistant.code("ben").await;
    let mut form = assistant.redemption(&code);
    form.push(("resource", "https://other.example/mcp".to_owned()));
    assert_eq!(assistant.token(&form).await.error(), "invalid_target");
    form.pop();
    form.push(("resource", ours));
    assert_eq!(assistant.token(&form).await.status, 200);
}

/// Where the browser goes after the consent.
async fn towards_entra(
    app: &TestApp,
    assistant: &Assistant,
    more: &[(&'static str, &str)],
) -> Page {
    let mut parameters = assistant.request();
    for (name, value) in more {
        set(&mut parameters, name, value);
    }
    let mut browser = Browser::new(&app.http);
    let page = browser.get(&assistant.authorize_with(&parameters)).await;
    assert_eq!(page.status, 200, "{page:?}");
    browser.press(&page, "allow").await
}

#[tokio::test]
async fn case_052_only_our_scope_goes_to_entra() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let usual = towards_entra(&app, &assistant, &[]).await.parameter("scope").unwrap();
    assert!(usual.contains("/Mcp.Access") && !usual.contains(".default"), "{usual}");
    for greedy in [
        ".default offline_access Directory.ReadWrite.All",
        "https://graph.microsoft.com/.default",
        "api://another/Mcp.Access admin",
        " Mcp.Access",
    ] {
        let page = towards_entra(&app, &assistant, &[("scope", greedy)]).await;
        assert_eq!(page.parameter("scope").unwrap(), usual, "{greedy}");
    }
}

#[tokio::test]
async fn case_054_nothing_else_is_smuggled_to_entra() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let smuggled = [
        ("prompt", "consent"),
        ("domain_hint", "evil.example"),
        ("login_hint", "victim@evil.example"),
        ("claims", "{}"),
        ("request_uri", "https://evil.example/"),
        ("post_logout_redirect_uri", "https://evil.example/"),
        ("nonce", "a\r\nLocation: https://evil.example/"),
    ];
    let page = towards_entra(&app, &assistant, &smuggled).await;
    let names: Vec<_> =
        page.location().unwrap().query_pairs().map(|(name, _)| name.into_owned()).collect();
    let mut sorted = names.clone();
    sorted.sort();
    let allowed = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
    ];
    assert_eq!(sorted, allowed);
    let own = format!("{}/oauth/callback", app.url);
    assert_eq!(page.parameter("redirect_uri").unwrap(), own);
    assert_ne!(page.parameter("state").unwrap(), "the client's own state");
    assert_ne!(page.parameter("code_challenge").unwrap(), assistant.challenge());
    for twice in ["redirect_uri", "client_id"] {
        let value = "https://evil.example/".to_owned();
        let page = asked(&app, &assistant, |all| all.push((twice, value))).await;
        assert_page(&page, 400);
    }
    let page = asked(&app, &assistant, |all| all.push(("scope", "x".to_owned()))).await;
    assert_eq!(told(&app, &page), "invalid_request");
    // Its state would break out of the header, were it not encoded.
    let state = "x\r\nSet-Cookie: a=b";
    let page = asked(&app, &assistant, |all| {
        set(all, "state", state);
        set(all, "response_type", "token");
    });
    let page = page.await;
    assert_eq!(page.parameter("state").unwrap(), state);
    assert!(page.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn case_057_no_redirect_leads_anywhere_else() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let entra = app.around.entra().base_url().to_owned();
    let evil = "https://evil.example/";
    for name in [
        "post_logout_redirect_uri",
        "return_to",
        "returnUrl",
        "next",
        "error_uri",
        "redirect",
        "target",
        "RelayState",
    ] {
        for change in ["", "token"] {
            let page = asked(&app, &assistant, |all| {
                all.push((name, evil.to_owned()));
                if !change.is_empty() {
                    set(all, "response_type", change);
                }
            });
            let page = page.await;
            let to = page.location().map(String::from).unwrap_or_default();
            let known = to.is_empty() || to.starts_with(LOOPBACK) || to.starts_with(&entra);
            assert!(known && !to.contains("evil"), "{name}: {to}");
        }
        let url = format!("{}/oauth/callback?code=x&state=y&{name}={evil}", app.url);
        assert_page(&Browser::new(&app.http).get(&url).await, 403);
    }
    for redirect in
        [evil, "https://evil.example/callback", "http://127.0.0.1.evil.example/callback"]
    {
        let page = asked(&app, &assistant, |all| set(all, "redirect_uri", redirect)).await;
        assert_page(&page, 400);
    }
}

#[tokio::test]
async fn case_058_a_code_in_the_query_and_no_other_response() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    for kind in ["token", "id_token", "code token", "none", "CODE"] {
        let page = asked(&app, &assistant, |all| set(all, "response_type", kind)).await;
        assert_eq!(told(&app, &page), "unsupported_response_type", "{kind}");
    }
    for mode in ["fragment", "web_message", "form_post", "jwt"] {
        let page = asked(&app, &assistant, |all| set(all, "response_mode", mode)).await;
        assert_eq!(told(&app, &page), "unsupported_response_type", "{mode}");
    }
    let page =
        asked(&app, &assistant, |all| all.retain(|(name, _)| *name != "response_type")).await;
    assert_eq!(told(&app, &page), "invalid_request");
    // A form's answer is a 303, so that its body goes nowhere (RFC 9700 4.12).
    assert_eq!(towards_entra(&app, &assistant, &[]).await.status, 303);
}

#[tokio::test]
async fn a_state_that_wouldnt_fit_into_a_cookie_is_refused() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let page = asked(&app, &assistant, |all| set(all, "state", &"s".repeat(1025))).await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"));
    let longest = Assistant { state: "s".repeat(1024), ..assistant };
    let page = longest.walk(&mut Browser::new(&app.http), "ben").await;
    assert_eq!(page.parameter("state").unwrap().len(), 1024);
    assert_eq!(longest.redeem(&page.parameter("code").unwrap()).await.status, 200);
}
