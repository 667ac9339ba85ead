//! What changes between the question and the call that is made again (case 71).

use osier::confirm::LinkAnswer;
use osier::demo::Fault;
use serde_json::json;

use super::{a_ticket, link, mute, new_ticket, person, say, writes};
use crate::harness::{TestApp, Version};

#[tokio::test]
async fn case_071_a_yes_by_link_is_for_its_arguments() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let id = link(&ben.call("create_ticket", new_ticket()).await);
    say(&app, &id, "ben", true).await;
    for (field, value) in [
        ("summary", json!("Tap drips!")),
        ("priority", json!(1)),
        ("dueDate", json!("2031-02-03T04:05:06Z")),
    ] {
        let mut other = new_ticket();
        other[field] = value;
        assert_ne!(link(&ben.call("create_ticket", other).await), id, "{field}");
    }
    assert_eq!(writes(&app), 0);
    // The order of the arguments is none of the question's.
    let turned: serde_json::Map<_, _> =
        new_ticket().as_object().unwrap().clone().into_iter().rev().collect();
    assert!(!ben.call("create_ticket", turned.into()).await.is_error());
}

#[tokio::test]
async fn case_071_a_record_that_changed_after_the_yes_by_link_is_not_overwritten() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let id = a_ticket(&app)["id"].as_str().unwrap().to_owned();
    let change = json!({"ticketId": id, "priority": 1});
    for (field, value) in [("summary", json!("Another")), ("externalStatus", json!("sent"))] {
        let asked = link(&ben.call("update_ticket", change.clone()).await);
        say(&app, &asked, "ben", true).await;
        assert!(services.edit_ticket(&id, |ticket| ticket[field] = value));
        let reply = ben.call("update_ticket", change.clone()).await;
        assert!(reply.text().starts_with("The record changed"), "{field}: {reply:?}");
        // It is told once, and the question then is about the record as it is now.
        let anew = ben.call("update_ticket", change.clone()).await;
        assert_ne!(link(&anew), asked, "{field}");
    }
    assert_eq!(writes(&app), 0);
    let asked = link(&ben.call("update_ticket", change.clone()).await);
    say(&app, &asked, "ben", true).await;
    assert_eq!(ben.call("update_ticket", change.clone()).await.item()["priority"], 1);
    // The yes itself changed the record: that is no reason to say that nothing was written.
    let again = ben.call("update_ticket", change).await;
    assert!(again.text().starts_with("This confirmation was already used"), "{again:?}");
}

#[tokio::test]
async fn case_071_a_question_that_became_another_one_has_another_link() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let id = a_ticket(&app)["id"].as_str().unwrap().to_owned();
    let change = json!({"ticketId": id, "priority": 1});
    let before = link(&ben.call("update_ticket", change.clone()).await);
    app.around.services().edit_ticket(&id, |ticket| ticket["summary"] = json!("Another"));
    let reply = ben.call("update_ticket", change.clone()).await;
    let after = link(&reply);
    assert_ne!(after, before);
    assert!(reply.text().contains("Another"), "{reply:?}");
    // The question that nobody would carry out any more is gone.
    assert_eq!(say(&app, &before, "ben", true).await, LinkAnswer::Unknown);
    assert!(app.pipeline.confirmations.shown(&after, &person("ben")).await.unwrap().is_some());
}

#[tokio::test]
async fn case_071_a_permission_that_was_taken_away_after_the_yes_by_link_is_gone() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let unknown = ben.call("no_such_tool", json!({})).await.text();
    let id = link(&ben.call("create_ticket", new_ticket()).await);
    say(&app, &id, "ben", true).await;
    // At once: the snapshot that the question was asked with isn't taken for the answer.
    let left =
        osier::demo::ASSIGNMENTS.lines().filter(|line| !line.contains("role: ticket-worker"));
    app.around.authz().replace(&left.collect::<Vec<_>>().join("\n")).unwrap();
    let reply = ben.call("create_ticket", new_ticket()).await;
    assert_eq!(reply.text(), unknown.replace("no_such_tool", "create_ticket"), "{reply:?}");
    app.around.authz().replace(osier::demo::ASSIGNMENTS).unwrap();
    app.around.authz().inject(Fault::answer(503, ""));
    let reply = ben.call("create_ticket", new_ticket()).await;
    assert!(reply.text().starts_with("Your permissions can't be read"), "{reply:?}");
    assert_eq!(writes(&app), 0);
    app.around.authz().heal();
    assert!(!ben.call("create_ticket", new_ticket()).await.is_error());
}
