//! `chloe`, `dan`, and somebody whom the permission service doesn't know.

use http::Method;
use osier::demo::SITE_60M;
use serde_json::{Value, json};

use super::matrix::{Cell, everywhere, stranger};
use crate::harness::{Client, TestApp, Version};

/// Every tool that reads or writes tickets, with arguments that would do.
fn ticket_tools() -> Vec<(&'static str, Value)> {
    let ticket = json!({"ticketId": "60M-T-1001"});
    let site = json!({"siteId": SITE_60M});
    let comment = json!({"ticketId": "60M-T-1001", "text": "x"});
    let change = json!({"ticketId": "60M-T-1001", "priority": 1});
    let new = json!({"siteId": SITE_60M, "summary": "xxx", "description": "x", "priority": 1});
    vec![
        ("add_ticket_comment", comment),
        ("create_ticket", new),
        ("get_ticket", ticket.clone()),
        ("get_ticket_history", ticket.clone()),
        ("get_ticket_statistics", json!({"groupBy": "site"})),
        ("list_ticket_attachments", ticket.clone()),
        ("list_ticket_categories", json!({})),
        ("list_ticket_comments", ticket),
        ("list_ticket_statuses", json!({})),
        ("list_tickets", json!({})),
        ("list_workgroups", site),
        ("update_ticket", change),
    ]
}

/// Asserts that a tool answers as one that doesn't exist: status, code, words and all.
async fn is_not_there(client: &Client, tool: &str, arguments: Value, what: &str) {
    // As long as the tool's own name, so that not even the length tells.
    let absent = "x".repeat(tool.len());
    let unknown = client.call(&absent, arguments.clone()).await;
    let hidden = client.call(tool, arguments).await;
    assert_eq!(hidden.code(), Some(-32602), "{what}: {hidden:?}");
    let renamed = unknown.bare().to_string().replace(&absent, tool);
    assert_eq!(hidden.bare().to_string(), renamed, "{what}");
}

#[tokio::test]
async fn chloe_cannot_tell_a_hidden_tool_from_one_that_does_not_exist() {
    let app = TestApp::new().await;
    everywhere(&app, async |cell: Cell<'_>| {
        let chloe = cell.client("chloe").await;
        let hers = [
            "fetch",
            "get_location_tree",
            "get_my_permissions",
            "get_site",
            "get_site_summary",
            "list_floors",
            "list_sites",
            "search",
            "search_locations",
        ];
        assert_eq!(chloe.tools().await, hers, "{}", cell.name());
        app.around.services().wire().forget();
        for (tool, arguments) in ticket_tools() {
            is_not_there(&chloe, tool, arguments, &format!("{}: {tool}", cell.name())).await;
            is_not_there(&chloe, tool, json!({"wrong": 1}), tool).await;
        }
        assert_eq!(app.around.services().wire().count("/workflowcore"), 0, "{}", cell.name());
        let sites = chloe.call("list_sites", json!({})).await;
        assert_eq!(sites.items().len(), 4, "{}", cell.name());
    })
    .await;
}

#[tokio::test]
async fn dan_is_turned_away_on_every_route_in_every_version() {
    let app = TestApp::new().await;
    let token = app.token("dan");
    app.around.services().wire().forget();
    everywhere(&app, async |cell: Cell<'_>| {
        let dan = cell.client("dan").await;
        assert!(dan.session.is_none(), "{}", cell.name());
        for method in ["initialize", "tools/list", "tools/call", "prompts/list", "ping", "nonsense"]
        {
            let body = dan.envelope(method, json!({"name": "list_sites", "arguments": {}}));
            let answer = dan.post(&body, dan.headers(&body)).await;
            assert_eq!(answer.status(), 403, "{}: {method}", cell.name());
            let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
            assert!(challenge.contains("insufficient_scope"), "{challenge}");
        }
        for path in ["/mcp", "/mcp/"] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                let request = app
                    .http
                    .request(method.clone(), format!("{}{path}", app.url))
                    .bearer_auth(&token)
                    .header("accept", "application/json, text/event-stream")
                    .header("mcp-protocol-version", cell.version.name())
                    .header("mcp-session-id", "guess");
                let status = request.send().await.unwrap().status();
                assert_eq!(status, 403, "{}: {method} {path}", cell.name());
            }
        }
    })
    .await;
    assert!(app.around.services().wire().requests().is_empty());
}

#[tokio::test]
async fn whom_the_permission_service_does_not_know_has_their_own_record_alone() {
    let app = TestApp::new().await;
    let nobody = stranger("hana", "11111111-2222-4333-8444-555555555555");
    everywhere(&app, async |cell: Cell<'_>| {
        let hana = cell.client_of(&nobody).await;
        assert_eq!(hana.tools().await, ["get_my_permissions"], "{}", cell.name());
        let own = hana.call("get_my_permissions", json!({})).await;
        assert_eq!(own.item()["permissions"], json!([]), "{}", cell.name());
        assert_eq!(own.item()["id"], nobody.oid);
        for (tool, arguments) in ticket_tools() {
            is_not_there(&hana, tool, arguments, &format!("{}: {tool}", cell.name())).await;
        }
        for tool in ["list_sites", "get_site", "get_location_tree", "search_locations"] {
            is_not_there(&hana, tool, json!({}), &format!("{}: {tool}", cell.name())).await;
        }
    })
    .await;
    // What 2026-07-28 shows beside tools is behind the same rule.
    let hana = app.speaking_as(&nobody, Version::V2026_07_28).await;
    for (method, key) in [
        ("prompts/list", "prompts"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
    ] {
        let listed = hana.request(method, json!({})).await;
        assert_eq!(listed.result()[key], json!([]), "{method}");
    }
}

#[test]
fn a_hidden_tool_whose_argument_goes_in_a_header_cannot_be_loaded() {
    // The header is checked before it is known who calls, and so would tell of the tool.
    let text = |permission: &str| {
        format!(
            "name: get_region\ntitle: Region\ndescription: A region.\npermission: {permission}\n\
             effect: read\ninput: {{properties: {{region: {{type: string, x-mcp-header: Region}}}}, \
             required: [region]}}\nrequest: {{get: [ticket-statuses], query: {{region: {{arg: region}}}}}}\n\
             answer: {{items: /items, row: status, limit: 5}}\nscope: {{none: a test}}\n"
        )
    };
    let load = |permission: &str| {
        let file = ("tools/workflowcore/get_region.yaml".to_owned(), text(permission));
        osier::catalog::load(&osier::catalog::Files::built_in().and([file]))
    };
    load("{signed_in: a test}").unwrap();
    let problems = load("WillowApp.CanViewTickets").unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].text.contains("x-mcp-header"), "{problems:#?}");
}
