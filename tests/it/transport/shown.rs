//! What a person is shown: tools, prompts and resources, listed if and only if they may be used.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Client, Setup, TestApp, Version};

async fn names(client: &Client, method: &str, list: &str, key: &str) -> Vec<String> {
    let reply = client.request(method, json!({})).await;
    let items = reply.result()[list].as_array().unwrap().clone();
    items.iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
}

/// Resources for those who view tickets.
pub(super) fn with_resources() -> Setup {
    let resource = |rest: &str| {
        format!(
            "name: house-rules\ntitle: House rules\ndescription: Rules.\n\
             permission: WillowApp.CanViewTickets\nmimeType: text/plain\n{rest}"
        )
    };
    let files = [
        (
            "tools/workflowcore/resources/rules.yaml",
            resource("uri: osier://rules\ntext: Be brief.\n"),
        ),
        (
            "tools/workflowcore/resources/rule.yaml",
            resource(
                "uriTemplate: \"osier://rules/{topic}\"\narguments:\n\
                 \x20 - {name: topic, description: A topic., values: [safety, noise]}\n\
                 text: \"On {topic}: be careful.\"\n",
            ),
        ),
    ];
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect();
    Setup { files, ..Setup::default() }
}

#[tokio::test]
async fn lists_are_stable_private_and_described() {
    let app = TestApp::new().await;
    for version in Version::ALL {
        let ana = app.speaking("ana", version).await;
        let reply = ana.request("tools/list", json!({})).await;
        let result = reply.result();
        assert_eq!(result["cacheScope"], "private", "{version:?}");
        assert_eq!(result["ttlMs"], 60_000, "{version:?}");
        let tools = result["tools"].as_array().unwrap();
        let listed: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert!(listed.is_sorted(), "{listed:?}");
        for tool in tools {
            let writes = ["create_", "update_", "add_"]
                .iter()
                .any(|verb| tool["name"].as_str().unwrap().starts_with(verb));
            let hints = &tool["annotations"];
            assert_eq!(hints["readOnlyHint"], !writes, "{tool}");
            assert_eq!(hints["openWorldHint"], false, "{tool}");
            assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{tool}");
            assert!(tool["outputSchema"].is_object() && tool["title"].is_string(), "{tool}");
        }
        assert_eq!(ana.request("tools/list", json!({})).await.result(), result);
    }
}

#[tokio::test]
async fn prompts_are_listed_if_and_only_if_they_may_be_had() {
    let app = TestApp::new().await;
    for version in Version::ALL {
        let ana = app.speaking("ana", version).await;
        let chloe = app.speaking("chloe", version).await;
        let all = names(&ana, "prompts/list", "prompts", "name").await;
        assert_eq!(all, ["morning_ticket_review", "overdue_tickets", "ticket_handover"]);
        assert!(names(&chloe, "prompts/list", "prompts", "name").await.is_empty());
        let get = json!({"name": "morning_ticket_review", "arguments": {"site": "60M"}});
        let reply = ana.request("prompts/get", get.clone()).await;
        let text = reply.result()["messages"][0]["content"]["text"].as_str().unwrap();
        assert!(text.contains("\"60M\"") && text.contains("yesterday morning"), "{text}");
        // Hidden is like unknown.
        let hidden = chloe.request("prompts/get", get).await;
        let unknown = chloe.request("prompts/get", json!({"name": "no_such_prompt"})).await;
        let words = |reply: &crate::harness::Reply| {
            let (status, code, text) = reply.refusal();
            (
                status,
                code,
                text.replace("morning_ticket_review", "?").replace("no_such_prompt", "?"),
            )
        };
        assert_eq!(words(&hidden), words(&unknown));
        assert_eq!(hidden.code(), Some(-32602));
    }
}

#[tokio::test]
async fn a_prompts_arguments_are_checked() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    for (arguments, said) in [
        (json!({}), "site: must be given"),
        (json!({"site": 1}), "site: must be a string"),
        (json!({"site": "x", "floor": "1"}), "floor: there is no such argument"),
        (json!({"site": "x".repeat(2001)}), "site: at most 2000 characters"),
    ] {
        let params = json!({"name": "morning_ticket_review", "arguments": arguments});
        let reply = ana.request("prompts/get", params).await;
        assert_eq!(reply.code(), Some(-32602), "{reply:?}");
        assert!(reply.text().contains(said), "{reply:?}");
    }
    let params = json!({"name": "overdue_tickets", "arguments": {"priority": "none"}});
    assert!(ana.request("prompts/get", params).await.text().contains("one of urgent, high"));
    // A value is words, never a hole.
    let params = json!({"name": "morning_ticket_review", "arguments": {"site": "{since}"}});
    let reply = ana.request("prompts/get", params).await;
    assert!(reply.result().to_string().contains("{since}"));
}

#[tokio::test]
async fn resources_are_listed_if_and_only_if_they_may_be_read() {
    let app = TestApp::with(with_resources()).await;
    for version in Version::ALL {
        let ana = app.speaking("ana", version).await;
        let chloe = app.speaking("chloe", version).await;
        let read = async |client: &Client, uri: &str| {
            client.request("resources/read", json!({"uri": uri})).await
        };
        assert_eq!(names(&ana, "resources/list", "resources", "uri").await, ["osier://rules"]);
        let templates = "resources/templates/list";
        let shown = names(&ana, templates, "resourceTemplates", "uriTemplate").await;
        assert_eq!(shown, ["osier://rules/{topic}"]);
        assert!(names(&chloe, "resources/list", "resources", "uri").await.is_empty());
        assert!(names(&chloe, templates, "resourceTemplates", "uriTemplate").await.is_empty());
        let rules = read(&ana, "osier://rules").await;
        assert_eq!(rules.result()["contents"][0]["text"], "Be brief.");
        let rule = read(&ana, "osier://rules/noise").await;
        assert_eq!(rule.result()["contents"][0]["text"], "On noise: be careful.");
        let code = if version.is_stateless() { -32602 } else { -32002 };
        for uri in ["osier://rules", "osier://rules/noise", "osier://nothing"] {
            assert_eq!(read(&chloe, uri).await.code(), Some(code), "{version:?} {uri}");
        }
        for uri in ["osier://rules/other", "osier://rules/noise/", "osier://rules/a%2Fb", ""] {
            assert_eq!(read(&ana, uri).await.code(), Some(code), "{version:?} {uri}");
        }
    }
}

#[tokio::test]
async fn completions_are_what_the_definition_lists_for_those_who_see_it() {
    let app = TestApp::with(with_resources()).await;
    let ana = app.as_user("ana").await;
    let chloe = app.as_user("chloe").await;
    let complete = async |client: &Client, of: Value, argument: &str, value: &str| {
        let argument = json!({"name": argument, "value": value});
        client.request("completion/complete", json!({"ref": of, "argument": argument})).await
    };
    let prompt = json!({"type": "ref/prompt", "name": "overdue_tickets"});
    let template = json!({"type": "ref/resource", "uri": "osier://rules/{topic}"});
    for (of, argument, value, values) in [
        (&prompt, "priority", "", json!(["urgent", "high", "medium", "low"])),
        (&prompt, "priority", "HI", json!(["high"])),
        (&prompt, "priority", "zz", json!([])),
        (&prompt, "site", "6", json!([])),
        (&prompt, "nothing", "", json!([])),
        (&template, "topic", "s", json!(["safety"])),
    ] {
        let reply = complete(&ana, of.clone(), argument, value).await;
        assert_eq!(reply.result()["completion"]["values"], values, "{argument} {value}");
        assert_eq!(complete(&chloe, of.clone(), argument, value).await.code(), Some(-32602));
    }
}

#[tokio::test]
async fn the_list_of_one_person_is_not_given_to_another() {
    let app = TestApp::new().await;
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        for (name, count) in [("ana", 60), ("chloe", 9), ("finn", 0), ("ben", 0)] {
            let tools = app.as_user(name).await.tools().await;
            assert!(count == 0 || tools.len() == count, "{name}: {tools:?}");
            seen.insert((name, tools));
        }
    }
    assert_eq!(seen.len(), 4);
}
