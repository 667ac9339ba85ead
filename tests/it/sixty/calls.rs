//! Each tool is called by people who may all, some and nothing, and what comes back fits the output
//! schema that the tool shows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{AREAS, Case};
use crate::harness::{Answered, Client, Reply, TestApp};
use crate::scoping::stranger;

/// Every area's good calls.
fn cases(app: &TestApp) -> Vec<Case> {
    AREAS.iter().flat_map(|area| (area.cases)(app)).collect()
}

/// The tools that somebody is shown, by name.
async fn shown(client: &Client) -> BTreeMap<String, Value> {
    let mut tools = BTreeMap::new();
    let mut cursor: Option<Value> = None;
    loop {
        let params = cursor
            .take()
            .map_or(serde_json::json!({}), |cursor| serde_json::json!({"cursor": cursor}));
        let page = client.request("tools/list", params).await;
        for tool in page.result()["tools"].as_array().unwrap() {
            tools.insert(tool["name"].as_str().unwrap().to_owned(), tool.clone());
        }
        match page.result().get("nextCursor") {
            Some(next) if !next.is_null() => cursor = Some(next.clone()),
            _ => return tools,
        }
    }
}

async fn call(client: &Client, tool: &Value, case: &Case) -> Reply {
    let reads = tool["annotations"]["readOnlyHint"] == Value::Bool(true);
    if reads {
        client.call(case.tool, case.arguments.clone()).await
    } else {
        client.call_answering(case.tool, case.arguments.clone(), Answered::Yes).await
    }
}

fn fits(tool: &Value, reply: &Reply) {
    let name = &tool["name"];
    let schema = &tool["outputSchema"];
    assert!(schema.is_object(), "{name} shows no output schema");
    let validator = jsonschema::validator_for(schema).unwrap();
    let structured = &reply.result()["structuredContent"];
    let faults: Vec<String> = validator
        .iter_errors(structured)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{name}: {faults:#?}");
    assert_closed(schema, name.as_str().unwrap());
}

/// Every object of a schema says that it holds nothing else.
fn assert_closed(schema: &Value, name: &str) {
    match schema {
        Value::Object(map) => {
            if map.get("type") == Some(&Value::from("object")) {
                assert_eq!(
                    map.get("additionalProperties"),
                    Some(&Value::Bool(false)),
                    "{name}: {schema}"
                );
            }
            map.values().for_each(|inner| assert_closed(inner, name));
        }
        Value::Array(items) => items.iter().for_each(|inner| assert_closed(inner, name)),
        _ => {}
    }
}

#[tokio::test]
async fn ana_may_call_every_tool_and_each_answer_fits_its_schema() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let tools = shown(&ana).await;
    let cases = cases(&app);
    let called: BTreeSet<&str> = cases.iter().map(|case| case.tool).collect();
    let known: BTreeSet<&str> = tools.keys().map(String::as_str).collect();
    assert_eq!(called, known, "each tool has a call, and each call a tool");
    for case in &cases {
        let reply = call(&ana, &tools[case.tool], case).await;
        assert!(!reply.is_error(), "{case:?}: {reply:?}");
        fits(&tools[case.tool], &reply);
    }
}

/// Of the tools that somebody is shown, each answers or says that there is nothing; of the others
/// each is as unknown as one that doesn't exist.
async fn each_is_shown_or_unknown(app: &TestApp, client: &Client) -> usize {
    let tools = shown(client).await;
    let mut answered = 0;
    for case in cases(app) {
        let Some(tool) = tools.get(case.tool) else {
            let reply = client.call(case.tool, case.arguments.clone()).await;
            assert_eq!(reply.text(), format!("Unknown tool: {}", case.tool), "{reply:?}");
            continue;
        };
        let reply = call(client, tool, &case).await;
        if reply.is_error() {
            assert!(reply.text().starts_with("Nothing was found for"), "{case:?}: {reply:?}");
        } else {
            fits(tool, &reply);
            answered += 1;
        }
    }
    answered
}

#[tokio::test]
async fn ben_and_finn_and_nobody_are_answered_or_find_nothing() {
    for strict in [true, false] {
        let app = if strict { TestApp::new().await } else { TestApp::lax().await };
        let answered = each_is_shown_or_unknown(&app, &app.as_user("ben").await).await;
        assert!(answered >= 25, "ben was answered {answered} times");
        let answered = each_is_shown_or_unknown(&app, &app.as_user("finn").await).await;
        assert!(answered >= 5, "finn was answered {answered} times");
        // Known to the permission service, and holding nothing.
        let oid = "5f0c6f53-6a2e-4c0e-9a51-2f1d0b8e7c11";
        let text = format!("roles: {{}}\nusers:\n  - {{id: {oid}}}\nassignments: []\n");
        app.around.authz().replace(&text).unwrap();
        let nobody = stranger("nobody", oid);
        let nobody = app.speaking_as(&nobody, crate::harness::Version::V2026_07_28).await;
        assert_eq!(each_is_shown_or_unknown(&app, &nobody).await, 1);
    }
}
