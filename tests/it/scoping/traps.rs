//! The traps of the services (the rest of them): statuses, tickets without a site, busy services
//! and a tree that bites its tail.

use std::path::Path;
use std::time::{Duration, Instant};

use osier::demo::{Fault, SITE_3LW, SITE_60M, SITES, TICKET_WITHOUT_SITE};
use regex::Regex;
use serde_json::{Value, json};

use super::ben::NOBODYS;
use super::matrix::{Cell, alike, everywhere, ids, stranger, text};
use crate::harness::{Answered, Setup, TestApp, Version};

#[tokio::test]
async fn trap_07_statuses_are_those_of_this_customer() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let ben = app.as_user("ben").await;
    let served = services.statuses();
    let listed = ben.call("list_ticket_statuses", json!({})).await;
    assert_eq!(ids(listed.items()), ids(&served));
    // Another customer's, with other ids for the same words.
    let others: Vec<Value> = served
        .iter()
        .enumerate()
        .map(|(index, status)| {
            let mut status = status.clone();
            status["id"] = format!("aaaaaaaa-0000-4000-8000-{index:012}").into();
            status
        })
        .collect();
    services.inject("/workflowcore/ticket-statuses", Fault::json(&json!({"items": others})));
    let listed = ben.call("list_ticket_statuses", json!({})).await;
    assert_eq!(ids(listed.items()), ids(&others));
    let change = |status: &Value| json!({"ticketId": "60M-T-1001", "statusId": status["id"]});
    let asked = ben.call("update_ticket", change(&others[1])).await;
    assert!(asked.question().contains(text(&others[1], "status")), "{asked:?}");
    let old = ben.call("update_ticket", change(&served[1])).await;
    let unknown = ben.call("update_ticket", change(&json!({"id": NOBODYS}))).await;
    alike(&old, &unknown, "a status of another customer");
    assert!(old.is_error());
}

fn read_all(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        // The settings know ids of Microsoft's own: of clouds, and of the tenant of private persons.
        if path.is_dir() && !name.ends_with("demo") && !name.ends_with("src/config") {
            read_all(&path, found);
        } else if path.is_file() && !name.ends_with("tests.rs") && !name.ends_with("demo.rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            found.push((name, code));
        }
    }
}

#[test]
fn trap_07_no_definition_and_no_code_holds_an_id_of_a_customer() {
    let guid = Regex::new("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-").unwrap();
    let mut files = Vec::new();
    for folder in ["src", "tools"] {
        read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    assert!(files.len() > 100);
    // Microsoft Graph's, the same in every tenant: `doctor` says what a token for it is.
    let graph = "00000003-0000-0000-c000-000000000000";
    let held = |text: &String| guid.is_match(&text.replace(graph, ""));
    let holding: Vec<_> = files.iter().filter(|(_, text)| held(text)).collect();
    assert!(holding.is_empty(), "{:?}", holding.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[tokio::test]
async fn trap_12_a_ticket_without_a_site_is_there_for_one_who_may_everywhere() {
    let app = TestApp::new().await;
    // Somebody who holds every site that there is, but doesn't hold 'everywhere'.
    let all_four = stranger("ida", "33333333-4444-4555-8666-777777777777");
    let held = SITES.map(|site| {
        format!("  - {{user: {}, role: viewer, at: {{site: {site}}}}}\n", all_four.oid)
    });
    let held = held.concat();
    let text_of = format!(
        "{}\n",
        osier::demo::ASSIGNMENTS
            .replace(
                "users:\n",
                &format!(
                    "  viewer:\n    - WillowApp.CanViewTickets\n\nusers:\n  - {{id: {}}}\n",
                    all_four.oid
                )
            )
            .trim_end()
    );
    app.around.authz().replace(&format!("{text_of}{held}")).unwrap();
    let without = app.around.services().ticket(TICKET_WITHOUT_SITE).unwrap();
    everywhere(&app, async |cell: Cell<'_>| {
        let what = cell.name();
        let ana = cell.client("ana").await;
        let found = ana.call("list_tickets", json!({"q": TICKET_WITHOUT_SITE})).await;
        assert_eq!(found.column("id"), [text(&without, "id")], "{what}");
        assert!(found.items()[0].get("siteId").is_none(), "{what}");
        for key in ["id", "sequenceNumber"] {
            let one = ana.call("get_ticket", json!({"ticketId": without[key]})).await;
            assert_eq!(one.item()["id"], without["id"], "{what}");
        }
        let all = app.around.services().tickets().len();
        if cell.version == Version::V2026_07_28 {
            let listed = ana.all_rows("list_tickets", json!({"pageSize": 100})).await;
            assert_eq!(listed.len(), all, "{what}");
            let narrowed = json!({"siteIds": SITES, "pageSize": 100});
            let listed = ana.all_rows("list_tickets", narrowed).await;
            assert_eq!(listed.len(), all - 1, "{what}");
        }

        for client in
            [cell.client("ben").await, cell.client("finn").await, cell.client_of(&all_four).await]
        {
            let found = client.call("list_tickets", json!({"q": TICKET_WITHOUT_SITE})).await;
            assert_eq!(found.structured(), &json!({"items": []}), "{what}");
            let unknown = client.call("get_ticket", json!({"ticketId": NOBODYS})).await;
            for key in ["id", "sequenceNumber"] {
                let hidden = client.call("get_ticket", json!({"ticketId": without[key]})).await;
                alike(&hidden, &unknown, &what);
            }
        }
        let ida = cell.client_of(&all_four).await;
        let counted = ida.call("get_ticket_statistics", json!({"groupBy": "site"})).await;
        assert_eq!(counted.structured()["total"], all - 1, "{what}");
    })
    .await;
}

#[tokio::test]
async fn trap_15_a_busy_service_is_told_with_its_wait_and_asked_once() {
    // `resilience::retries` has what is tried again.
    let key = |name: &str| format!("OSIER_BACKENDS__WORKFLOWCORE__{name}");
    let never = ["RETRIES", "FAILURES_TO_OPEN"].map(|name| (key(name), "0".to_owned()));
    let app = TestApp::with(Setup { settings: never.into(), ..Setup::default() }).await;
    let services = app.around.services();
    let soon = httpdate::fmt_http_date(app.clock.now() + Duration::from_secs(100));
    let gone = httpdate::fmt_http_date(app.clock.now() - Duration::from_secs(100));
    for (index, (status, header, words)) in [
        (429, Some("7"), "workflowcore is busy. Try again in 7 seconds."),
        (503, Some("1"), "workflowcore is busy. Try again in 1 second."),
        (503, Some("0"), "workflowcore is busy. Try again in 1 second."),
        (429, Some(&*soon), "seconds."),
        (429, Some(&*gone), "workflowcore is busy. Try again in 1 second."),
        (429, Some("99999999"), "workflowcore is busy. Try again in 3600 seconds."),
        (429, Some("soon"), "workflowcore is busy. Try again in a little while."),
        (503, Some("-1"), "workflowcore is busy. Try again in a little while."),
        (503, None, "workflowcore is busy. Try again in a little while."),
    ]
    .into_iter()
    .enumerate()
    {
        let version = [Version::V2025_06_18, Version::V2025_11_25, Version::V2026_07_28][index % 3];
        let ben = app.speaking("ben", version).await;
        let mut fault = Fault::answer(status, "{}");
        if let Some(value) = header {
            fault = fault.header("retry-after", value);
        }
        services.inject("/workflowcore/tickets", fault.clone());
        let what = format!("{status} {header:?}");
        let new = json!({"siteId": SITE_60M, "summary": "Lamp", "description": "x", "priority": 3});
        for (tool, arguments) in [("list_tickets", json!({})), ("create_ticket", new)] {
            services.wire().forget();
            let started = Instant::now();
            let told = ben.call_answering(tool, arguments, Answered::Yes).await;
            assert!(told.is_error() && told.text().ends_with(words), "{what}: {}", told.text());
            assert!(started.elapsed() < Duration::from_secs(3), "{what}: it waited");
            assert_eq!(services.wire().count("/workflowcore"), 1, "{what}: {tool}");
        }
        services.wire().heal();
    }
    assert_eq!(services.tickets_of(SITE_60M).len(), 96);
}

#[tokio::test]
async fn trap_20_a_tree_that_bites_its_tail_is_answered_at_once() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let [one, other] = services.add_location_cycle();
    // Somebody whose only place is part of the loop.
    let looped = stranger("jon", "44444444-5555-4666-8777-888888888888");
    let assignments = osier::demo::ASSIGNMENTS
        .replace("users:\n", &format!("users:\n  - {{id: {}}}\n", looped.oid));
    let assignments = format!(
        "{assignments}\n  - {{user: {}, role: level-viewer, at: {{location: {one}, site: {SITE_3LW}}}}}\n",
        looped.oid
    );
    app.around.authz().replace(&assignments).unwrap();
    everywhere(&app, async |cell: Cell<'_>| {
        let what = cell.name();
        let started = Instant::now();
        let ana = cell.client("ana").await;
        let jon = cell.client_of(&looped).await;
        for client in [&ana, &jon] {
            let tree = client.call("get_location_tree", json!({"rootId": one, "depth": 5})).await;
            assert_eq!(ids(tree.items()), [one.clone(), other.clone()].into(), "{what}");
            let top = client.call("get_location_tree", json!({"depth": 2})).await;
            assert!(!top.is_error(), "{what}");
            let listed = client.call("list_tickets", json!({"locationId": other})).await;
            assert_eq!(listed.structured(), &json!({"items": []}), "{what}");
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{what}");
        let ben = cell.client("ben").await;
        let hidden = ben.call("get_location_tree", json!({"rootId": one})).await;
        let unknown = ben.call("get_location_tree", json!({"rootId": NOBODYS})).await;
        alike(&hidden, &unknown, &what);
    })
    .await;
    // A service that doesn't notice the loop, and goes round it.
    let ana = app.as_user("ana").await;
    let node =
        |id: &String| json!({"id": id, "name": "round", "siteId": SITE_3LW, "path": [one, other]});
    let round: Vec<Value> = [&one, &other].into_iter().cycle().take(5_000).map(node).collect();
    services.inject("/sitecore/locations/tree", Fault::json(&json!({"items": round})));
    let started = Instant::now();
    let tree = ana.call("get_location_tree", json!({"depth": 5})).await;
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(tree.structured()["truncated"], true);
    assert!(tree.message.to_string().len() < 90_000);
}
