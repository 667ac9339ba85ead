//! The short way of regular requests answers as the long one does: status, headers and bytes.

use osier::demo::Fault;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::harness::{Client, TestApp, Version};

/// An answer without what differs from call to call.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// One request, by the short way or, with weights that only the long one reads, by the other.
async fn ask(client: &Client, body: &Value, long: bool) -> Answer {
    let mut headers = client.headers(body);
    let both = HeaderValue::from_static("application/json;q=1, text/event-stream;q=1");
    if long {
        headers.insert("accept", both);
    }
    let response = client.post(body, headers).await;
    let status = response.status().as_u16();
    let mut headers: Vec<_> = response
        .headers()
        .iter()
        .filter(|(name, _)| !["date", "x-request-id", "content-length"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let text = response.text().await.unwrap();
    let decision = text.split("dec_").nth(1).map(|rest| format!("dec_{}", &rest[..26]));
    let body = decision.map_or(text.clone(), |decision| text.replace(&decision, "dec_"));
    Answer { status, headers, body }
}

/// Requests of every kind of end that a read has.
fn calls() -> Vec<(&'static str, Value)> {
    vec![
        ("list_sites", json!({})),
        ("list_sites", json!({"pageSize": 1, "q": "Größe \"x\" \u{1F3E2}"})),
        ("list_sites", json!({"pageSize": "many"})),
        ("list_sites", json!({"cursor": "not one of ours"})),
        ("get_ticket", json!({"ticketId": "nobody-s"})),
        ("search", json!({"query": "pump"})),
        ("get_my_permissions", json!({})),
        ("no_such_tool", json!({})),
    ]
}

#[tokio::test]
async fn both_ways_answer_alike() {
    let app = TestApp::new().await;
    for name in ["ben", "chloe"] {
        let client = app.speaking(name, Version::V2026_07_28).await;
        for (tool, arguments) in calls() {
            let call = json!({"name": tool, "arguments": arguments});
            let mut body = client.envelope("tools/call", call);
            for id in [json!(7), json!("seven")] {
                body["id"] = id;
                let (short, long) =
                    (ask(&client, &body, false).await, ask(&client, &body, true).await);
                assert_eq!(short, long, "{name}: {body}");
            }
        }
        let body = client.envelope("tools/list", json!({}));
        let (short, long) = (ask(&client, &body, false).await, ask(&client, &body, true).await);
        assert_eq!(short, long, "{name}'s list");
        assert!(short.body.contains("list_sites"), "{}", short.body);
    }
}

#[tokio::test]
async fn both_ways_tell_alike_of_a_service_in_trouble() {
    let app = TestApp::new().await;
    let client = app.speaking("ben", Version::V2026_07_28).await;
    let body = client.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
    for fault in [Fault::answer(500, "secret"), Fault::answer(200, "{"), Fault::answer(403, "{}")] {
        app.around.services().inject("/sitecore", fault);
        let (short, long) = (ask(&client, &body, false).await, ask(&client, &body, true).await);
        assert_eq!(short, long);
        app.around.services().wire().heal();
    }
}

#[tokio::test]
async fn headers_that_contradict_the_body_are_refused_by_either_way() {
    let app = TestApp::new().await;
    let client = app.speaking("ben", Version::V2026_07_28).await;
    let body = client.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
    for (name, value) in [("mcp-name", "list_tickets"), ("mcp-method", "tools/list")] {
        let mut headers = client.headers(&body);
        headers.insert(name, HeaderValue::from_static(value));
        let refused = client.post(&body, headers).await;
        assert_eq!(refused.status(), 400, "{name}");
    }
    let mut headers = client.headers(&body);
    headers.append("mcp-name", HeaderValue::from_static("list_sites"));
    assert_eq!(client.post(&body, headers).await.status(), 400, "a header that is there twice");
}
