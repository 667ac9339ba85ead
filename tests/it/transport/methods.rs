//! Every method asks the same gate (case 87): nobody, somebody without the scope, somebody with few
//! permissions and somebody with all of them, in each version.

use serde_json::{Value, json};

use super::shown::with_resources;
use crate::harness::{Client, Reply, TestApp, Version};

/// What a method is asked: something that few may have, and the same of something that isn't there.
struct Asked {
    method: &'static str,
    guarded: Value,
    missing: Value,
}

/// The methods that name one thing.
fn naming() -> Vec<Asked> {
    let asked = |method, guarded, missing| Asked { method, guarded, missing };
    let tool = |name: &str| json!({"name": name, "arguments": {}});
    let prompt = |name: &str| json!({"name": name, "arguments": {"site": "60M"}});
    let uri = |uri: &str| json!({"uri": uri});
    let complete =
        |of: Value, argument: &str| json!({"ref": of, "argument": {"name": argument, "value": ""}});
    let of_prompt = |name: &str| json!({"type": "ref/prompt", "name": name});
    let of_template = |uri: &str| json!({"type": "ref/resource", "uri": uri});
    vec![
        asked("tools/call", tool("list_ticket_statuses"), tool("list_nothing")),
        asked("prompts/get", prompt("morning_ticket_review"), prompt("evening")),
        asked("resources/read", uri("osier://rules"), uri("osier://nothing")),
        asked("resources/read", uri("osier://rules/noise"), uri("osier://nothing/noise")),
        asked("resources/subscribe", uri("osier://rules"), uri("osier://nothing")),
        asked(
            "completion/complete",
            complete(of_prompt("overdue_tickets"), "priority"),
            complete(of_prompt("evening"), "priority"),
        ),
        asked(
            "completion/complete",
            complete(of_template("osier://rules/{topic}"), "topic"),
            complete(of_template("osier://nothing/{topic}"), "topic"),
        ),
    ]
}

/// The methods that name nothing.
const OTHERS: [&str; 10] = [
    "initialize",
    "server/discover",
    "ping",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/unsubscribe",
    "logging/setLevel",
    "no/such/method",
];

/// Is there such a method in this version?
fn has(version: Version, method: &str) -> bool {
    !version.is_stateless() || method != "resources/subscribe"
}

/// The answer without the names that were asked for.
fn nameless(reply: &Reply, asked: &Value) -> String {
    let mut said = reply.bare().to_string();
    for name in ["/name", "/uri", "/ref/name", "/ref/uri"] {
        if let Some(name) = asked.pointer(name).and_then(Value::as_str) {
            said = said.replace(name, "NAME");
        }
    }
    said
}

#[tokio::test]
async fn case_087_every_method_of_every_version_asks_who_is_calling() {
    let app = TestApp::with(with_resources()).await;
    let dan = app.token("dan");
    let named = naming().into_iter().map(|asked| (asked.method, asked.guarded));
    let all: Vec<(&str, Value)> =
        named.chain(OTHERS.into_iter().map(|method| (method, json!({})))).collect();
    for version in Version::ALL {
        // One without a session, since nobody opens one for them.
        let ana = app.speaking("ana", version).await;
        for (token, status) in [(None, 401), (Some(&dan), 403)] {
            let mut bodies = Vec::new();
            for (method, params) in &all {
                let body = ana.envelope(method, params.clone());
                let mut request = app
                    .http
                    .post(format!("{}/mcp", app.url))
                    .headers(ana.headers(&body))
                    .header("content-type", "application/json")
                    .header("accept", "application/json, text/event-stream")
                    .header("mcp-protocol-version", version.name());
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                if let Some(session) = &ana.session {
                    request = request.header("mcp-session-id", session);
                }
                let answer = request.body(body.to_string()).send().await.unwrap();
                assert_eq!(answer.status(), status, "{version:?} {method}");
                assert!(answer.headers().contains_key("www-authenticate"), "{method}");
                let mut problem: Value = answer.json().await.unwrap();
                problem.as_object_mut().unwrap().remove("requestId");
                bodies.push(problem);
            }
            // What was asked makes no difference.
            bodies.dedup();
            assert_eq!(bodies.len(), 1, "{version:?} {status}");
        }
    }
    assert!(app.around.services().wire().requests().is_empty());
}

#[tokio::test]
async fn case_087_every_method_of_every_version_hides_what_a_person_may_not_have() {
    let app = TestApp::with(with_resources()).await;
    for version in Version::ALL {
        let high = app.speaking("ana", version).await;
        let low = app.speaking("chloe", version).await;
        for Asked { method, guarded, missing } in naming() {
            let ask = async |client: &Client, params: &Value| {
                client.request(method, params.clone()).await
            };
            let what = format!("{version:?} {method}");
            let hidden = ask(&low, &guarded).await;
            let unknown = ask(&low, &missing).await;
            assert_eq!(nameless(&hidden, &guarded), nameless(&unknown, &missing), "{what}");
            assert!(hidden.code().is_some(), "{what}: {hidden:?}");
            // The same for one who may everything: what isn't there isn't there.
            assert_eq!(ask(&high, &missing).await.code(), hidden.code(), "{what}");
            let had = ask(&high, &guarded).await;
            assert_eq!(!had.is_error(), has(version, method), "{what}: {had:?}");
        }
        // Each list has for the one what it lacks for the other.
        for (method, list, guarded) in [
            ("tools/list", "tools", "list_ticket_statuses"),
            ("prompts/list", "prompts", "morning_ticket_review"),
            ("resources/list", "resources", "osier://rules"),
            ("resources/templates/list", "resourceTemplates", "osier://rules/{topic}"),
        ] {
            let listed = async |client: &Client| {
                let reply = client.request(method, json!({})).await;
                reply.result()[list].to_string().contains(&format!("\"{guarded}\""))
            };
            assert!(listed(&high).await && !listed(&low).await, "{version:?} {method}");
        }
    }
    assert_eq!(app.around.services().wire().writes().len(), 0);
}
