//! Answers that weren't asked for, that don't fit the question, or that say no.

use osier::demo::SITE_60M;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{a_ticket, asked, new_ticket, nothing_was_written, tickets};
use crate::harness::{Answered, Client, Open, TestApp, Version};

/// The versions in which a session's client is asked over its stream.
const LIVE: [Version; 2] = [Version::V2025_06_18, Version::V2025_11_25];

async fn retry(client: &Client, responses: &Value, state: &Value) -> crate::harness::Reply {
    let params = json!({
        "name": "create_ticket",
        "arguments": new_ticket(),
        "inputResponses": responses,
        "requestState": state,
    });
    client.request("tools/call", params).await
}

#[tokio::test]
async fn case_068_an_answer_that_does_not_fit_writes_nothing_and_leaves_the_question_open() {
    let app = TestApp::new().await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    let state = json!(asked(&ben, "create_ticket", &new_ticket()).await);
    let yes = Answered::Yes.result();
    let misfits = [
        json!({"confirm": {"action": "accept"}}),
        json!({"confirm": {"action": "accept", "content": null}}),
        json!({"confirm": {"action": "accept", "content": {}}}),
        json!({"confirm": {"action": "accept", "content": true}}),
        json!({"confirm": {"action": "accept", "content": {"confirm": "true"}}}),
        json!({"confirm": {"action": "accept", "content": {"confirm": 1}}}),
        json!({"confirm": {"action": "accept", "content": {"confirm": null}}}),
        json!({"confirm": {"action": "accept", "content": {"confirm": [true]}}}),
        json!({"confirm": {"action": "accept", "content": {"Confirm": true}}}),
        json!({"confirm": {"action": "accept", "content": {"confirm": true, "also": "this"}}}),
        json!({"confirm": {"action": "yes", "content": {"confirm": true}}}),
        json!({"confirm": {"content": {"confirm": true}}}),
        json!({"other": yes}),
        json!({"Confirm": yes}),
        json!({"confirm": yes, "other": yes}),
        json!({}),
    ];
    for responses in &misfits {
        let reply = retry(&ben, responses, &state).await;
        assert_eq!(reply.code(), Some(-32602), "{responses}: {reply:?}");
    }
    nothing_was_written(&app);
    // A person who was misunderstood may still answer.
    let made = retry(&ben, &json!({"confirm": yes}), &state).await;
    assert_eq!(made.item()["summary"], "Tap drips", "{made:?}");
    assert_eq!(tickets(&app), before + 1);
}

#[tokio::test]
async fn case_068_a_no_uses_the_question_up() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    for (no, words) in [
        (Answered::No, "The person said no"),
        (Answered::Content(json!({"confirm": false})), "The person said no"),
        (Answered::Closed, "The question was closed"),
    ] {
        let state = asked(&ben, "create_ticket", &new_ticket()).await;
        let refused = ben.answer("create_ticket", new_ticket(), &state, &no).await;
        assert!(refused.is_error() && refused.text().starts_with(words), "{refused:?}");
        let later = ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
        assert!(later.text().contains("already used"), "{no:?}: {later:?}");
    }
    nothing_was_written(&app);
}

#[tokio::test]
async fn case_068_nothing_is_answered_before_it_was_asked() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let yes = json!({"confirm": Answered::Yes.result()});
    let mut other = new_ticket();
    other["summary"] = json!("Something else");
    let others = asked(&ben, "create_ticket", &other).await;
    for state in [json!(others), json!(""), json!("null"), json!("confirm")] {
        let reply = retry(&ben, &yes, &state).await;
        assert_eq!(reply.code(), Some(-32602), "{state}: {reply:?}");
    }
    // Without a state at all it is a first call, and asks.
    let params = json!({"name": "create_ticket", "arguments": new_ticket(), "inputResponses": yes});
    let reply = ben.request("tools/call", params).await;
    assert!(reply.state().is_some(), "{reply:?}");
    // With a state but no answer nothing is decided.
    let params = json!({
        "name": "create_ticket", "arguments": new_ticket(), "requestState": reply.state().unwrap(),
    });
    let reply = ben.request("tools/call", params).await;
    assert_eq!(reply.code(), Some(-32602), "{reply:?}");
    nothing_was_written(&app);
}

#[tokio::test]
async fn case_068_in_a_session_an_answer_to_no_question_does_nothing() {
    let app = TestApp::new().await;
    for version in LIVE {
        let ben = app.speaking("ben", version).await;
        for id in [json!(0), json!(1), json!("0"), json!(-1), json!(4_000_000)] {
            let status = ben.answer_question(&id, &Answered::Yes).await;
            assert!([202, 400, 404].contains(&status), "{version:?}: {status}");
        }
        // It isn't kept for the question that comes.
        let mut call = Open::call(&ben, "create_ticket", &new_ticket()).await;
        assert!(call.waits().await, "{version:?}");
        nothing_was_written(&app);
        ben.answer_question(&call.id, &Answered::No).await;
        assert!(call.end().await.is_error());
    }
}

#[tokio::test]
async fn case_068_in_a_session_an_answer_that_does_not_fit_writes_nothing() {
    let app = TestApp::new().await;
    for version in LIVE {
        let ben = app.speaking("ben", version).await;
        for result in [
            json!({"action": "accept"}),
            json!({"action": "accept", "content": {}}),
            json!({"action": "accept", "content": {"confirm": "true"}}),
            json!({"action": "accept", "content": {"confirm": true, "also": 1}}),
            json!({"action": "yes", "content": {"confirm": true}}),
            json!({"content": {"confirm": true}}),
            json!({"confirm": true}),
            json!({}),
            json!({"role": "user", "content": {"confirm": true}, "model": "m"}),
        ] {
            let call = Open::call(&ben, "create_ticket", &new_ticket()).await;
            let body = json!({"jsonrpc": "2.0", "id": call.id, "result": result});
            ben.post(&body, HeaderMap::new()).await;
            let end = call.end().await;
            assert!(end.is_error(), "{version:?} {result}: {end:?}");
        }
        let call = Open::call(&ben, "create_ticket", &new_ticket()).await;
        let error = json!({"code": -32603, "message": "accept"});
        let body = json!({"jsonrpc": "2.0", "id": call.id, "error": error});
        ben.post(&body, HeaderMap::new()).await;
        assert!(call.end().await.is_error(), "{version:?}");
        nothing_was_written(&app);
    }
}

#[tokio::test]
async fn two_open_questions_in_one_session_cannot_answer_each_other() {
    let app = TestApp::new().await;
    for version in LIVE {
        app.around.services().wire().forget();
        let (ben, before) = (app.speaking("ben", version).await, tickets(&app));
        let mut other = new_ticket();
        other["summary"] = json!("Second");
        let mut first = Open::call(&ben, "create_ticket", &new_ticket()).await;
        let second = Open::call(&ben, "create_ticket", &other).await;
        assert_ne!(first.id, second.id, "{version:?}");
        assert!(first.question.contains("Tap drips") && second.question.contains("Second"));
        // The later question is answered first, and twice.
        ben.answer_question(&second.id, &Answered::Yes).await;
        ben.answer_question(&second.id, &Answered::Yes).await;
        let made = second.end().await;
        assert_eq!(made.item()["summary"], "Second", "{version:?}: {made:?}");
        assert!(first.waits().await, "{version:?}: the first went on with the second's answer");
        assert_eq!(tickets(&app), before + 1);
        ben.answer_question(&first.id, &Answered::No).await;
        assert!(first.end().await.text().starts_with("The person said no"));
        assert_eq!(tickets(&app), before + 1);
        let writes = app.around.services().wire().writes();
        assert_eq!(writes.len(), 1, "{version:?}: {writes:?}");
        assert_eq!(writes[0].json()["summary"], "Second");
    }
}

#[tokio::test]
async fn many_open_questions_each_take_their_own_answer() {
    let app = TestApp::new().await;
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    let before = tickets(&app);
    let mut calls = Vec::new();
    for number in 0..12 {
        let mut ticket = new_ticket();
        ticket["summary"] = json!(format!("Ticket number {number}"));
        calls.push((number, Open::call(&ben, "create_ticket", &ticket).await));
    }
    // In another order than they were asked, the even ones with yes.
    calls.reverse();
    for (number, call) in calls {
        let answer = if number % 2 == 0 { Answered::Yes } else { Answered::No };
        ben.answer_question(&call.id, &answer).await;
        let end = call.end().await;
        if number % 2 == 0 {
            assert_eq!(end.item()["summary"], format!("Ticket number {number}"));
        } else {
            assert!(end.text().starts_with("The person said no"), "{end:?}");
        }
    }
    assert_eq!(tickets(&app), before + 6);
}

#[tokio::test]
async fn a_yes_to_one_change_of_a_ticket_is_none_to_another() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let id = a_ticket(&app)["id"].clone();
    let harmless = json!({"ticketId": id, "notes": "Looked at it."});
    let harmful = json!({"ticketId": id, "summary": "Nothing to see here"});
    let (yes_to, other) = (
        asked(&ben, "update_ticket", &harmless).await,
        asked(&ben, "update_ticket", &harmful).await,
    );
    for (arguments, state) in [(&harmful, &yes_to), (&harmless, &other)] {
        let reply = ben.answer("update_ticket", arguments.clone(), state, &Answered::Yes).await;
        assert_eq!(reply.code(), Some(-32602), "{reply:?}");
    }
    nothing_was_written(&app);
    assert_eq!(a_ticket(&app)["siteId"], SITE_60M);
}
