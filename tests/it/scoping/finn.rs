//! `finn` and his one level.

use std::collections::BTreeSet;

use osier::demo::{FINN_LEVEL, PORTFOLIO_NORTH, PORTFOLIO_SOUTH, SITE_12H, SITE_60M, SITES};
use serde_json::{Value, json};

use super::ben::NOBODYS;
use super::matrix::{Cell, alike, everywhere, ids, text};
use crate::harness::TestApp;

/// What can be answered for a part of a site.
const TOOLS: [&str; 12] = [
    "fetch",
    "get_location_tree",
    "get_my_permissions",
    "get_ticket",
    "get_ticket_attachment",
    "get_ticket_history",
    "list_ticket_attachments",
    "list_ticket_comments",
    "list_ticket_statuses",
    "list_tickets",
    "search",
    "search_locations",
];

fn on_level(ticket: &Value) -> bool {
    ticket["locationIds"].as_array().unwrap().contains(&json!(FINN_LEVEL))
}

fn on_path(node: &Value) -> bool {
    node["path"].as_array().unwrap().contains(&json!(FINN_LEVEL))
}

#[tokio::test]
async fn finn_has_the_tools_that_a_part_of_a_site_can_answer() {
    let app = TestApp::new().await;
    everywhere(&app, async |cell: Cell<'_>| {
        let finn = cell.client("finn").await;
        assert_eq!(finn.tools().await, TOOLS, "{}", cell.name());
        let unknown = finn.call("no_such_tool", json!({})).await;
        assert_eq!(unknown.text(), "Unknown tool: no_such_tool");
        for (tool, arguments) in [
            ("get_ticket_statistics", json!({"groupBy": "site"})),
            ("list_sites", json!({})),
            ("get_site", json!({"siteId": SITE_60M})),
            ("list_floors", json!({"siteId": SITE_60M})),
            ("list_ticket_categories", json!({})),
            ("list_workgroups", json!({"siteId": SITE_60M})),
            ("create_ticket", json!({"siteId": SITE_60M})),
        ] {
            let hidden = finn.call(tool, arguments).await;
            assert_eq!((hidden.status, hidden.code()), (unknown.status, unknown.code()));
            assert_eq!(hidden.text(), format!("Unknown tool: {tool}"), "{}", cell.name());
        }
    })
    .await;
}

#[tokio::test]
async fn finn_sees_the_tickets_of_his_level_and_no_others() {
    let app = TestApp::new().await;
    let all = app.around.services().tickets_of(SITE_60M);
    let (his, others): (Vec<Value>, Vec<Value>) = all.into_iter().partition(on_level);
    everywhere(&app, async |cell: Cell<'_>| {
        let name = cell.name();
        let finn = cell.client("finn").await;
        for arguments in
            [json!({}), json!({"pageSize": 1}), json!({"pageSize": 3}), json!({"siteIds": SITES})]
        {
            let rows = finn.all_rows("list_tickets", arguments).await;
            assert_eq!(ids(&rows), ids(&his), "{name}");
        }
        let elsewhere = finn.call("list_tickets", json!({"siteIds": [SITE_12H]})).await;
        assert_eq!(
            elsewhere.structured(),
            &json!({"items": [], "notFound": ["siteIds.0"]}),
            "{name}"
        );
        let here = finn.all_rows("list_tickets", json!({"locationId": FINN_LEVEL})).await;
        assert_eq!(ids(&here), ids(&his), "{name}");
        let nowhere = finn.call("list_tickets", json!({"locationId": NOBODYS})).await;
        for above in [SITE_60M, PORTFOLIO_SOUTH] {
            // He may read its name in the tree; as a place of his own it isn't there.
            let place = finn.call("list_tickets", json!({"locationId": above})).await;
            alike(&place, &nowhere, &name);
        }
        for tool in
            ["get_ticket", "list_ticket_comments", "list_ticket_attachments", "get_ticket_history"]
        {
            let unknown = finn.call(tool, json!({"ticketId": NOBODYS})).await;
            assert!(unknown.is_error(), "{name}");
            for ticket in others.iter().step_by(40) {
                for key in ["id", "sequenceNumber"] {
                    let hidden = finn.call(tool, json!({"ticketId": ticket[key]})).await;
                    alike(&hidden, &unknown, &format!("{name} through {tool}"));
                }
            }
            let own = finn.call(tool, json!({"ticketId": his[0]["id"]})).await;
            assert!(!own.is_error(), "{name}: {own:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn finn_sees_his_level_and_the_names_on_the_way_up_to_it() {
    let app = TestApp::new().await;
    let all = app.around.services().records_of(SITE_60M).locations;
    let (his, others): (Vec<Value>, Vec<Value>) = all.into_iter().partition(on_path);
    everywhere(&app, async |cell: Cell<'_>| {
        let name = cell.name();
        let finn = cell.client("finn").await;
        let found = finn.all_rows("search_locations", json!({"q": "a", "pageSize": 2})).await;
        let named: Vec<Value> = his
            .iter()
            .filter(|one| {
                format!("{}{}", text(one, "name"), text(one, "twinId")).to_lowercase().contains('a')
            })
            .cloned()
            .collect();
        assert_eq!(ids(&found), ids(&named), "{name}");

        for (root, depth, above) in [
            (None, 5, vec![PORTFOLIO_SOUTH, SITE_60M]),
            (None, 1, vec![PORTFOLIO_SOUTH, SITE_60M]),
            (Some(PORTFOLIO_SOUTH), 3, vec![PORTFOLIO_SOUTH, SITE_60M]),
            (Some(SITE_60M), 2, vec![SITE_60M]),
            (Some(SITE_60M), 1, vec![SITE_60M]),
            (Some(FINN_LEVEL), 1, vec![]),
        ] {
            let mut arguments = json!({"depth": depth});
            if let Some(root) = root {
                arguments["rootId"] = root.into();
            }
            let what = format!("{name}: {arguments}");
            let tree = finn.call("get_location_tree", arguments).await;
            let (way, own): (Vec<Value>, Vec<Value>) =
                tree.items().iter().cloned().partition(|node| node.get("path").is_none());
            assert_eq!(
                way.iter().map(|node| text(node, "id")).collect::<Vec<_>>(),
                above,
                "{what}"
            );
            for node in &way {
                let keys: BTreeSet<&str> =
                    node.as_object().unwrap().keys().map(String::as_str).collect();
                assert!(keys.is_subset(&BTreeSet::from(["id", "name", "kind", "parentId"])));
                assert!(!text(node, "name").is_empty(), "{what}");
            }
            assert!(own.iter().all(on_path), "{what}");
            let reached = match (root, depth) {
                (_, 5 | 3) | (Some(SITE_60M), 2) | (Some(FINN_LEVEL), 1) => his.len(),
                (Some(SITE_60M), 1) => 1,
                _ => 0,
            };
            assert_eq!(own.len(), reached, "{what}");
            assert!(tree.structured().get("truncated").is_none(), "{what}");
        }
        let unknown = finn.call("get_location_tree", json!({"rootId": NOBODYS})).await;
        assert!(unknown.is_error(), "{name}");
        let outside = others.iter().filter(|node| node["kind"] != "building").step_by(33);
        let outside = outside.map(|node| text(node, "id")).chain([SITE_12H, PORTFOLIO_NORTH]);
        for id in outside {
            let hidden = finn.call("get_location_tree", json!({"rootId": id})).await;
            alike(&hidden, &unknown, &name);
        }
    })
    .await;
}
