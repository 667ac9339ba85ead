//! A composed tool: its parts are calls of their own, as the same person, each with its own permission,
//! scope and record.

use std::collections::BTreeSet;

use osier::demo::{Fault, SITE_3LW, SITE_60M, canary};
use serde_json::{Value, json};

use super::harness::{Reply, Setup, TestApp};

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

/// The ids that a search gives.
fn ids(reply: &Reply) -> Vec<String> {
    let results = reply.structured()["results"].as_array().unwrap();
    results.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn search_and_fetch_have_the_shapes_that_chatgpt_asks_for() {
    let settings = [("OSIER_TOOLS__APP_URL".to_owned(), "https://app.example.com/b".to_owned())];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    let ana = app.as_user("ana").await;
    let ticket = app.around.services().tickets_of(SITE_60M).remove(0);
    let number = ticket["sequenceNumber"].as_str().unwrap();
    let found = ana.call("search", json!({"query": number})).await;
    let id = format!("ticket:{}", ticket["id"].as_str().unwrap());
    let result = &found.structured()["results"][0];
    assert_eq!(result["id"], id);
    let title = format!("{number} · {}", ticket["summary"].as_str().unwrap());
    assert_eq!(result["title"], title);
    let url = format!("https://app.example.com/b/tickets/{}", ticket["id"].as_str().unwrap());
    assert_eq!(result["url"], url);
    // One text item with the same JSON.
    let content = found.result()["content"].as_array().unwrap();
    assert_eq!(content.len(), 1);
    let said: Value = serde_json::from_str(content[0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(&said, found.structured());

    let fetched = ana.call("fetch", json!({"id": id})).await;
    let document = fetched.structured();
    assert_eq!((&document["id"], &document["url"]), (&json!(id), &json!(url)));
    assert_eq!(document["title"], title);
    assert_eq!(document["metadata"], json!({"type": "ticket", "siteId": SITE_60M}));
    assert!(document["text"].as_str().unwrap().contains(number));
}

#[tokio::test]
async fn search_takes_from_each_source_in_turn_and_only_from_those_that_are_permitted() {
    let app = TestApp::lax().await;
    let (ben, chloe) = (app.as_user("ben").await, app.as_user("chloe").await);
    let found = ids(&ben.call("search", json!({"query": canary(SITE_60M).unwrap()})).await);
    let kinds: Vec<&str> = found.iter().filter_map(|id| id.split(':').next()).collect();
    assert_eq!(kinds[..4], ["ticket", "insight", "site", "ticket"], "{found:?}");
    // ana may everything.
    let found = app.as_user("ana").await.call("search", json!({"query": "60M"})).await;
    let kinds: BTreeSet<String> =
        ids(&found).iter().filter_map(|id| id.split(':').next().map(str::to_owned)).collect();
    assert!(kinds.len() >= 3, "{found:?}");
    // chloe views places alone; ben doesn't view 3LW.
    let found = ids(&chloe.call("search", json!({"query": canary(SITE_60M).unwrap()})).await);
    assert_eq!(found, [format!("site:{SITE_60M}")]);
    let found = ids(&ben.call("search", json!({"query": canary(SITE_3LW).unwrap()})).await);
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn fetch_gives_a_documents_text_and_of_what_has_none_the_details() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let (mut texts, mut details) = (0, 0);
    for (about, pages) in app.around.services().documents_of(SITE_60M) {
        let id = format!("document:{}", about["id"].as_str().unwrap());
        let fetched = ana.call("fetch", json!({"id": id})).await;
        let document = fetched.structured();
        assert_eq!((&document["id"], &document["title"]), (&json!(id), &about["name"]));
        let text = document["text"].as_str().unwrap();
        if let Some(first) = pages.first().and_then(|page| page.lines().next()) {
            assert!(text.starts_with(first), "{text}");
            texts += 1;
        } else {
            assert!(text.contains(about["fileName"].as_str().unwrap()), "{text}");
            details += 1;
        }
    }
    assert!(texts > 0 && details > 0, "{texts} {details}");
}

#[tokio::test]
async fn what_fetch_may_not_show_is_as_unknown_as_what_is_not_there() {
    let app = TestApp::lax().await;
    let (ben, chloe) = (app.as_user("ben").await, app.as_user("chloe").await);
    let hidden = app.around.services().tickets_of(SITE_3LW).remove(0);
    let hidden = format!("ticket:{}", hidden["id"].as_str().unwrap());
    let nothing = "ticket:00000000-0000-4000-8000-000000000000";
    let unknown = ben.call("fetch", json!({"id": nothing})).await.refusal();
    // Longer than any ticket's id may be, which the caller didn't call by that name.
    let long = format!("ticket:{}", "x".repeat(150));
    for id in [&hidden, &format!("site:{SITE_3LW}"), "what:ever", "ticket:", "bare", &long] {
        assert_eq!(ben.call("fetch", json!({"id": id})).await.refusal(), unknown, "{id}");
    }
    // A kind that isn't hers at all.
    assert_eq!(chloe.call("fetch", json!({"id": hidden})).await.refusal(), unknown);
}

#[tokio::test]
async fn a_part_whose_service_fails_is_named_and_the_rest_is_shown() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    app.around.services().inject("/workflowcore", Fault::answer(500, ""));
    let whole = ana.call("get_site_summary", json!({"siteId": SITE_60M})).await;
    assert_eq!(whole.structured()["site"]["item"]["id"], SITE_60M);
    assert_eq!(whole.structured()["unavailable"], json!(["tickets"]));
    let found = ana.call("search", json!({"query": canary(SITE_60M).unwrap()})).await;
    assert_eq!(found.structured()["unavailable"], json!(["ticket"]));
    let found = ids(&found);
    assert!(found.contains(&format!("site:{SITE_60M}")), "{found:?}");
    assert!(!found.iter().any(|id| id.starts_with("ticket:")), "{found:?}");
    // With nothing to show, the trouble is the answer.
    for service in ["/sitecore", "/insightcore", "/adt", "/documents"] {
        app.around.services().inject(service, Fault::answer(500, ""));
    }
    let found = ana.call("search", json!({"query": "x"})).await;
    assert!(found.is_error());
}

#[tokio::test]
async fn counts_say_which_sites_are_not_counted() {
    let app = TestApp::lax().await;
    let ben = app.as_user("ben").await;
    let arguments = json!({"groupBy": "site", "siteIds": [SITE_60M, SITE_3LW]});
    let counts = ben.call("get_ticket_statistics", arguments).await;
    assert_eq!(counts.structured()["notFound"], json!(["siteIds.1"]));
    let own = app.around.services().tickets_of(SITE_60M).len();
    assert_eq!(counts.structured()["total"], own);
}
