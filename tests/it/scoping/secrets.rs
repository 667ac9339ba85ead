//! Tokens, keys and what services say in anger appear nowhere: not in replies, logs, audit lines or
//! debug prints.

use osier::config::{Config, Environment};
use osier::demo::{Fault, SITE_60M, TICKET_WITH_EMAIL};
use serde_json::{Value, json};

use crate::harness::{Answered, Client, Reply, TestApp, Version, Written};

/// A service's answer of this status, with a canary wherever one fits.
fn angry(status: u16) -> Fault {
    let body = json!({
        "type": "https://canary.example", "title": "canary", "detail": "canary at /srv/canary.rs:1",
        "errors": {"canary detail": ["canary"], "Summary": ["canary is wrong"], "canary": [1]},
        "stack": ["canary"], "items": "canary",
    });
    Fault::answer(status, body.to_string())
        .header("content-type", "application/problem+json")
        .header("www-authenticate", "Bearer error=\"canary\"")
        .header("x-canary", "canary")
        .header("etag", "canary")
        .header("retry-after", "canary")
        .header("set-cookie", "canary=1")
}

/// A read, a read of one, and a write, each at the angry service.
async fn call_all(client: &Client) -> Vec<Reply> {
    let ticket = json!({"siteId": SITE_60M, "summary": "xxx", "description": "x", "priority": 3});
    vec![
        client.call("list_tickets", json!({})).await,
        client.call("get_ticket", json!({"ticketId": "60M-T-1001"})).await,
        client.call("list_ticket_statuses", json!({})).await,
        client.call("get_ticket_statistics", json!({"groupBy": "site"})).await,
        client.call_answering("create_ticket", ticket, Answered::Yes).await,
    ]
}

#[tokio::test]
async fn case_095_no_token_and_no_word_of_a_service_gets_out() {
    let written = Written::default();
    let _reading = written.read();
    let app = TestApp::lax().await;
    let services = app.around.services();
    for (index, status) in
        [200, 302, 400, 401, 403, 404, 409, 410, 412, 418, 422, 429, 500, 502, 503, 504]
            .into_iter()
            .enumerate()
    {
        let ana = app.speaking("ana", Version::ALL[index % 4]).await;
        services.inject("/workflowcore", angry(status));
        for reply in call_all(&ana).await {
            let whole = format!("{reply:?}");
            assert!(!whole.contains("canary"), "{status}: {whole}");
            assert!(!whole.contains(&ana.token), "{status}");
            assert!(reply.is_error(), "{status}: {whole}");
            assert!(!whole.contains("127.0.0.1"), "an address of the inside: {whole}");
        }
        services.wire().heal();
        // The permission service can be angry too.
        app.around.authz().inject(angry(if status == 200 { 500 } else { status }));
        let erin = app.speaking("erin", Version::ALL[index % 4]).await;
        for method in ["tools/list", "prompts/list", "resources/list"] {
            let listed = erin.request(method, json!({})).await;
            assert!(!format!("{listed:?}").contains("canary"), "{status}: {listed:?}");
        }
        app.around.authz().heal();
    }
    let audit: String = app.audit().await.iter().map(Value::to_string).collect();
    let log = written.text();
    assert!(log.contains("refused") && audit.contains("list_tickets"), "nothing was written");
    for text in [&log, &audit] {
        assert!(!text.contains("canary"), "{text}");
        for person in ["ana", "erin"] {
            for part in app.token(person).split('.').skip(1) {
                assert!(!text.contains(part), "a token's part was written");
            }
        }
        assert!(!text.contains("eyJ") && !text.contains("Bearer "), "a token was written");
    }
}

#[test]
fn case_095_settings_print_no_secret() {
    let text = include_str!("../../../config/demo.toml");
    let bytes: [u8; 32] = osier::seal::random_bytes().unwrap();
    let other: [u8; 32] = osier::seal::random_bytes().unwrap();
    let key = data_encoding::BASE64.encode(&bytes);
    let environment = Environment::default()
        .with("OSIER_KEYS__CURRENT", key.as_str())
        .with("OSIER_KEYS__PREVIOUS", data_encoding::BASE64.encode(&other));
    let config = Config::parse("demo.toml", text, &environment).unwrap();
    let printed = format!("{config:?} {config:#?}");
    assert!(printed.contains("tenant_id"));
    let numbers = format!("{:?}", &bytes[..4]);
    assert!(!printed.contains(&key) && !printed.contains(numbers.trim_matches(['[', ']'])));
    let environment = Environment::default().with("OSIER_KEYS__CURRENT", "canary-not-a-key");
    let faults = format!("{:?}", Config::parse("demo.toml", text, &environment).unwrap_err());
    assert!(!faults.contains("canary"), "{faults}");
}

#[tokio::test]
async fn trap_18_an_e_mail_in_free_text_reaches_no_log_and_no_audit_line() {
    const MAIL: &str = "petra.lindqvist@private-mail.example";
    let written = Written::default();
    let _reading = written.read();
    let app = TestApp::new().await;
    for version in [Version::V2025_11_25, Version::V2026_07_28] {
        let ben = app.speaking("ben", version).await;
        let ticket = ben.call("get_ticket", json!({"ticketId": TICKET_WITH_EMAIL})).await;
        assert!(ticket.item()["description"].as_str().unwrap().contains(MAIL));
        ben.call("list_tickets", json!({"q": MAIL})).await;
        ben.call("get_ticket", json!({"ticketId": MAIL})).await;
        ben.call("list_tickets", json!({MAIL: MAIL})).await;
        let new = json!({"siteId": SITE_60M, "summary": MAIL, "description": MAIL, "priority": 3});
        let made = ben.call_answering("create_ticket", new, Answered::Yes).await;
        assert_eq!(made.item()["summary"], MAIL);
        let comment = json!({"ticketId": TICKET_WITH_EMAIL, "text": MAIL});
        assert!(!ben.call_answering("add_ticket_comment", comment, Answered::Yes).await.is_error());
        let change = json!({"ticketId": made.item()["id"], "notes": MAIL});
        let said_no = ben.call_answering("update_ticket", change.clone(), Answered::No).await;
        assert!(said_no.is_error());
        assert!(!ben.call_answering("update_ticket", change, Answered::Yes).await.is_error());
    }
    let audit: String = app.audit().await.iter().map(Value::to_string).collect();
    let log = written.text();
    assert!(!log.is_empty() && audit.contains("create_ticket"));
    for (name, text) in [("log", &log), ("audit", &audit)] {
        for word in [MAIL, "petra", "private-mail", "ben.osei@"] {
            assert!(!text.contains(word), "{word} is in the {name}");
        }
    }
    assert!(audit.contains("b***@willow-demo.example"));
}
