//! What the client is told, and what the person may see.

use std::collections::BTreeMap;
use std::time::Duration;

use osier::clock::Clock;
use osier::confirm::Shown;
use reqwest::header::HeaderMap;
use serde_json::json;

use super::{a_ticket, link, mute, new_ticket, person, say, writes};
use crate::harness::{Answered, Client, Reply, Setup, TestApp, Version};

#[tokio::test]
async fn in_each_version_a_client_that_cannot_ask_is_told_where_the_person_answers() {
    let app = TestApp::new().await;
    let mut ids = Vec::new();
    for (at, version) in Version::ALL.into_iter().enumerate() {
        for (more, capabilities) in [
            ("a", json!({})),
            ("b", json!({"elicitation": {"url": {}}})),
            ("c", json!({"sampling": {}, "roots": {}})),
        ] {
            let token = app.token("ben");
            let ben = Client::connect_with(&app.http, &app.url, token, version, capabilities).await;
            let mut ticket = new_ticket();
            ticket["summary"] = json!(format!("Tap drips {at}{more}"));
            let reply = ben.call_answering("create_ticket", ticket.clone(), Answered::Yes).await;
            let text = reply.text();
            let id = link(&reply);
            assert_eq!(reply.status, 200);
            assert!(text.contains(&format!("Open {}/confirm/{id}, sign in", app.url)), "{text}");
            assert!(text.contains(&format!("- Summary: Tap drips {at}{more}\n")), "{text}");
            let decision = &reply.result()["_meta"]["osier/decisionId"];
            assert!(decision.as_str().unwrap().starts_with("dec_"), "{version:?}: {reply:?}");
            assert!(reply.before.is_empty() && reply.state().is_none(), "{reply:?}");
            // The same call has the same link, as long as it is open; another call another one.
            let again = ben.call("create_ticket", ticket).await;
            assert_eq!(link(&again), id, "{version:?}");
            assert!(!ids.contains(&id));
            ids.push(id);
        }
    }
    assert_eq!(writes(&app), 0);
}

#[tokio::test]
async fn an_old_version_with_new_metadata_and_no_session_is_told_too() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let call = json!({"name": "create_ticket", "arguments": new_ticket()});
    let mut body = ben.envelope("tools/call", call);
    body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2025-11-25".into();
    let mut old = mute(&app, "ben", Version::V2025_11_25).await;
    old.session = None;
    let response = old.post(&body, HeaderMap::new()).await;
    let reply = Reply { status: 200, message: response.json().await.unwrap(), before: Vec::new() };
    let id = link(&reply);
    assert!(app.pipeline.confirmations.shown(&id, &person("ben")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_client_that_can_ask_asks() {
    let app = TestApp::new().await;
    let id = link(
        &mute(&app, "ben", Version::V2026_07_28).await.call("create_ticket", new_ticket()).await,
    );
    say(&app, &id, "ben", true).await;
    for version in [Version::V2025_11_25, Version::V2026_07_28] {
        let ben = app.speaking("ben", version).await;
        let reply = ben.call_answering("create_ticket", new_ticket(), Answered::No).await;
        assert!(reply.text().starts_with("The person said no"), "{version:?}: {reply:?}");
    }
    assert_eq!(writes(&app), 0);
}

#[tokio::test]
async fn the_page_shows_the_question_that_the_client_was_told() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let arguments = json!({"ticketId": a_ticket(&app)["id"], "priority": 1});
    let reply = ben.call("update_ticket", arguments).await;
    let text = reply.text();
    let (_, question) = text.split_once("The question is:\n\n").unwrap();
    let confirmations = &app.pipeline.confirmations;
    let expires = clock.unix_seconds() + 300;
    let mut expected = Shown {
        message: question.to_owned(),
        tool: app.pipeline.catalog.tool("update_ticket").unwrap().title.clone(),
        client: "osier-test".to_owned(),
        expires,
        said: None,
    };
    let id = link(&reply);
    let shown = confirmations.shown(&id, &person("ben")).await.unwrap();
    assert_eq!(shown.as_ref(), Some(&expected));
    say(&app, &id, "ben", true).await;
    expected.said = Some(true);
    assert_eq!(confirmations.shown(&id, &person("ben")).await.unwrap(), Some(expected));
    // The time that is told is the time that holds.
    let until = chrono::DateTime::from_timestamp(i64::try_from(expires).unwrap(), 0).unwrap();
    let until = format!("The link works until {} UTC.", until.format("%H:%M"));
    assert!(text.contains(&until), "{text}");
    clock.advance(Duration::from_mins(5));
    assert_eq!(confirmations.shown(&id, &person("ben")).await.unwrap(), None);
}

#[tokio::test]
async fn the_longest_question_is_shown_whole() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let long = |length: usize| "漢字".repeat(length / 2);
    let arguments = json!({
        "ticketId": a_ticket(&app)["id"],
        "description": long(4000),
        "cause": long(2000),
        "solution": long(2000),
        "notes": long(4000),
    });
    let reply = ben.call("update_ticket", arguments.clone()).await;
    let id = link(&reply);
    let shown = app.pipeline.confirmations.shown(&id, &person("ben")).await.unwrap().unwrap();
    assert!(shown.message.chars().count() > 12_000);
    say(&app, &id, "ben", true).await;
    let made = ben.call("update_ticket", arguments).await;
    assert!(!made.is_error(), "{made:?}");
    assert_eq!(a_ticket(&app)["notes"], long(4000));
}

#[tokio::test]
async fn where_links_are_refused_nothing_is_kept() {
    let settings = [("OSIER_CONFIRMATION__FALLBACK".to_owned(), "refuse".to_owned())];
    let settings = BTreeMap::from(settings);
    let app = TestApp::with(Setup { settings, ..Setup::default() }).await;
    for version in Version::ALL {
        let ben = mute(&app, "ben", version).await;
        let reply = ben.call("create_ticket", new_ticket()).await;
        if version.is_stateless() {
            assert_eq!((reply.status, reply.code()), (400, Some(-32021)), "{reply:?}");
        } else {
            assert!(reply.text().contains("this client can't show the question"), "{reply:?}");
        }
    }
    assert_eq!(writes(&app), 0);
}
