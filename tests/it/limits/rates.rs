//! How often: one person, one tool, all together, and tokens that nobody knows (cases 75 and 122).

use std::time::Duration;

use futures::future::join_all;
use osier::clock::Clock;
use osier::demo::{Fault, SITE_60M};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::limits;
use crate::harness::{Answered, Client, Setup, TestApp, Version};

/// Status, `Retry-After` and JSON of a `tools/list`.
async fn ask(client: &Client) -> (u16, Option<String>, Value) {
    let body = client.envelope("tools/list", json!({}));
    let response = client.post(&body, client.headers(&body)).await;
    let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
    (response.status().as_u16(), wait, response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn one_person_makes_200_calls_at_once_and_20_a_second_without_a_refusal() {
    let app = TestApp::with(Setup { hurried: true, ..Setup::default() }).await;
    for version in [Version::V2026_07_28, Version::V2025_11_25] {
        let ben = app.speaking("ben", version).await;
        let calls = (0..200).map(|_| ben.call("list_sites", json!({})));
        for reply in join_all(calls).await {
            assert!(!reply.is_error(), "{version:?}: {reply:?}");
        }
        for _ in 0..2 {
            let second = tokio::time::sleep(Duration::from_secs(1));
            let calls = (0..20).map(|_| ben.call("list_sites", json!({})));
            let (replies, ()) = tokio::join!(join_all(calls), second);
            assert!(replies.iter().all(|reply| !reply.is_error()), "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_person_who_asks_too_often_is_told_when_to_come_again_and_the_others_go_on() {
    let clock = Clock::manual();
    let setup = limits([("PERSON_BURST", "3"), ("PERSON_PER_SECOND", "1")]);
    let app = TestApp::with(Setup { clock: clock.clone(), ..setup }).await;
    let (ben, chloe) = (app.as_user("ben").await, app.as_user("chloe").await);
    for _ in 0..3 {
        assert_eq!(ask(&ben).await.0, 200);
    }
    let (status, wait, body) = ask(&ben).await;
    assert_eq!((status, wait.as_deref()), (429, Some("1")));
    let expected = json!({"jsonrpc": "2.0", "id": null, "error": {
        "code": -32603,
        "message": "You send more messages than one person may. Try again in 1 second.",
    }});
    assert_eq!(body, expected);
    assert_eq!(ask(&chloe).await.0, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(ask(&ben).await.0, 200);
    assert_eq!(ask(&ben).await.0, 429);
}

#[tokio::test]
async fn all_together_are_told_503() {
    let setup = limits([("OVERALL_BURST", "4"), ("OVERALL_PER_SECOND", "1")]);
    let app = TestApp::with(Setup { clock: Clock::manual(), ..setup }).await;
    let (ben, chloe) = (app.as_user("ben").await, app.as_user("chloe").await);
    for client in [&ben, &chloe, &ben, &chloe] {
        assert_eq!(ask(client).await.0, 200);
    }
    for client in [&ben, &chloe] {
        let (status, wait, body) = ask(client).await;
        assert_eq!((status, wait.as_deref()), (503, Some("1")), "{body}");
    }
    // How the process is, is always answered.
    for path in ["livez", "readyz"] {
        let health = app.http.get(format!("{}/{path}", app.url)).send().await.unwrap();
        assert_eq!(health.status(), 200);
    }
}

#[tokio::test]
async fn a_tool_that_is_called_too_often_says_so_to_a_person_and_is_on_record_as_limited() {
    let clock = Clock::manual();
    let setup = limits([("TOOL_BURST", "2"), ("TOOL_PER_SECOND", "1")]);
    let app = TestApp::with(Setup { clock: clock.clone(), ..setup }).await;
    let (ana, ben) = (app.as_user("ana").await, app.as_user("ben").await);
    for client in [&ana, &ben] {
        assert!(!client.call("list_sites", json!({})).await.is_error());
    }
    let limited = ana.call("list_sites", json!({})).await;
    let text = "This tool is called more often than it may be, so this one wasn't begun. \
                Try again in 1 second.";
    assert_eq!(limited.refusal(), (200, None, text.to_owned()));
    assert_eq!(limited.message["result"]["isError"], true);
    let record = app.audit().await.pop().unwrap();
    assert_eq!(
        (&record["status"], &record["denyReason"], &record["tool"]),
        (&json!("limited"), &json!("limit_tool"), &json!("list_sites")),
    );
    // The other tools aren't touched, and who may not see the tool learns nothing of its limit.
    assert!(!ben.call("list_tickets", json!({"pageSize": 1})).await.is_error());
    let dan = app.as_user("chloe").await;
    for _ in 0..3 {
        let hidden = dan.call("list_tickets", json!({})).await.refusal();
        assert!(hidden.2.starts_with("Unknown tool"), "{hidden:?}");
    }
    clock.advance(Duration::from_secs(1));
    assert!(!ana.call("list_sites", json!({})).await.is_error());
}

#[tokio::test]
async fn a_persons_calls_at_once_are_bounded_and_an_open_question_takes_up_none() {
    let app = TestApp::with(limits([("IN_FLIGHT_PER_PERSON", "2")])).await;
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    app.around.services().inject("/sitecore", Fault::slow(Duration::from_secs(5)));
    // One after the other, or the requests themselves would be too many.
    let calls = (0..4_u64).map(async |at| {
        tokio::time::sleep(Duration::from_millis(at * 500)).await;
        ben.call("list_sites", json!({})).await
    });
    let replies = join_all(calls).await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.is_error()).collect();
    assert_eq!(refused.len(), 2, "{replies:?}");
    for reply in refused {
        assert!(reply.text().starts_with("As many of your"), "{reply:?}");
    }
    app.around.services().wire().heal();
    // Somebody who thinks about an answer isn't a call that runs.
    let mut open = Vec::new();
    for _ in 0..3 {
        let arguments = json!({
            "siteId": SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4,
        });
        open.push(crate::harness::Open::call(&ben, "create_ticket", &arguments).await);
    }
    for question in open {
        assert_eq!(ben.answer_question(&question.id, &Answered::No).await, 202);
        assert!(question.end().await.is_error());
    }
}

#[tokio::test]
async fn case_075_a_flood_of_notifications_is_cut_off_and_tells_nobody_anything() {
    let setup = limits([("PERSON_BURST", "50"), ("PERSON_PER_SECOND", "1")]);
    let app = TestApp::with(Setup { clock: Clock::manual(), ..setup }).await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let mut ben = app.speaking("ben", Version::V2025_11_25).await;
    let mut statuses = Vec::new();
    for at in 0..60 {
        // Another person's request and progress token, as far as ids go.
        let body = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {
            "progressToken": at % 3, "progress": at,
        }});
        statuses.push(ben.post(&body, HeaderMap::new()).await.status().as_u16());
    }
    let let_in = statuses.iter().filter(|status| **status == 202).count();
    assert!((40..50).contains(&let_in), "{let_in} of {statuses:?}");
    assert!(statuses[50..].iter().all(|status| *status == 429), "{statuses:?}");
    let body = ana.envelope(
        "tools/call",
        json!({
            "name": "list_sites", "arguments": {}, "_meta": {"progressToken": 1},
        }),
    );
    let reply = ana.post(&body, ana.headers(&body)).await.text().await.unwrap();
    assert!(reply.contains("structuredContent") && !reply.contains("notifications/"), "{reply}");
    // Another session, another token: the same person.
    ben.session = None;
    assert_eq!(ask(&ben).await.0, 429);
}

#[tokio::test]
async fn case_122_neither_tokens_nor_headers_nor_neighbours_make_another_person() {
    let setup =
        limits([("PERSON_BURST", "4"), ("PERSON_PER_SECOND", "1"), ("TOKENS_PER_MINUTE", "20")]);
    let app = TestApp::with(Setup { clock: Clock::manual(), ..setup }).await;
    let mut ben = app.as_user("ben").await;
    let mut statuses = Vec::new();
    for at in 0..6 {
        ben.token = app.token("ben");
        let body = ben.envelope("tools/list", json!({}));
        let mut headers = ben.headers(&body);
        for name in ["x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip"] {
            headers.insert(name, format!("203.0.113.{at}").parse().unwrap());
        }
        statuses.push(ben.post(&body, headers).await.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 200, 429, 429]);
    // Bad tokens cost as much as good ones: from one address only so many are judged.
    let known = app.as_user("chloe").await;
    assert_eq!(ask(&known).await.0, 200);
    let mut flood = Vec::new();
    for at in 0..40 {
        let token = format!("{}{at}", app.token("ana"));
        let asked = app.http.post(format!("{}/mcp", app.url)).bearer_auth(token);
        let asked = asked.header("x-forwarded-for", format!("2001:db8::{at:x}")).body("{}");
        let answer = asked.send().await.unwrap();
        let wait = answer.headers().get("retry-after").is_some();
        flood.push((answer.status().as_u16(), wait));
    }
    assert!(flood.contains(&(401, false)), "{flood:?}");
    assert_eq!(flood.last(), Some(&(429, true)), "{flood:?}");
    assert!(flood.iter().filter(|(status, _)| *status == 401).count() < 20);
    // Who was known goes on; who brings no token is told where to sign in, as ever.
    assert_eq!(ask(&known).await.0, 200);
    let stranger = app.http.post(format!("{}/mcp", app.url)).body("{}").send().await.unwrap();
    assert_eq!(stranger.status(), 401);
}
