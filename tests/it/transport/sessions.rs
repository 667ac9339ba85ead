//! A session id opens nothing to anybody but the person who opened the session (cases 60 and 62).

use std::time::Duration;

use osier::demo::SITE_60M;
use osier::mcp::Limits;
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::harness::{Answered, Client, Events, Setup, TestApp, Version};

/// What an HTTP request with this token and session id is answered.
async fn answer(
    app: &TestApp,
    method: Method,
    token: &str,
    session: &str,
    body: Option<Value>,
    last_event: Option<&str>,
) -> (u16, String) {
    let mut request = app
        .http
        .request(method, format!("{}/mcp", app.url))
        .bearer_auth(token)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .header("mcp-session-id", session)
        .timeout(Duration::from_secs(5));
    if let Some(id) = last_event {
        request = request.header("last-event-id", id);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let mut headers: Vec<String> = response.headers().keys().map(ToString::to_string).collect();
    headers.sort();
    (response.status().as_u16(), format!("{headers:?} {}", response.text().await.unwrap()))
}

/// Every way to use a session.
fn uses() -> Vec<(Method, Option<Value>, Option<&'static str>)> {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let answer = json!({
        "jsonrpc": "2.0", "id": 0,
        "result": {"action": "accept", "content": {"confirm": true}},
    });
    let error = json!({"jsonrpc": "2.0", "id": 0, "error": {"code": -1, "message": "no"}});
    let cancel = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1},
    });
    vec![
        (Method::POST, Some(request), None),
        (Method::POST, Some(answer), None),
        (Method::POST, Some(error), None),
        (Method::POST, Some(cancel), None),
        (Method::GET, None, None),
        (Method::GET, None, Some("0")),
        (Method::GET, None, Some("0/0")),
        (Method::DELETE, None, None),
    ]
}

#[tokio::test]
async fn case_060_a_session_of_another_person_is_like_none() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    let ended = app.speaking("ben", Version::V2025_11_25).await.session.unwrap();
    let over = answer(&app, Method::DELETE, &ben.token, &ended, None, None).await;
    assert_eq!(over.0, 204);
    let anas = ana.session.clone().unwrap();
    for (method, body, last) in uses() {
        let mut answers = Vec::new();
        for session in [anas.as_str(), &ended, "00000000-0000-4000-8000-000000000000", "x"] {
            let answer =
                answer(&app, method.clone(), &ben.token, session, body.clone(), last).await;
            assert_eq!(answer.0, 404, "{method} {body:?} {session}");
            answers.push(answer);
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    }
    // Nothing of that touched the session.
    assert!(!ana.tools().await.is_empty());
}

#[tokio::test]
async fn case_060_a_session_goes_on_with_a_new_token_of_its_person() {
    let app = TestApp::new().await;
    let mut ana = app.speaking("ana", Version::V2025_11_25).await;
    app.around.entra().add_key().unwrap();
    ana.token = app.token("ana");
    assert!(!ana.tools().await.is_empty());
    ana.token = app.token("chloe");
    assert_eq!(ana.request("tools/list", json!({})).await.status, 404);
    ana.token = "none".to_owned();
    assert_eq!(ana.request("tools/list", json!({})).await.status, 401);
}

#[tokio::test]
async fn case_060_the_newest_version_has_no_sessions() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let mut chloe = app.as_user("chloe").await;
    let own = chloe.tools().await;
    // The id is no part of that version, so that it is neither used nor refused.
    chloe.session.clone_from(&ana.session);
    assert_eq!(chloe.tools().await, own);
    assert_ne!(ana.tools().await, own);
}

/// Opens the session's own stream, and waits until it is there.
async fn stream(app: &TestApp, client: &Client) -> Events {
    let request = app
        .http
        .get(format!("{}/mcp", app.url))
        .bearer_auth(&client.token)
        .header("accept", "text/event-stream")
        .header("mcp-protocol-version", "2025-11-25")
        .header("mcp-session-id", client.session.as_ref().unwrap());
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    Events::of(response)
}

#[tokio::test]
async fn case_062_a_stream_opens_to_its_person_only() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    let _anas = stream(&app, &ana).await;
    let session = ana.session.as_ref().unwrap();
    for last in [None, Some("0"), Some("0/0"), Some("1/0"), Some("999"), Some("x")] {
        let (status, _) = answer(&app, Method::GET, &ben.token, session, None, last).await;
        assert_eq!(status, 404, "{last:?}");
    }
}

#[tokio::test]
async fn case_062_another_persons_answer_is_no_answer() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    let tickets = || app.around.services().tickets_of(SITE_60M).len();
    let before = tickets();
    let body = ana.envelope(
        "tools/call",
        json!({"name": "create_ticket", "arguments": {
            "siteId": SITE_60M, "summary": "Door stuck", "description": "x", "priority": 3,
        }}),
    );
    let mut events = Events::of(ana.post(&body, ana.headers(&body)).await);
    let question = events.next().await.unwrap();
    assert_eq!(question["method"], "elicitation/create");
    let yes = json!({"jsonrpc": "2.0", "id": question["id"], "result": Answered::Yes.result()});
    let session = ana.session.as_ref().unwrap();
    let forged = answer(&app, Method::POST, &ben.token, session, Some(yes.clone()), None).await;
    assert_eq!(forged.0, 404);
    // The same in ben's own session, which has no such question.
    assert_eq!(ben.post(&yes, HeaderMap::new()).await.status(), 202);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(tickets(), before);
    // Ana's own answer counts.
    assert_eq!(ana.post(&yes, HeaderMap::new()).await.status(), 202);
    let done = events.next().await.unwrap();
    assert_eq!(done["result"]["isError"], false, "{done}");
    assert_eq!(tickets(), before + 1);
}

#[tokio::test]
async fn two_open_questions_of_a_session_do_not_answer_each_other() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let ask = async |summary: &str| {
        let body = ana.envelope(
            "tools/call",
            json!({"name": "create_ticket", "arguments": {
                "siteId": SITE_60M, "summary": summary, "description": "x", "priority": 3,
            }}),
        );
        let mut events = Events::of(ana.post(&body, ana.headers(&body)).await);
        let question = events.next().await.unwrap();
        assert!(question["params"]["message"].as_str().unwrap().contains(summary), "{question}");
        (events, question["id"].clone())
    };
    let (mut harmless, yes_to) = ask("Harmless").await;
    let (mut grave, no_to) = ask("Grave").await;
    assert_ne!(yes_to, no_to);
    for (id, answer) in [(no_to, Answered::No), (yes_to, Answered::Yes)] {
        let body = json!({"jsonrpc": "2.0", "id": id, "result": answer.result()});
        ana.post(&body, HeaderMap::new()).await;
    }
    let done = harmless.next().await.unwrap();
    assert_eq!(done["result"]["structuredContent"]["item"]["summary"], "Harmless", "{done}");
    let refused = grave.next().await.unwrap();
    assert_eq!(refused["result"]["isError"], true, "{refused}");
}

#[tokio::test]
async fn case_060_a_session_that_was_idle_too_long_is_like_none() {
    let idle = Duration::from_millis(300);
    let sessions = Limits { idle, ..Limits::default() };
    let app = TestApp::with(Setup { sessions, ..Setup::default() }).await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    tokio::time::sleep(idle * 3).await;
    let session = ana.session.clone().unwrap();
    for (method, body, last) in uses() {
        let over = answer(&app, method.clone(), &ana.token, &session, body.clone(), last).await;
        assert_eq!(over.0, 404, "{method} {body:?}");
        assert_eq!(over, answer(&app, method, &ana.token, "unknown", body, last).await);
    }
}

#[tokio::test]
async fn a_full_house_is_told_to_come_back() {
    let sessions = Limits { overall: 2, ..Limits::default() };
    let app = TestApp::with(Setup { sessions, ..Setup::default() }).await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    let open = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "third", "version": "1"},
    }});
    let mut third = app.speaking("chloe", Version::V2026_07_28).await;
    // The newest version needs no room.
    assert!(!third.tools().await.is_empty());
    third.version = Version::V2025_11_25;
    let refused = third.post(&open, HeaderMap::new()).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "60");
    // Those who are in go on, and one who leaves makes room.
    assert!(!ana.tools().await.is_empty());
    let session = ben.session.as_ref().unwrap();
    answer(&app, Method::DELETE, &ben.token, session, None, None).await;
    assert_eq!(third.post(&open, HeaderMap::new()).await.status(), 200);
}

#[tokio::test]
async fn a_persons_oldest_session_makes_room_for_a_new_one() {
    let app = TestApp::new().await;
    let chloe = app.speaking("chloe", Version::V2025_11_25).await;
    let mut anas = Vec::new();
    for _ in 0..32 {
        anas.push(app.speaking("ana", Version::V2025_11_25).await);
    }
    // The first was used again, so that the second is the one that was used the longest ago.
    assert!(!anas[0].tools().await.is_empty());
    anas.push(app.speaking("ana", Version::V2025_11_25).await);
    assert_eq!(anas[1].request("tools/list", json!({})).await.status, 404);
    for kept in [&anas[0], &anas[2], &anas[32], &chloe] {
        assert!(!kept.tools().await.is_empty());
    }
}

#[tokio::test]
async fn an_answer_is_judged_by_who_the_person_is_by_then() {
    let app = TestApp::new().await;
    let mut ana = app.speaking("ana", Version::V2025_11_25).await;
    let before = app.around.services().tickets_of(SITE_60M).len();
    let body = ana.envelope(
        "tools/call",
        json!({"name": "create_ticket", "arguments": {
            "siteId": SITE_60M, "summary": "Light out", "description": "x", "priority": 4,
        }}),
    );
    let mut events = Events::of(ana.post(&body, ana.headers(&body)).await);
    let question = events.next().await.unwrap();
    // The token of the call is worth nothing any more when the answer comes.
    app.around.entra().rotate().unwrap();
    ana.token = app.token("ana");
    let yes = json!({"jsonrpc": "2.0", "id": question["id"], "result": Answered::Yes.result()});
    assert_eq!(ana.post(&yes, HeaderMap::new()).await.status(), 202);
    let done = events.next().await.unwrap();
    assert_eq!(done["result"]["isError"], false, "{done}");
    assert_eq!(app.around.services().tickets_of(SITE_60M).len(), before + 1);
}

#[tokio::test]
async fn a_request_without_its_session_is_refused() {
    let app = TestApp::new().await;
    let mut ana = app.speaking("ana", Version::V2025_06_18).await;
    ana.session = None;
    assert_eq!(ana.request("tools/list", json!({})).await.status, 400);
}
