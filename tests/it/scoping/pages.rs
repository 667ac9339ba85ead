//! Pages, cursors and counts tell nothing of rows that lie outside.

use data_encoding::BASE64URL_NOPAD;
use osier::demo::{FINN_LEVEL, Fault, SITE_3LW, SITE_60M};
use serde_json::{Value, json};

use super::matrix::{Cell, alike, everywhere, ids, text};
use crate::harness::{Client, Setup, TestApp};

const REFUSED: &str = "The cursor isn't valid here any more. Ask for the first page again.";

/// A cursor to somebody's second page.
async fn cursor_of(client: &Client, tool: &str, arguments: &Value) -> String {
    let page = client.call(tool, arguments.clone()).await;
    page.next_cursor().unwrap_or_else(|| panic!("one page only: {page:?}")).to_owned()
}

async fn is_refused(client: &Client, tool: &str, mut arguments: Value, cursor: &str, what: &str) {
    arguments["cursor"] = cursor.into();
    let refused = client.call(tool, arguments).await;
    assert_eq!(refused.refusal(), (200, Some(-32602), REFUSED.to_owned()), "{what}");
}

#[tokio::test]
async fn trap_03_a_cursor_serves_the_person_and_the_list_that_it_was_made_for() {
    let app = TestApp::new().await;
    everywhere(&app, async |cell: Cell<'_>| {
        let what = cell.name();
        let (ana, ben) = (cell.client("ana").await, cell.client("ben").await);
        let arguments = json!({"pageSize": 5});
        let anas = cursor_of(&ana, "list_tickets", &arguments).await;
        app.around.services().wire().forget();
        is_refused(&ben, "list_tickets", arguments.clone(), &anas, &what).await;
        let bens = cursor_of(&ben, "list_tickets", &arguments).await;
        app.around.services().wire().forget();
        is_refused(&ana, "list_tickets", arguments.clone(), &bens, &what).await;
        // Another filter, another page length, another tool.
        for other in [json!({"pageSize": 6}), json!({"pageSize": 5, "siteIds": [SITE_3LW]})] {
            is_refused(&ben, "list_tickets", other, &bens, &what).await;
        }
        is_refused(&ben, "list_ticket_categories", arguments.clone(), &bens, &what).await;
        assert_eq!(app.around.services().wire().count("/workflowcore"), 0, "{what}");
        let page = ben.call("list_tickets", json!({"pageSize": 5, "cursor": bens})).await;
        assert_eq!(page.items().len(), 5, "{what}");
    })
    .await;
}

#[tokio::test]
async fn case_080_a_cursor_that_was_edited_in_any_byte_is_refused() {
    let app = TestApp::lax().await;
    let ben = app.as_user("ben").await;
    let arguments = json!({"pageSize": 5});
    let cursor = cursor_of(&ben, "list_tickets", &arguments).await;
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).unwrap();
    app.around.services().wire().forget();
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1 << (at % 8);
        let altered = BASE64URL_NOPAD.encode(&altered);
        is_refused(&ben, "list_tickets", arguments.clone(), &altered, &format!("byte {at}")).await;
    }
    let longer = format!("{cursor}A");
    for odd in [&cursor[1..], &cursor[..cursor.len() - 1], &longer, "AAAA", "eyJwIjoyfQ"] {
        is_refused(&ben, "list_tickets", arguments.clone(), odd, odd).await;
    }
    assert_eq!(app.around.services().wire().count("/workflowcore"), 0);
}

#[tokio::test]
async fn case_080_no_total_count_facet_or_tag_comes_with_a_page() {
    let app = TestApp::new().await;
    let search = "/workflowcore/tickets/search";
    everywhere(&app, async |cell: Cell<'_>| {
        let ben = cell.client("ben").await;
        let ticket = &app.around.services().tickets_of(SITE_60M)[0];
        let chatty = json!({
            "items": [ticket], "before": 0, "after": 0, "total": 4711, "count": 4711,
            "@odata.count": 4711, "facets": {"site": {SITE_3LW: 4711}}, "etag": "4711",
        });
        let fault = Fault::json(&chatty).header("etag", "\"4711\"");
        app.around.services().inject(search, fault.header("x-total-count", "4711"));
        let body = ben.envelope("tools/call", json!({"name": "list_tickets", "arguments": {}}));
        let answer = ben.post(&body, ben.headers(&body)).await;
        assert!(
            answer.headers().get("etag").is_none()
                && !answer.headers().contains_key("x-total-count")
        );
        assert!(!answer.text().await.unwrap().contains("4711"), "{}", cell.name());
        app.around.services().wire().heal();
        for hidden in ["total", "comments", "customProperties", "modelId"] {
            let asked = ben.call("list_tickets", json!({"fields": [hidden]})).await;
            assert_eq!(asked.code(), Some(-32602), "{}: {hidden}", cell.name());
        }
        let asked = ben.call("list_tickets", json!({"fields": [], "pageSize": 1})).await;
        let keys: Vec<_> = asked.items()[0].as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["id", "siteId"]);
    })
    .await;
}

#[tokio::test]
async fn trap_14_a_page_tells_of_no_rows_but_those_inside() {
    let app = TestApp::lax().await;
    let all = app.around.services().tickets_of(SITE_60M);
    let inside = |one: &&Value| one["locationIds"].as_array().unwrap().contains(&json!(FINN_LEVEL));
    let his: Vec<Value> = all.iter().filter(inside).cloned().collect();
    everywhere(&app, async |cell: Cell<'_>| {
        let what = cell.name();
        let finn = cell.client("finn").await;
        // A word that only tickets of other levels hold is like one that none holds.
        let hidden = all.iter().find(|one| !inside(one)).unwrap();
        let number = json!({"q": hidden["sequenceNumber"], "pageSize": 1});
        let theirs = finn.call("list_tickets", number).await;
        let nothing = finn.call("list_tickets", json!({"q": "no such word", "pageSize": 1})).await;
        assert_eq!(theirs.structured(), &json!({"items": []}), "{what}");
        alike(&theirs, &nothing, &what);
        // Every page but the last is full, and the last one has no cursor; all cursors are of one
        // length, however many rows lie between.
        for size in [1, 2, 5] {
            let mut arguments = json!({"pageSize": size});
            let (mut rows, mut lengths) = (Vec::new(), Vec::new());
            loop {
                let page = finn.call("list_tickets", arguments.clone()).await;
                rows.extend_from_slice(page.items());
                let Some(cursor) = page.next_cursor() else { break };
                assert_eq!(page.items().len(), size, "{what}");
                lengths.push(cursor.len());
                arguments["cursor"] = cursor.into();
            }
            assert_eq!(ids(&rows), ids(&his), "{what}");
            assert_eq!(lengths.len(), (his.len() - 1) / size, "{what}");
            lengths.dedup();
            assert_eq!(lengths.len(), 1, "{what}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_of_rows_inside_before_pages_of_others_has_no_cursor() {
    let app = TestApp::lax().await;
    let all = app.around.services().tickets_of(SITE_60M);
    let (his, others): (Vec<Value>, Vec<Value>) = all
        .into_iter()
        .partition(|one| one["locationIds"].as_array().unwrap().contains(&json!(FINN_LEVEL)));
    let finn = app.as_user("finn").await;
    let search = "/workflowcore/tickets/search";
    let rest = json!({"items": others, "after": 0});
    app.around.services().inject(search, Fault::json(&rest));
    let first = json!({"items": his, "after": others.len()});
    app.around.services().inject(search, Fault::json(&first).times(1));
    let page = finn.call("list_tickets", json!({})).await;
    assert_eq!(ids(page.items()), ids(&his));
    assert_eq!(page.next_cursor(), None);
}

#[tokio::test]
async fn a_service_whose_list_never_ends_is_not_read_for_ever() {
    let app = TestApp::lax().await;
    let finn = app.as_user("finn").await;
    let others: Vec<Value> = app.around.services().tickets_of(SITE_3LW);
    let search = "/workflowcore/tickets/search";
    let endless = json!({"items": others, "after": 1_000_000});
    app.around.services().inject(search, Fault::json(&endless));
    app.around.services().wire().forget();
    let page = finn.call("list_tickets", json!({})).await;
    assert!(page.items().is_empty());
    assert!(page.next_cursor().is_some());
    assert_eq!(app.around.services().wire().count(search), 40);
    // A service that calls every page the next one.
    app.around.services().wire().heal();
    let ben = app.as_user("ben").await;
    let same = json!({"items": [], "continuationToken": "again"});
    app.around.services().inject("/sitecore/sites", Fault::json(&same));
    app.around.services().wire().forget();
    let page = ben.call("list_sites", json!({})).await;
    assert_eq!(page.structured(), &json!({"items": []}));
    assert_eq!(app.around.services().wire().count("/sitecore/sites"), 2);
}

#[tokio::test]
async fn a_long_page_ends_early_with_a_cursor_and_loses_no_row() {
    let mut setup = Setup { strict: false, ..Setup::default() };
    setup.settings.insert("OSIER_LIMITS__MAX_RESULT_CHARS".into(), "9000".into());
    let app = TestApp::with(setup).await;
    for (name, expected) in [("ben", 246), ("finn", 0)] {
        let client = app.as_user(name).await;
        let rows = client.all_rows("list_tickets", json!({"pageSize": 100})).await;
        let distinct = ids(&rows);
        assert!(distinct.len() == expected || expected == 0 && distinct.len() > 3, "{name}");
        assert!(rows.iter().all(|row| text(row, "siteId") != SITE_3LW));
    }
}

#[tokio::test]
async fn a_cursor_ends_with_the_scope_that_it_was_made_in() {
    let clock = osier::clock::Clock::manual();
    let setup = Setup { strict: false, clock: clock.clone(), ..Setup::default() };
    let app = TestApp::with(setup).await;
    let ben = app.as_user("ben").await;
    let arguments = json!({"pageSize": 5});
    let cursor = cursor_of(&ben, "list_tickets", &arguments).await;
    let fewer = osier::demo::ASSIGNMENTS.replacen(
        &format!("- {{group: facilities, role: building-viewer, at: {{site: {SITE_60M}}}}}"),
        "# gone",
        1,
    );
    assert_ne!(fewer, osier::demo::ASSIGNMENTS);
    app.around.authz().replace(&fewer).unwrap();
    clock.advance(std::time::Duration::from_secs(61));
    is_refused(&ben, "list_tickets", arguments.clone(), &cursor, "a scope that was lost").await;
    let cursor = cursor_of(&ben, "list_tickets", &arguments).await;
    clock.advance(std::time::Duration::from_hours(1));
    ben.call("list_sites", json!({})).await;
    is_refused(&ben, "list_tickets", arguments, &cursor, "an hour later").await;
}
