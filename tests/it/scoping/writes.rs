//! Writes that aim outside of their scope send nothing.

use osier::demo::{BEN, Fault, Person, SITE_3LW, SITE_12H, SITE_60M};
use serde_json::{Value, json};

use super::ben::NOBODYS;
use super::matrix::{Cell, alike, everywhere, nothing_of, stranger};
use crate::harness::{Answered, Client, TestApp, Version};

fn new_ticket(site: &str) -> Value {
    json!({"siteId": site, "summary": "Lamp broken", "description": "In the hall.", "priority": 3})
}

fn with(mut arguments: Value, name: &str, value: &Value) -> Value {
    arguments[name] = value.clone();
    arguments
}

/// Asserts that a write, answered with yes where it is asked, is refused like the same write with
/// an id that nothing has, and that nothing was sent.
async fn sends_nothing(
    cell: &Cell<'_>,
    client: &Client,
    tool: &str,
    arguments: &Value,
    argument: &str,
) {
    let what = format!("{}: {tool} {arguments}", cell.name());
    let refused = client.call_answering(tool, arguments.clone(), Answered::Yes).await;
    assert!(refused.is_error() && refused.before.is_empty(), "{what}: {refused:?}");
    let unknown = with(arguments.clone(), argument, &NOBODYS.into());
    let unknown = client.call_answering(tool, unknown, Answered::Yes).await;
    alike(&refused, &unknown, &what);
    let writes = cell.app.around.services().wire().writes();
    assert!(writes.is_empty(), "{what} sent {writes:?}");
}

#[tokio::test]
async fn a_write_aimed_outside_of_bens_scope_sends_nothing() {
    let app = TestApp::new().await;
    let services = app.around.services();
    everywhere(&app, async |cell: Cell<'_>| {
        let ben = cell.client("ben").await;
        for site in [SITE_3LW, SITE_12H] {
            let theirs = services.records_of(site);
            sends_nothing(&cell, &ben, "create_ticket", &new_ticket(site), "siteId").await;
            let parts = [
                ("locationId", &theirs.locations[0]),
                ("locationId", &theirs.locations[5]),
                ("categoryId", &theirs.categories[0]),
                ("assigneeId", &theirs.workgroups[0]),
            ];
            for (argument, record) in parts {
                let new = with(new_ticket(SITE_60M), argument, &record["id"]);
                sends_nothing(&cell, &ben, "create_ticket", &new, argument).await;
            }
            for (argument, record) in &parts[2..] {
                let change = json!({"ticketId": "60M-T-1001", *argument: record["id"]});
                sends_nothing(&cell, &ben, "update_ticket", &change, argument).await;
            }
            let ticket = &services.tickets_of(site)[0];
            for key in ["id", "sequenceNumber"] {
                let change = json!({"ticketId": ticket[key], "priority": 1});
                sends_nothing(&cell, &ben, "update_ticket", &change, "ticketId").await;
                let comment = json!({"ticketId": ticket[key], "text": "x"});
                sends_nothing(&cell, &ben, "add_ticket_comment", &comment, "ticketId").await;
            }
        }
        sends_nothing(
            &cell,
            &ben,
            "update_ticket",
            &json!({"ticketId": "60M-T-1001", "statusId": "Closed"}),
            "statusId",
        )
        .await;
    })
    .await;
}

/// Works on tickets at two sites.
fn both_sites() -> (Person, String) {
    let gil = stranger("gil", "22222222-3333-4444-8555-666666666666");
    let at =
        |site: &str| format!("  - {{user: {}, role: worker, at: {{site: {site}}}}}\n", gil.oid);
    let text = format!(
        "roles:\n  worker: [WillowApp.CanViewTickets, WillowApp.CanCreateTickets, \
         WillowApp.CanEditTickets]\nusers:\n  - {{id: {}}}\n  - {{id: {}}}\nassignments:\n{}{}",
        gil.oid,
        BEN.oid,
        at(SITE_60M),
        at(SITE_12H),
    );
    (gil, text)
}

#[tokio::test]
async fn what_a_write_names_must_be_of_the_site_that_it_writes_to() {
    let app = TestApp::new().await;
    let (person, assignments) = both_sites();
    app.around.authz().replace(&assignments).unwrap();
    let services = app.around.services();
    everywhere(&app, async |cell: Cell<'_>| {
        let gil = cell.client_of(&person).await;
        let other = services.records_of(SITE_12H);
        for (argument, record) in [
            ("locationId", &other.locations[3]),
            ("categoryId", &other.categories[0]),
            ("assigneeId", &other.workgroups[0]),
        ] {
            let new = with(new_ticket(SITE_60M), argument, &record["id"]);
            sends_nothing(&cell, &gil, "create_ticket", &new, argument).await;
            if argument != "locationId" {
                let change = json!({"ticketId": "60M-T-1001", argument: record["id"]});
                sends_nothing(&cell, &gil, "update_ticket", &change, argument).await;
            }
        }
    })
    .await;
    // The same, had it been of the site: that it was the site which was wrong is so shown.
    let gil = app.speaking_as(&person, Version::V2026_07_28).await;
    let own = &services.records_of(SITE_60M).categories[0];
    let new = with(new_ticket(SITE_60M), "categoryId", &own["id"]);
    let made = gil.call_answering("create_ticket", new, Answered::Yes).await;
    assert_eq!(made.item()["categoryId"], own["id"]);
}

#[tokio::test]
async fn trap_04_a_ticket_that_moves_between_question_and_answer_is_not_written() {
    let app = TestApp::new().await;
    let services = app.around.services();
    for strict in [true, false] {
        services.set_strict(strict);
        for (tool, arguments) in [
            ("update_ticket", json!({"priority": 1})),
            ("add_ticket_comment", json!({"text": "Seen to."})),
        ] {
            for away in [SITE_3LW, SITE_12H] {
                let ben = app.as_user("ben").await;
                let mut tickets = services.tickets_of(SITE_60M);
                let ticket = tickets.pop().unwrap();
                let id = ticket["id"].as_str().unwrap();
                let arguments = with(arguments.clone(), "ticketId", &ticket["id"]);
                let asked = ben.call(tool, arguments.clone()).await;
                let state = asked.state().unwrap();
                services.wire().forget();
                assert!(services.move_ticket(id, away));
                let answered = ben.answer(tool, arguments.clone(), state, &Answered::Yes).await;
                let unknown = ben.call(tool, with(arguments, "ticketId", &NOBODYS.into())).await;
                alike(&answered, &unknown, tool);
                assert!(services.wire().writes().is_empty(), "{tool}");
            }
        }
    }
}

#[tokio::test]
async fn a_write_whose_answer_lies_outside_is_told_as_of_unknown_end() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let theirs = services.tickets_of(SITE_3LW).remove(0);
    let ben = app.as_user("ben").await;
    for (tool, arguments, path) in [
        ("create_ticket", new_ticket(SITE_60M), "/workflowcore/tickets".to_owned()),
        (
            "update_ticket",
            json!({"ticketId": "60M-T-1001", "priority": 1}),
            format!(
                "/workflowcore/tickets/{}",
                services.ticket("60M-T-1001").unwrap()["id"].as_str().unwrap()
            ),
        ),
    ] {
        let method = if tool == "create_ticket" { http::Method::POST } else { http::Method::PATCH };
        services.inject(&path, Fault::json(&theirs).only(method).exactly());
        let answered = ben.call_answering(tool, arguments, Answered::Yes).await;
        assert!(answered.text().starts_with("The change was sent to workflowcore"), "{answered:?}");
        nothing_of(SITE_3LW, &answered, tool);
        services.wire().heal();
    }
}
