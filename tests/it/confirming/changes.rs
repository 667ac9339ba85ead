//! What changes between the question and the answer (case 71).

use osier::demo::{Fault, SITE_12H, SITE_60M};
use serde_json::{Value, json};

use super::{a_ticket, asked, new_ticket, nothing_was_written, without_bens_writes};
use crate::harness::{Answered, Open, TestApp, Version};

#[tokio::test]
async fn case_071_a_ticket_that_was_edited_meanwhile_is_not_overwritten() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let ticket = a_ticket(&app);
    let id = ticket["id"].as_str().unwrap();
    let change = json!({"ticketId": id, "priority": 1});
    let edits: [(&str, Value); 3] = [
        // One that is shown in the title, one on the line, one that isn't shown at all.
        ("summary", json!("Another summary")),
        ("priority", json!(2)),
        ("externalStatus", json!("sent")),
    ];
    for (field, value) in edits {
        let ben = app.as_user("ben").await;
        let state = asked(&ben, "update_ticket", &change).await;
        assert!(services.edit_ticket(id, |ticket| ticket[field] = value));
        let reply = ben.answer("update_ticket", change.clone(), &state, &Answered::Yes).await;
        assert!(reply.text().starts_with("The record changed"), "{field}: {reply:?}");
        nothing_was_written(&app);
        // The person may look again and say yes to that; the old question stays what it was.
        let reply = ben.answer("update_ticket", change.clone(), &state, &Answered::Yes).await;
        assert!(reply.text().starts_with("The record changed"), "{field}: {reply:?}");
    }
    for version in [Version::V2025_06_18, Version::V2025_11_25] {
        let ben = app.speaking("ben", version).await;
        let call = Open::call(&ben, "update_ticket", &change).await;
        assert!(services.edit_ticket(id, |ticket| ticket["notes"] = json!(version.name())));
        ben.answer_question(&call.id, &Answered::Yes).await;
        let end = call.end().await;
        assert!(end.text().starts_with("The record changed"), "{version:?}: {end:?}");
    }
    nothing_was_written(&app);
}

#[tokio::test]
async fn case_071_a_name_that_changed_behind_an_id_is_asked_about_again() {
    // The records of a creation have no entity tag: what the person read is what counts.
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let category = &app.around.services().records_of(SITE_60M).categories[0];
    let mut ticket = new_ticket();
    ticket["categoryId"] = category["id"].clone();
    let state = asked(&ben, "create_ticket", &ticket).await;
    let mut renamed = category.clone();
    renamed["name"] = json!("Something quite different");
    let path = format!("/workflowcore/ticket-categories/{}", category["id"].as_str().unwrap());
    app.around.services().inject(&path, Fault::json(&renamed));
    let reply = ben.answer("create_ticket", ticket.clone(), &state, &Answered::Yes).await;
    assert!(reply.text().starts_with("The record changed"), "{reply:?}");
    // Nor may another id hide behind the same name: it is what would be sent.
    let mut swapped = category.clone();
    swapped["id"] = json!("00000000-0000-4000-8000-000000000000");
    app.around.services().wire().heal();
    app.around.services().inject(&path, Fault::json(&swapped));
    let reply = ben.answer("create_ticket", ticket, &state, &Answered::Yes).await;
    assert!(reply.text().starts_with("The record changed"), "{reply:?}");
    nothing_was_written(&app);
}

#[tokio::test]
async fn case_071_a_permission_that_was_taken_away_meanwhile_is_gone() {
    for version in [Version::V2025_06_18, Version::V2025_11_25, Version::V2026_07_28] {
        let app = TestApp::new().await;
        let ben = app.speaking("ben", version).await;
        let unknown = ben.call("no_such_tool", json!({})).await;
        let reply = if version.is_stateless() {
            let state = asked(&ben, "create_ticket", &new_ticket()).await;
            app.around.authz().replace(&without_bens_writes()).unwrap();
            ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await
        } else {
            let call = Open::call(&ben, "create_ticket", &new_ticket()).await;
            app.around.authz().replace(&without_bens_writes()).unwrap();
            ben.answer_question(&call.id, &Answered::Yes).await;
            call.end().await
        };
        // Not even that the tool exists is said any more.
        let text = unknown.text().replace("no_such_tool", "create_ticket");
        assert_eq!((reply.code(), reply.text()), (unknown.code(), text), "{version:?}");
        nothing_was_written(&app);
        let records = app.audit().await;
        let last = records.last().unwrap();
        assert_eq!(last["status"], "denied", "{last}");
        assert_eq!(last["denyReason"], "permission_missing", "{last}");
    }
}

#[tokio::test]
async fn case_071_permissions_that_cannot_be_read_after_the_answer_are_none() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    // A snapshot from a moment ago is there, and isn't taken.
    app.around.authz().inject(Fault::answer(503, ""));
    let reply = ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    assert!(reply.text().starts_with("Your permissions can't be read"), "{reply:?}");
    nothing_was_written(&app);
    app.around.authz().heal();
    let made = ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    assert_eq!(made.item()["summary"], "Tap drips", "{made:?}");
}

#[tokio::test]
async fn case_071_a_ticket_that_left_the_scope_is_not_there_any_more() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let ticket = a_ticket(&app);
    let change = json!({"ticketId": ticket["id"], "priority": 1});
    let state = asked(&ben, "update_ticket", &change).await;
    // ben may look at tickets there, and not change them.
    assert!(app.around.services().move_ticket(ticket["id"].as_str().unwrap(), SITE_12H));
    let reply = ben.answer("update_ticket", change, &state, &Answered::Yes).await;
    assert!(reply.text().starts_with("Nothing was found for 'ticketId'"), "{reply:?}");
    nothing_was_written(&app);
}

#[tokio::test]
async fn case_071_a_change_in_the_last_moment_is_caught_by_the_entity_tag() {
    let app = TestApp::new().await;
    let (ben, services) = (app.as_user("ben").await, app.around.services());
    let ticket = a_ticket(&app);
    let etag = services.etag(ticket["id"].as_str().unwrap()).unwrap();
    let change = json!({"ticketId": ticket["id"], "priority": 1});
    let reply = ben.call_answering("update_ticket", change.clone(), Answered::Yes).await;
    assert_eq!(reply.item()["priority"], 1, "{reply:?}");
    // What goes out is the tag of the record that was shown, so that the service refuses the rest.
    assert_eq!(services.wire().writes()[0].header("if-match"), Some(etag.as_str()));
    let path = format!("/workflowcore/tickets/{}", ticket["id"].as_str().unwrap());
    services.inject(&path, Fault::answer(412, "").only(http::Method::PATCH));
    let reply = ben.call_answering("update_ticket", change, Answered::Yes).await;
    assert!(reply.text().starts_with("The record changed in workflowcore"), "{reply:?}");
}
