//! The sealed state of a question: nobody else's, not altered, not moved, not kept for later.

use std::time::Duration;

use data_encoding::BASE64;
use futures::{StreamExt, stream};
use osier::clock::Clock;
use osier::seal::{KeyRing, Purpose};
use serde_json::{Value, json};

use super::{a_ticket, asked, new_ticket, nothing_was_written, tickets};
use crate::harness::{Answered, Client, Reply, Setup, TestApp};

/// Answers yes with this state, and expects to be told that it isn't one.
async fn refused(client: &Client, tool: &str, arguments: &Value, state: &str) -> Reply {
    let reply = client.answer(tool, arguments.clone(), state, &Answered::Yes).await;
    assert_eq!(reply.code(), Some(-32602), "{state}: {reply:?}");
    assert!(reply.text().starts_with("The requestState isn't valid"), "{state}: {reply:?}");
    reply
}

/// Every state with one byte altered, and every beginning of one.
fn altered(state: &str) -> Vec<String> {
    let bytes = state.as_bytes();
    let other = |byte: u8| if byte == b'A' { 'B' } else { 'A' };
    let replaced = (0..bytes.len()).map(|at| {
        let (before, after) = state.split_at(at);
        format!("{before}{}{}", other(bytes[at]), &after[1..])
    });
    let cut = (0..bytes.len()).map(|at| state[..at].to_owned());
    let odd = [
        format!("{state}A"),
        format!("{state}="),
        format!("{state} "),
        format!(" {state}"),
        format!("{state}\n"),
        format!("{state}{state}"),
        state.to_lowercase(),
        state.chars().rev().collect(),
        // Another spelling of the same bytes in base64 is another text all the same.
        state.replace('_', "/").replace('-', "+") + "/",
        "\u{0}".to_owned(),
        "a".repeat(1_000_000),
    ];
    replaced.chain(cut).chain(odd).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_070_a_state_that_was_altered_in_any_byte_is_refused() {
    let app = TestApp::new().await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let altered = altered(&state);
    assert!(altered.len() > 2 * state.len());
    let refusals: Vec<Reply> = stream::iter(&altered)
        .map(async |altered| refused(&ben, "create_ticket", &new_ticket(), altered).await)
        .buffer_unordered(8)
        .collect()
        .await;
    // All alike: nobody learns which part of it was wrong.
    assert!(refusals.iter().all(|reply| reply.refusal() == refusals[0].refusal()));
    nothing_was_written(&app);
    // None of that used the question up.
    let made = ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    assert_eq!(made.item()["summary"], "Tap drips");
    assert_eq!(tickets(&app), before + 1);
}

#[tokio::test]
async fn case_070_a_state_is_for_its_person_tool_and_arguments() {
    let app = TestApp::new().await;
    let (ben, ana) = (app.as_user("ben").await, app.as_user("ana").await);
    let before = tickets(&app);
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    refused(&ana, "create_ticket", &new_ticket(), &state).await;
    let ticket = a_ticket(&app);
    let comment = json!({"ticketId": ticket["id"], "text": "On it."});
    refused(&ben, "add_ticket_comment", &comment, &state).await;
    for (name, value) in [
        ("summary", json!("Tap drips.")),
        ("description", json!("In the hall. ")),
        ("priority", json!(1)),
        ("dueDate", json!("2030-01-01T00:00:00Z")),
        ("assigneeType", json!("noAssignee")),
    ] {
        let mut other = new_ticket();
        other[name] = value;
        refused(&ben, "create_ticket", &other, &state).await;
    }
    // The same ticket by its number is another argument.
    let change = |id: &str| json!({"ticketId": ticket[id], "priority": 1});
    let by_id = asked(&ben, "update_ticket", &change("id")).await;
    refused(&ben, "update_ticket", &change("sequenceNumber"), &by_id).await;
    nothing_was_written(&app);
    // The same arguments in another order are the same call.
    let arguments = r#"{"priority": 4, "description": "In the hall.", "summary": "Tap drips"}"#;
    let mut arguments: Value = serde_json::from_str(arguments).unwrap();
    arguments["siteId"] = new_ticket()["siteId"].clone();
    let made = ben.answer("create_ticket", arguments, &state, &Answered::Yes).await;
    assert_eq!(made.item()["summary"], "Tap drips", "{made:?}");
    assert_eq!(tickets(&app), before + 1);
}

#[tokio::test]
async fn case_070_a_state_opens_until_its_last_second() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    let (late, early) = (
        asked(&ben, "create_ticket", &new_ticket()).await,
        asked(&ben, "create_ticket", &new_ticket()).await,
    );
    // `confirmation.ttl` is 300 seconds.
    clock.advance(Duration::from_secs(299));
    let made = ben.answer("create_ticket", new_ticket(), &early, &Answered::Yes).await;
    assert_eq!(made.item()["summary"], "Tap drips", "{made:?}");
    clock.advance(Duration::from_secs(1));
    refused(&ben, "create_ticket", &new_ticket(), &late).await;
    // A no is too late as well, and one that was used isn't told apart from one that wasn't.
    let no = ben.answer("create_ticket", new_ticket(), &late, &Answered::No).await;
    assert_eq!(no.code(), Some(-32602));
    refused(&ben, "create_ticket", &new_ticket(), &early).await;
    assert_eq!(tickets(&app), before + 1);
}

#[tokio::test]
async fn case_070_a_state_opens_with_its_own_keys_only() {
    let app = TestApp::new().await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let stranger = app.beside(&TestApp::new_key()).await;
    refused(&stranger.as_user("ben").await, "create_ticket", &new_ticket(), &state).await;
    nothing_was_written(&app);
    // A replica, and one that has moved on to a new key and still knows the one before.
    let replica = app.beside(&app.key).await;
    let made = replica.as_user("ben").await;
    let made = made.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    assert_eq!(made.item()["summary"], "Tap drips", "{made:?}");
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let newer = app.beside_after(&app.key).await;
    let made = newer.as_user("ben").await;
    let made = made.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    assert_eq!(made.item()["summary"], "Tap drips", "{made:?}");
    assert_eq!(tickets(&app), before + 2);
}

#[tokio::test]
async fn case_070_a_value_that_was_sealed_for_something_else_is_no_state() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let first = ben.call("list_tickets", json!({"pageSize": 1})).await;
    let cursor = first.next_cursor().unwrap();
    refused(&ben, "create_ticket", &new_ticket(), cursor).await;
    let page = ben.call("list_tickets", json!({"pageSize": 1, "cursor": state})).await;
    assert_eq!(page.code(), Some(-32602), "{page:?}");
    assert!(page.text().starts_with("The cursor isn't valid"), "{page:?}");
    nothing_was_written(&app);
}

#[tokio::test]
async fn case_070_a_state_of_another_version_is_no_state() {
    let app = TestApp::new().await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let ring = KeyRing::new(&BASE64.decode(app.key.as_bytes()).unwrap(), None).unwrap();
    let open: Value = ring.open(Purpose::RequestState, &state).unwrap();
    let seal = |value: &Value| ring.seal(Purpose::RequestState, value).unwrap();
    let mut others = vec![json!(null), json!("x"), json!([]), json!({})];
    for field in open.as_object().unwrap().keys() {
        let mut less = open.clone();
        less.as_object_mut().unwrap().remove(field);
        others.push(less);
        let mut odd = open.clone();
        odd[field] = json!([1]);
        others.push(odd);
    }
    for part in ["call", "shown"] {
        let mut less = open.clone();
        less["binding"].as_object_mut().unwrap().remove(part);
        others.push(less);
    }
    for field in ["scopes", "version", "binding2"] {
        let mut more = open.clone();
        more[field] = json!(1);
        others.push(more.clone());
        more = open.clone();
        more["binding"][field] = json!("x");
        others.push(more);
    }
    // A service's own state, that would be sealed for the same call, is no confirmation of it.
    let mut service = open.clone();
    service["service"] = json!({"round": 1});
    others.push(service);
    for other in &others {
        refused(&ben, "create_ticket", &new_ticket(), &seal(other)).await;
    }
    nothing_was_written(&app);
    // Sealed anew it is the same state: it was the content that was refused.
    let made = ben.answer("create_ticket", new_ticket(), &seal(&open), &Answered::Yes).await;
    assert_eq!(made.item()["summary"], "Tap drips", "{made:?}");
    assert_eq!(tickets(&app), before + 1);
}
