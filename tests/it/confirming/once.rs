//! One yes, one write: however often, however fast and wherever it is sent (case 72).

use futures::future::join_all;
use serde_json::Value;

use super::{a_ticket, asked, new_ticket, tickets};
use crate::harness::{Answered, Client, Reply, TestApp};

fn made(replies: &[Reply]) -> usize {
    replies.iter().filter(|reply| !reply.is_error()).count()
}

async fn all_at_once(clients: &[Client], arguments: &Value, state: &str) -> Vec<Reply> {
    let calls = (0..50).map(|number| {
        let client = &clients[number % clients.len()];
        client.answer("create_ticket", arguments.clone(), state, &Answered::Yes)
    });
    join_all(calls).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_072_one_yes_sent_fifty_times_at_once_makes_one_ticket() {
    let app = TestApp::new().await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let replies = all_at_once(&[ben], &new_ticket(), &state).await;
    assert_eq!(made(&replies), 1);
    for reply in replies.iter().filter(|reply| reply.is_error()) {
        assert!(reply.text().starts_with("This confirmation was already used"), "{reply:?}");
    }
    assert_eq!(tickets(&app), before + 1);
    assert_eq!(app.around.services().wire().writes().len(), 1);
    let records = app.audit().await;
    let reasons = records.iter().filter(|record| record["denyReason"] == "already_used");
    assert_eq!(reasons.count(), 49);
}

#[tokio::test]
async fn case_072_a_yes_that_is_sent_again_later_does_nothing() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let ticket = a_ticket(&app);
    let before = app.around.services().comments_of(ticket["id"].as_str().unwrap()).len();
    let comment = serde_json::json!({"ticketId": ticket["id"], "text": "On it."});
    let state = asked(&ben, "add_ticket_comment", &comment).await;
    for (round, works) in [(1, true), (2, false), (3, false)] {
        let reply = ben.answer("add_ticket_comment", comment.clone(), &state, &Answered::Yes).await;
        assert_eq!(!reply.is_error(), works, "{round}: {reply:?}");
    }
    let no = ben.answer("add_ticket_comment", comment, &state, &Answered::No).await;
    assert!(no.text().contains("already used"), "{no:?}");
    let after = app.around.services().comments_of(ticket["id"].as_str().unwrap()).len();
    assert_eq!(after, before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_072_after_a_restart_and_at_a_second_replica_it_is_still_one_ticket() {
    let app = TestApp::new().await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let first = ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    // Its memory of used confirmations is empty: the service's idempotency key is what is left.
    let restarted = app.beside(&app.key).await;
    let again = restarted.as_user("ben").await;
    let again = again.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    assert_eq!(again.item()["id"], first.item()["id"], "{again:?}");
    assert_eq!(tickets(&app), before + 1);

    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let replica = app.beside(&app.key).await;
    let clients = [ben, replica.as_user("ben").await];
    app.around.services().wire().forget();
    let replies = all_at_once(&clients, &new_ticket(), &state).await;
    assert!((1..=2).contains(&made(&replies)), "{replies:?}");
    assert_eq!(tickets(&app), before + 2);
    // Each sent it once at the most, and both under one key.
    let writes = app.around.services().wire().writes();
    let keys: Vec<_> =
        writes.iter().map(|write| write.header("idempotency-key").unwrap()).collect();
    assert!(keys.iter().all(|key| *key == keys[0] && key.len() == 36), "{keys:?}");
    assert_eq!(keys.len(), made(&replies));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_072_after_a_restart_a_store_that_keeps_knows_what_was_used() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite://{}/osier.db", folder.path().display());
    let around = TestApp::new().await;
    let before = tickets(&around);
    let app = around.replica(&store).await;
    let ben = app.as_user("ben").await;
    let (used, open) = (
        asked(&ben, "create_ticket", &new_ticket()).await,
        asked(&ben, "create_ticket", &new_ticket()).await,
    );
    assert_eq!(made(&all_at_once(&[ben], &new_ticket(), &used).await), 1);
    app.stop().await;
    let again = around.replica(&store).await;
    let writes = around.around.services().wire().writes().len();
    let clients = [again.as_user("ben").await];
    assert_eq!(made(&all_at_once(&clients, &new_ticket(), &used).await), 0);
    // Not even asked for: the key that the service would know it by isn't needed.
    assert_eq!(around.around.services().wire().writes().len(), writes);
    assert_eq!(made(&all_at_once(&clients, &new_ticket(), &open).await), 1);
    assert_eq!(tickets(&around), before + 2);
}

#[tokio::test]
async fn each_question_has_a_key_of_its_own() {
    let app = TestApp::new().await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    for _ in 0..2 {
        let made = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
        assert!(!made.is_error(), "{made:?}");
    }
    // The same arguments, twice meant: two tickets.
    assert_eq!(tickets(&app), before + 2);
    let writes = app.around.services().wire().writes();
    assert_ne!(writes[0].header("idempotency-key"), writes[1].header("idempotency-key"));
}

#[tokio::test]
async fn a_yes_that_changed_the_record_is_told_as_used_when_it_comes_again() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let arguments = serde_json::json!({"ticketId": a_ticket(&app)["id"], "notes": "Once."});
    let asked = ben.call("update_ticket", arguments.clone()).await;
    let state = asked.state().unwrap().to_owned();
    let first = ben.answer("update_ticket", arguments.clone(), &state, &Answered::Yes).await;
    assert!(!first.is_error(), "{first:?}");
    let again = ben.answer("update_ticket", arguments, &state, &Answered::Yes).await;
    assert!(again.text().starts_with("This confirmation was already used"), "{again:?}");
}
