//! Tokens and keys are in no answer and in nothing that is printed for a person who looks for a
//! fault (case 95).

use std::collections::BTreeMap;

use data_encoding::BASE64;
use http::HeaderMap;
use osier::config::{Config, Environment};
use osier::demo::{ANA, Fault};
use serde_json::json;

use super::words::Canaries;
use crate::harness::{Answered, Client, TestApp, Version};

#[tokio::test]
async fn case_095_a_token_in_an_error_of_a_service_is_in_no_answer() {
    let app = TestApp::new().await;
    let canaries = Canaries::default();
    for version in Version::ALL {
        let ana = app.speaking("ana", version).await;
        canaries.token(&ana.token);
        let services = app.around.services();
        for status in [400, 401, 403, 404, 409, 422, 429, 500, 503] {
            let said = format!("Bearer {} isn't welcome", ana.token);
            let body = json!({
                "title": said, "detail": said,
                "errors": {(said.as_str()): [said]},
            });
            let fault = Fault::answer(status, body.to_string())
                .header("content-type", "application/problem+json")
                .header("www-authenticate", &said)
                .header("retry-after", &said);
            services.wire().heal();
            services.inject("/workflowcore/tickets/search", fault);
            let reply = ana.call("list_tickets", json!({})).await;
            let found = canaries.found_in(&reply.message.to_string());
            assert!(found.is_empty(), "{version:?} {status}: {found:?}");
            let found = canaries.found_in(&reply.text());
            assert!(found.is_empty(), "{version:?} {status}: {found:?}");
        }
    }
}

#[tokio::test]
async fn case_095_a_token_that_is_refused_is_not_repeated() {
    let app = TestApp::new().await;
    let canaries = Canaries::default();
    let odd = |claim: &str, value: &str| {
        app.around.entra().mint(&ANA, |claims| {
            claims.insert(claim.to_owned(), value.into());
        })
    };
    let mut tokens = vec![canaries.word("no token"), app.token("dan")];
    tokens.extend([odd("aud", "x"), odd("iss", "x"), odd("tid", "x"), odd("exp", "x")]);
    for token in tokens {
        canaries.token(&token);
        let asked = app.http.post(format!("{}/mcp", app.url)).bearer_auth(&token).body("{}");
        let answer = asked.send().await.unwrap();
        assert!([401, 403].contains(&answer.status().as_u16()));
        let text = format!("{:?} {}", answer.headers().clone(), answer.text().await.unwrap());
        let found = canaries.found_in(&text);
        assert!(found.is_empty(), "{found:?}");
    }
}

#[tokio::test]
async fn case_095_no_secret_is_in_debug_output() {
    let app = TestApp::new().await;
    let canaries = Canaries::default();
    let token = app.token("ana");
    canaries.token(&token);
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let identity = app.authenticator.authenticate(&headers).await.unwrap();
    let (current, previous) = (TestApp::new_key(), TestApp::new_key());
    canaries.token(&current);
    canaries.token(&previous);
    let environment = Environment::default()
        .with("OSIER_KEYS__CURRENT", current.as_str())
        .with("OSIER_KEYS__PREVIOUS", previous.as_str());
    let config =
        Config::parse("demo.toml", include_str!("../../../config/demo.toml"), &environment);
    let printed = format!("{identity:?} {identity:#?} {config:?} {config:#?}");
    assert!(printed.contains("Keys"), "{printed}");
    assert!(canaries.found_in(&printed).is_empty(), "{:?}", canaries.found_in(&printed));
    for key in [&current, &previous] {
        let bytes = format!("{:?}", BASE64.decode(key.as_bytes()).unwrap());
        assert!(!printed.contains(bytes.trim_matches(['[', ']'])), "{printed}");
    }
    // The e-mail address of a person is one too, here: only its first letter is shown.
    assert!(!printed.contains(ANA.email), "{printed}");
}

#[tokio::test]
async fn case_095_what_is_sealed_says_nothing_of_what_is_in_it() {
    let app = TestApp::new().await;
    let canaries = Canaries::default();
    let ana = app.as_user("ana").await;
    let mut arguments: BTreeMap<&str, String> = BTreeMap::new();
    for argument in ["summary", "description"] {
        arguments.insert(argument, canaries.word(argument));
    }
    let mut arguments = json!(arguments);
    arguments["siteId"] = json!(osier::demo::SITE_60M);
    arguments["priority"] = json!(1);
    let asked = ana.call("create_ticket", arguments.clone()).await;
    let state = asked.state().unwrap();
    let open = data_encoding::BASE64URL_NOPAD.decode(state.as_bytes()).unwrap();
    let seen = format!("{state} {}", String::from_utf8_lossy(&open));
    assert!(canaries.found_in(&seen).is_empty());
    assert!(!seen.contains(ANA.oid) && !seen.contains("create_ticket") && !seen.contains("nonce"));
    // A session's client never sees it at all.
    let older: Client = app.speaking("ana", Version::V2025_11_25).await;
    let reply = older.call_answering("create_ticket", arguments, Answered::No).await;
    assert!(!format!("{:?}", reply.before).contains("requestState"));
}
