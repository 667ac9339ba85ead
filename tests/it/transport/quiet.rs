//! What a client sends is in no log line and no audit record, whatever the log's level.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::harness::{Answered, Client, TestApp, Version, Written};

/// A canary in every place of the protocol that takes a text.
async fn sing(client: &Client) {
    let c = "canary";
    for (method, params) in [
        ("tools/call", json!({"name": "canary_tool", "arguments": {}})),
        ("tools/call", json!({"name": "list_tickets", "arguments": {"q": c}})),
        ("tools/call", json!({"name": "list_tickets", "arguments": {c: c, "pageSize": c}})),
        ("tools/call", json!({"name": "list_tickets", "arguments": {"cursor": c}})),
        ("tools/call", json!({"name": "get_ticket", "arguments": {"ticketId": c}})),
        ("tools/call", json!({"name": "list_sites", "arguments": c})),
        ("tools/call", json!({"name": "list_sites", "requestState": c, "inputResponses": {c: c}})),
        ("tools/list", json!({"cursor": c})),
        ("prompts/get", json!({"name": c})),
        ("prompts/get", json!({"name": "ticket_handover", "arguments": {"ticket": c, c: c}})),
        ("resources/read", json!({"uri": "canary://canary"})),
        (
            "completion/complete",
            json!({
                "ref": {"type": "ref/prompt", "name": "overdue_tickets"},
                "argument": {"name": "priority", "value": c},
            }),
        ),
        ("canary/method", json!({c: c})),
    ] {
        client.request(method, params).await;
    }
    for (name, value) in [
        ("mcp-session-id", "canary"),
        ("host", "canary.example"),
        ("origin", "http://canary.example"),
        ("last-event-id", "canary"),
        ("x-request-id", "canary"),
        ("mcp-protocol-version", "canary"),
        ("mcp-name", "canary"),
        ("x-canary", "canary"),
        ("content-type", "application/canary"),
    ] {
        let body = client.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
        let mut headers = client.headers(&body);
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        client.post(&body, headers).await;
    }
    for body in ["{\"canary", "[\"canary\"]", "{\"jsonrpc\":\"canary\"}", "\"canary\""] {
        client.post_bytes(body.into(), HeaderMap::new()).await;
    }
    let ticket = json!({
        "siteId": osier::demo::SITE_60M, "summary": c, "description": c, "priority": 3,
    });
    let written = client.call_answering("create_ticket", ticket, Answered::Yes).await;
    assert_eq!(written.item()["summary"], c);
}

#[tokio::test]
async fn nothing_that_a_client_sends_is_written_down() {
    let pages = Written::default();
    let _reading = pages.read();
    let app = TestApp::new().await;
    for version in [Version::V2025_11_25, Version::V2026_07_28] {
        let ana = app.speaking("ana", version).await;
        sing(&ana).await;
        if let Some(session) = &ana.session {
            let body = json!({"jsonrpc": "2.0", "id": 77, "result": {"canary": "canary"}});
            ana.post(&body, HeaderMap::new()).await;
            let body = json!({
                "jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": {"requestId": "canary", "reason": "canary"},
            });
            ana.post(&body, HeaderMap::new()).await;
            let written = pages.text();
            assert!(!written.contains(session), "a session's id was written");
        }
    }
    let records = app.audit().await;
    assert!(records.len() > 10);
    let told: Vec<&Value> =
        records.iter().filter(|record| record.to_string().contains("canary")).collect();
    // The name of a tool that there isn't is what the record is about.
    assert!(told.iter().all(|record| record["tool"] == "canary_tool"), "{told:#?}");
    let written = pages.text();
    assert!(written.contains("serving"), "nothing was written: {written}");
    let lines: Vec<&str> = written.lines().filter(|line| line.contains("canary")).collect();
    assert!(lines.is_empty(), "{lines:#?}");
    for part in app.token("ana").split('.').skip(1) {
        assert!(!written.contains(part), "a token's part was written");
    }
}
