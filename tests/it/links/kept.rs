//! What is in the store of a link: nothing that can be read, and nothing by which it can be answered.

use std::path::Path;

use osier::demo::{BEN, SITE_60M, TENANT_ID};
use serde_json::{Value, json};
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use super::{link, mute, new_ticket, person, say, writes};
use crate::harness::{TestApp, Version};

/// A server whose store is this file.
async fn on_file(file: &Path) -> TestApp {
    let app = TestApp::new().await;
    app.replica(&format!("sqlite://{}", file.display())).await
}

/// Somebody who may write to the store, and has no key.
async fn forge(file: &Path, sql: &str) {
    install_default_drivers();
    let mut forger = AnyConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
    forger.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
}

fn ticket(summary: &str) -> Value {
    let mut ticket = new_ticket();
    ticket["summary"] = json!(summary);
    ticket
}

#[tokio::test]
async fn nothing_of_a_question_can_be_read_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let app = on_file(&folder.path().join("osier.db")).await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let id = link(&ben.call("create_ticket", new_ticket()).await);
    say(&app, &id, "ben", true).await;
    assert!(!ben.call("create_ticket", new_ticket()).await.is_error());
    let mut kept = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let has = |words: &str| kept.windows(words.len()).any(|window| window == words.as_bytes());
    // To be sure that it would be seen.
    assert!(has("links") && has("answered"));
    for words in [
        &id,
        "Tap drips",
        "In the hall",
        SITE_60M,
        BEN.oid,
        BEN.email,
        TENANT_ID,
        "create_ticket",
        "Create",
        "Quillmarrow",
        "osier-test",
        "cnf_",
        "confirm\"",
        "message",
    ] {
        assert!(!has(words), "{words} is in the store");
    }
}

#[tokio::test]
async fn an_answer_cannot_be_written_into_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("osier.db");
    let app = on_file(&file).await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let answered = link(&ben.call("create_ticket", ticket("Answered with yes")).await);
    let open = link(&ben.call("create_ticket", ticket("Open")).await);
    say(&app, &answered, "ben", true).await;
    // Called answered, without an answer.
    forge(&file, "UPDATE links SET status = 'answered'").await;
    assert_eq!(link(&ben.call("create_ticket", ticket("Open")).await), open);
    // With the answer to another question.
    forge(
        &file,
        "UPDATE links SET sealed = (SELECT sealed FROM links ORDER BY length(sealed) DESC LIMIT 1)",
    )
    .await;
    assert_ne!(link(&ben.call("create_ticket", ticket("Open")).await), open);
    assert_eq!(app.pipeline.confirmations.shown(&open, &person("ben")).await.unwrap(), None);
    assert_eq!(writes(&app), 0);
    // It was indeed a yes.
    assert!(!ben.call("create_ticket", ticket("Answered with yes")).await.is_error());
}
