//! Case 22: the protocol version decides how things are said, never what is allowed.

use osier::clock::Clock;
use osier::demo::{SITE_3LW, SITE_12H, SITE_60M, SITES};
use serde_json::{Value, json};

use super::matrix::stranger;
use crate::harness::{Setup, TestApp, Version};
use crate::sixty::AREAS;

/// For each tool, arguments that name something of a site.
fn arguments(app: &TestApp, tool: &str, site: &str, ticket: &Value) -> Value {
    match tool {
        "get_my_permissions" | "list_ticket_statuses" => json!({}),
        "get_location_tree" => json!({"rootId": site}),
        "search_locations" => json!({"q": "level", "siteIds": [site]}),
        "get_ticket_statistics" => json!({"groupBy": "site", "siteIds": [site]}),
        "list_sites" | "list_tickets" => json!({"siteIds": [site]}),
        "get_site" | "list_floors" | "list_workgroups" | "list_ticket_categories" => {
            json!({"siteId": site})
        }
        "create_ticket" => {
            json!({"siteId": site, "summary": "Lamp", "description": "x", "priority": 1})
        }
        "update_ticket" => json!({"ticketId": ticket, "priority": 1}),
        "add_ticket_comment" => json!({"ticketId": ticket, "text": "x"}),
        _ => {
            let at = SITES.iter().position(|one| *one == site).unwrap();
            AREAS.iter().find_map(|area| (area.arguments)(app, tool, at)).unwrap()
        }
    }
}

#[tokio::test]
async fn case_022_each_version_comes_to_the_same_decision_for_every_tool() {
    // Arguments may be times: they are the same in each version.
    let setup = Setup { strict: false, clock: Clock::manual(), ..Setup::default() };
    let app = TestApp::with(setup).await;
    let nobody = stranger("hana", "11111111-2222-4333-8444-555555555555");
    let tools: Vec<String> =
        app.pipeline.catalog().tools().map(|tool| tool.id.name.clone()).collect();
    assert_eq!(tools.len(), 60);
    let of = |site| (site, app.around.services().tickets_of(site)[0]["id"].clone());
    let mut calls: Vec<(&String, Value)> = Vec::new();
    for (site, ticket) in [SITE_60M, SITE_12H, SITE_3LW].map(of) {
        for tool in &tools {
            let call = (tool, arguments(&app, tool, site, &ticket));
            // Some name no site.
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
    }
    for person in ["ana", "ben", "chloe", "finn", "hana"] {
        let mut decisions: Vec<Value> = Vec::new();
        for version in Version::ALL {
            let client = match person {
                "hana" => app.speaking_as(&nobody, version).await,
                _ => app.speaking(person, version).await,
            };
            let before = app.audit().await.len();
            for (tool, arguments) in &calls {
                client.call(tool, arguments.clone()).await;
            }
            // What the audit tells is what was decided. An old client that can't be asked is
            // refused after that, at the door.
            let told: Vec<Value> = app.audit().await[before..]
                .iter()
                .filter(|record| record["confirmation"]["answered"].is_null())
                .filter(|record| record["partOf"].is_null())
                .map(|record| {
                    json!([
                        record["tool"],
                        record["status"],
                        record["stage"],
                        record["denyReason"],
                        record["argsHash"]
                    ])
                })
                .collect();
            assert_eq!(told.len(), calls.len(), "{person} in {version:?}");
            let listed = client.tools().await;
            decisions.push(json!({"listed": listed, "told": told}));
        }
        for other in &decisions[1..] {
            assert_eq!(other["listed"], decisions[0]["listed"], "{person}");
            let (told, first) = (other["told"].as_array().unwrap(), &decisions[0]["told"]);
            for (told, first) in told.iter().zip(first.as_array().unwrap()) {
                assert_eq!(told, first, "{person}");
            }
        }
    }
    assert!(app.around.services().wire().writes().is_empty());
}

#[tokio::test]
async fn case_022_a_version_that_is_not_served_is_refused_before_any_decision() {
    let app = TestApp::new().await;
    for version in ["2024-11-05", "2025-03-27", "2026-07-29", "1.0", "", "2026-07-28, 2025-03-26"] {
        let mut ben = app.as_user("ben").await;
        ben.session = None;
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "list_tickets", "arguments": {},
            "_meta": {"io.modelcontextprotocol/protocolVersion": version}}});
        let answer = app
            .http
            .post(format!("{}/mcp", app.url))
            .bearer_auth(&ben.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", version)
            .header("mcp-method", "tools/call")
            .header("mcp-name", "list_tickets")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 400, "{version}");
    }
    assert!(app.around.services().wire().requests().is_empty());
}
