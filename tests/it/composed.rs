//! A composed tool: its parts are calls of their own, as the same person, each with its own permission,
//! scope and record.

use osier::demo::{SITE_3LW, SITE_60M};
use serde_json::json;

use super::harness::{Setup, TestApp};

const DEFINITION: &str = r#"
name: describe_site
title: Describe site
description: A site with its floors and, for those who may see them, the counts of its tickets.
permission: WillowApp.CanViewLocations
effect: read
input:
  properties:
    siteId: {type: string, minLength: 1, maxLength: 128, description: "The site's id."}
  required: [siteId]
request:
  compose:
    - {as: site, tool: get_site, with: {siteId: {arg: siteId}}}
    - {as: floors, tool: list_floors, with: {siteId: {arg: siteId}, pageSize: 100}}
    - as: tickets
      tool: get_ticket_statistics
      with: {groupBy: status, siteIds: [{arg: siteId}]}
      if_permitted: true
answer: {parts: true}
scope: {none: each part is a call of its own}
"#;

async fn app() -> TestApp {
    let files = vec![("tools/sitecore/describe_site.yaml".to_owned(), DEFINITION.to_owned())];
    TestApp::with(Setup { strict: false, files, ..Setup::default() }).await
}

#[tokio::test]
async fn parts_are_put_together_and_left_out_by_permission() {
    let app = app().await;
    let (ben, chloe) = (app.as_user("ben").await, app.as_user("chloe").await);
    let whole = ben.call("describe_site", json!({"siteId": SITE_60M})).await;
    let whole = whole.structured();
    assert_eq!(whole["site"]["item"]["id"], SITE_60M);
    assert!(!whole["floors"]["items"].as_array().unwrap().is_empty());
    let tickets = app.around.services().tickets_of(SITE_60M).len();
    assert_eq!(whole["tickets"]["total"], tickets);
    // chloe views locations alone.
    let whole = chloe.call("describe_site", json!({"siteId": SITE_60M})).await;
    assert!(whole.structured().get("tickets").is_none());

    let parts: Vec<_> = app.audit().await.iter().map(|one| one["tool"].clone()).collect();
    assert_eq!(parts.iter().filter(|tool| *tool == "get_site").count(), 2);
    assert_eq!(parts.iter().filter(|tool| *tool == "get_ticket_statistics").count(), 2);
    let denied = app.audit().await.into_iter().find(|one| one["status"] == "denied").unwrap();
    assert_eq!(denied["tool"], "get_ticket_statistics");
}

#[tokio::test]
async fn a_composed_tool_is_no_way_around_its_parts() {
    let app = app().await;
    // finn holds less than a site, which get_site can't judge: the whole is hidden from him.
    let finn = app.as_user("finn").await;
    assert!(!finn.tools().await.contains(&"describe_site".to_owned()));
    let hidden = finn.call("describe_site", json!({"siteId": SITE_60M})).await;
    assert_eq!(hidden.text(), "Unknown tool: describe_site");
    // A site that isn't ben's is as unknown as through the part itself.
    let ben = app.as_user("ben").await;
    let whole = ben.call("describe_site", json!({"siteId": SITE_3LW})).await;
    let part = ben.call("get_site", json!({"siteId": SITE_3LW})).await;
    assert_eq!(whole.refusal(), part.refusal());
}
