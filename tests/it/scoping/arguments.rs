//! Cases 76 to 79: ids, names, arguments and answers that try to get around the scope.

use osier::demo::{Fault, SITE_3LW, SITE_60M};
use serde_json::{Value, json};

use super::ben::NOBODYS;
use super::matrix::{Cell, alike, everywhere, nothing_of, text};
use crate::harness::{TestApp, Version};

#[tokio::test]
async fn case_076_another_persons_id_in_any_spelling_is_like_a_missing_one() {
    let app = TestApp::lax().await;
    let theirs = app.around.services().tickets_of(SITE_3LW);
    let id = text(&theirs[0], "id").to_owned();
    let own = app.around.services().tickets_of(SITE_60M);
    everywhere(&app, async |cell: Cell<'_>| {
        let what = cell.name();
        let ben = cell.client("ben").await;
        let unknown = ben.call("get_ticket", json!({"ticketId": NOBODYS})).await;
        let hexed = id.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
        for spelling in [
            id.clone(),
            id.to_uppercase(),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            id.replace('-', ""),
            format!(" {id}"),
            format!("{id} "),
            hexed,
            format!("{id}/comments"),
            format!("{}/../{id}", text(&own[0], "id")),
            format!("{id}?x=1"),
            text(&theirs[0], "sequenceNumber").to_lowercase(),
            "search".to_owned(),
            "statistics".to_owned(),
        ] {
            let answered = ben.call("get_ticket", json!({"ticketId": spelling})).await;
            alike(&answered, &unknown, &format!("{what}: {spelling}"));
        }
        // In an array, beside one that is his, and where one text is wanted.
        let mixed = ben.call("list_tickets", json!({"siteIds": [SITE_60M, SITE_3LW]})).await;
        nothing_of(SITE_3LW, &mixed, &what);
        for odd in [json!([id]), json!({"id": id}), json!({"/id": id}), json!(0), Value::Null] {
            let answered = ben.call("get_ticket", json!({"ticketId": odd})).await;
            assert_eq!(answered.code(), Some(-32602), "{what}: {odd}");
            nothing_of(SITE_3LW, &answered, &what);
        }
    })
    .await;
    // Something that isn't a record at all isn't one for her who may see all, either.
    let ana = app.as_user("ana").await;
    for name in ["tree", "search"] {
        let answered = ana.call("list_tickets", json!({"locationId": name})).await;
        assert_eq!(
            answered.text(),
            "Nothing was found for 'locationId' that you may use here. Check the id, or look it up again."
        );
    }
}

#[tokio::test]
async fn case_077_a_hidden_tool_by_any_name_is_unknown_and_on_record_as_denied() {
    let app = TestApp::new().await;
    for version in Version::ALL {
        let chloe = app.speaking("chloe", version).await;
        let name = "list_tickets";
        for spelling in [
            name,
            "List_Tickets",
            "LIST_TICKETS",
            "list-tickets",
            "list_tickets ",
            " list_tickets",
            "workflowcore__list_tickets",
            "workflowcore.list_tickets",
            "workflowcore/list_tickets",
            "list_ticketѕ",
            "list_tickets\u{200b}",
            "ｌist_tickets",
            "list_tickets\0",
            "",
            "../list_tickets",
            "__proto__",
        ] {
            // A header of 2026-07-28 can't hold every name; the door then refuses earlier.
            let plain = !spelling.is_empty() && spelling.chars().all(|c| c.is_ascii_graphic());
            let called = chloe.call(spelling, json!({})).await;
            if plain || !version.is_stateless() {
                assert_eq!(called.code(), Some(-32602), "{spelling:?}: {called:?}");
                assert_eq!(called.text(), format!("Unknown tool: {spelling}"));
            } else {
                assert!(called.is_error(), "{spelling:?}");
            }
        }
    }
    assert_eq!(app.around.services().wire().count("/workflowcore"), 0);
    let records = app.audit().await;
    assert!(!records.is_empty());
    for record in &records {
        assert_eq!(record["status"], "denied", "{record}");
        let hidden = record["denyReason"] == "permission_missing";
        assert!(hidden || record["denyReason"] == "unknown_tool", "{record}");
    }
    let hidden = records.iter().filter(|record| record["denyReason"] == "permission_missing");
    assert_eq!(hidden.count(), Version::ALL.len());
}

#[tokio::test]
async fn case_078_arguments_beyond_the_schema_are_refused() {
    let app = TestApp::new().await;
    let ticket = text(&app.around.services().tickets_of(SITE_60M)[0], "id").to_owned();
    app.around.services().wire().forget();
    for version in Version::ALL {
        let ben = app.speaking("ben", version).await;
        let list = ["siteId", "scope", "filterSpecifications", "__proto__", "constructor", "Q"];
        for name in list {
            let refused = ben.call("list_tickets", json!({name: SITE_3LW})).await;
            assert_eq!(refused.code(), Some(-32602), "{version:?}: {name}");
        }
        for (tool, arguments) in [
            ("list_tickets", json!({"pageSize": "25"})),
            ("list_tickets", json!({"pageSize": 25.5})),
            ("list_tickets", json!({"pageSize": 101})),
            ("list_tickets", json!({"pageSize": -1})),
            ("list_tickets", json!({"pageSize": 1e30})),
            ("list_tickets", json!({"siteIds": SITE_60M})),
            ("list_tickets", json!({"siteIds": []})),
            ("list_tickets", json!({"siteIds": [[SITE_60M]]})),
            ("list_tickets", json!({"siteIds": null})),
            ("list_tickets", json!({"priority": "1"})),
            ("list_tickets", json!({"assignedToMe": "true"})),
            ("list_tickets", json!({"cursor": 1})),
            ("list_tickets", json!({"sort": "reporterEmail"})),
            ("get_ticket_statistics", json!({"groupBy": ["site"]})),
            ("get_ticket_statistics", json!({"groupBy": "reporterEmail"})),
            ("update_ticket", json!({"ticketId": ticket, "siteId": SITE_3LW})),
            ("update_ticket", json!({"ticketId": ticket, "priority": 1, "id": "x"})),
            ("update_ticket", json!({"ticketId": ticket})),
            (
                "create_ticket",
                json!({"siteId": SITE_60M, "summary": "xxx", "description": "x", "priority": 1, "creatorId": "x"}),
            ),
            (
                "add_ticket_comment",
                json!({"ticketId": ticket, "text": "x", "creator": {"name": "ana"}}),
            ),
        ] {
            let refused = ben.call(tool, arguments.clone()).await;
            assert_eq!(refused.code(), Some(-32602), "{version:?}: {tool} {arguments}");
            assert!(refused.text().starts_with("Invalid arguments: "), "{refused:?}");
        }
    }
    assert_eq!(app.around.services().wire().count("/workflowcore"), 0);
}

/// A ticket of the fourth site, said to be of one of ben's in every way but the right one.
fn disguised(theirs: &Value) -> Vec<Value> {
    let disguises = [
        json!({"siteId": null}),
        json!({"siteId": [SITE_60M]}),
        json!({"siteId": {"id": SITE_60M}}),
        json!({"siteId": SITE_60M.to_uppercase()}),
        json!({"siteId": format!("{SITE_60M} ")}),
        json!({"siteId": format!("{SITE_60M},{SITE_3LW}")}),
        json!({"siteId": 60}),
        json!({"siteId": SITE_3LW, "site": SITE_60M, "SiteId": SITE_60M}),
        json!({"siteId": null, "locationIds": [SITE_60M]}),
    ];
    let mut rows: Vec<Value> = disguises
        .iter()
        .map(|disguise| {
            let mut row = theirs.clone();
            for (key, value) in disguise.as_object().unwrap() {
                row[key] = value.clone();
            }
            row
        })
        .collect();
    let mut lost = theirs.clone();
    lost.as_object_mut().unwrap().shift_remove("siteId");
    rows.extend([lost, json!([theirs]), json!(theirs.to_string()), json!({"items": [theirs]})]);
    rows
}

#[tokio::test]
async fn case_079_nothing_gets_through_in_nested_or_odd_answers() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let theirs = services.tickets_of(SITE_3LW).remove(0);
    let own = services.tickets_of(SITE_60M).remove(0);
    let search = "/workflowcore/tickets/search";
    for version in Version::ALL {
        let ben = app.speaking("ben", version).await;
        let mut rows = disguised(&theirs);
        // His own row, with another's packed into fields that the row doesn't have.
        let mut stuffed = own.clone();
        for field in ["comments", "children", "$expand", "include", "customProperties"] {
            stuffed[field] = json!([theirs]);
        }
        rows.push(stuffed);
        let answer = json!({"items": rows, "after": 0, "total": rows.len(), "related": theirs});
        services.inject(search, Fault::json(&answer));
        let page = ben.call("list_tickets", json!({})).await;
        assert_eq!(page.column("id"), [text(&own, "id")], "{version:?}");
        nothing_of(SITE_3LW, &page, "a list");
        let said: Value = serde_json::from_str(&page.text()).unwrap();
        assert_eq!(&said, page.structured(), "{version:?}");
        services.wire().heal();

        // Fields of a type that they don't have: all or nothing.
        for (field, value) in [
            ("summary", json!({"text": theirs})),
            ("summary", json!([theirs["summary"]])),
            ("locationIds", json!([theirs])),
            ("priority", json!(theirs["summary"])),
        ] {
            let mut row = own.clone();
            row[field] = value;
            services.inject(search, Fault::json(&json!({"items": [row], "after": 0})));
            let page = ben.call("list_tickets", json!({})).await;
            nothing_of(SITE_3LW, &page, field);
            assert!(page.is_error() || page.items().len() == 1, "{field}: {page:?}");
            services.wire().heal();
        }
        for whole in [json!([theirs]), json!({"items": {"0": theirs}}), json!(null), theirs.clone()]
        {
            services.inject(search, Fault::json(&whole));
            let page = ben.call("list_tickets", json!({})).await;
            assert!(page.is_error(), "{version:?}: {page:?}");
            nothing_of(SITE_3LW, &page, "an odd list");
            services.wire().heal();
        }
        // One record: what came isn't what was asked for.
        let one = format!("/workflowcore/tickets/{}", text(&own, "id"));
        let unknown = ben.call("get_ticket", json!({"ticketId": NOBODYS})).await;
        for record in
            disguised(&theirs).into_iter().chain([theirs.clone(), json!({"items": [own]})])
        {
            services.inject(&one, Fault::json(&record));
            let answered = ben.call("get_ticket", json!({"ticketId": own["id"]})).await;
            alike(&answered, &unknown, "an odd record");
            services.wire().heal();
        }
        // Comments of another ticket, in the list of this one's.
        let strays = json!({"items": [
            {"id": "c1", "ticketId": theirs["id"], "text": "Velvastone"},
            {"id": "c2", "text": "Velvastone"},
            {"id": "c3", "ticketId": null, "text": "Velvastone"},
            {"id": "c4", "ticketId": own["id"], "text": "own", "replies": [{"text": "Velvastone"}]},
        ]});
        services.inject(&format!("{one}/comments"), Fault::json(&strays));
        let comments = ben.call("list_ticket_comments", json!({"ticketId": own["id"]})).await;
        assert_eq!(comments.column("id"), ["c4"]);
        nothing_of(SITE_3LW, &comments, "comments");
        services.wire().heal();
    }
}

#[tokio::test]
async fn a_location_of_one_site_on_a_row_of_another_opens_nothing() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let finn = app.as_user("finn").await;
    let ticket = services.tickets_of(SITE_3LW).remove(0);
    let id = text(&ticket, "id");
    services.edit_ticket(id, |one| one["locationIds"] = json!([osier::demo::FINN_LEVEL]));
    let unknown = finn.call("get_ticket", json!({"ticketId": NOBODYS})).await;
    alike(&finn.call("get_ticket", json!({"ticketId": id})).await, &unknown, "a stray row");
    let listed = finn.all_rows("list_tickets", json!({})).await;
    assert!(listed.iter().all(|row| row["id"] != ticket["id"]));
}
