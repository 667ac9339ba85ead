//! Who can be asked, and how; and that only an answer to our own question is one.

use osier::demo::SITE_60M;
use serde_json::{Value, json};

use crate::harness::{Answered, Client, Setup, TestApp, Version};

fn ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4})
}

async fn with_capabilities(app: &TestApp, version: Version, capabilities: Value) -> Client {
    Client::connect_with(&app.http, &app.url, app.token("ben"), version, capabilities).await
}

#[tokio::test]
async fn case_068_a_client_that_cannot_show_a_form_is_told_so_in_the_words_of_its_version() {
    // By default it gets a link instead (`links::told`).
    let settings = [("OSIER_CONFIRMATION__FALLBACK".to_owned(), "refuse".to_owned())];
    let setup = Setup { settings: settings.into(), ..Setup::default() };
    let app = TestApp::with(setup).await;
    let before = app.around.services().tickets_of(SITE_60M).len();
    let without =
        [json!({}), json!({"elicitation": {"url": {}}}), json!({"sampling": {}, "roots": {}})];
    for capabilities in without {
        let ben = with_capabilities(&app, Version::V2026_07_28, capabilities.clone()).await;
        let reply = ben.call("create_ticket", ticket()).await;
        assert_eq!((reply.status, reply.code()), (400, Some(-32021)), "{capabilities}: {reply:?}");
        let data = &reply.message["error"]["data"];
        assert_eq!(data["requiredCapabilities"], json!({"elicitation": {"form": {}}}));
        assert!(data["osier/decisionId"].as_str().unwrap().starts_with("dec_"));
        for version in [Version::V2025_03_26, Version::V2025_06_18, Version::V2025_11_25] {
            let ben = with_capabilities(&app, version, capabilities.clone()).await;
            let reply = ben.call_answering("create_ticket", ticket(), Answered::Yes).await;
            assert_eq!(reply.result()["isError"], true, "{version:?} {capabilities}: {reply:?}");
            assert!(reply.text().contains("form elicitation"), "{reply:?}");
            assert!(reply.before.is_empty(), "{reply:?}");
        }
    }
    assert_eq!(app.around.services().tickets_of(SITE_60M).len(), before);
}

#[tokio::test]
async fn an_empty_elicitation_capability_means_forms() {
    let app = TestApp::new().await;
    for (version, capabilities) in [
        (Version::V2026_07_28, json!({"elicitation": {}})),
        (Version::V2025_11_25, json!({"elicitation": {}})),
        (Version::V2025_06_18, json!({"elicitation": {}})),
        (Version::V2026_07_28, json!({"elicitation": {"form": {}, "url": {}}})),
    ] {
        let ben = with_capabilities(&app, version, capabilities).await;
        let reply = ben.call_answering("create_ticket", ticket(), Answered::Yes).await;
        assert_eq!(reply.item()["siteId"], SITE_60M, "{version:?}: {reply:?}");
    }
}

#[tokio::test]
async fn an_old_version_with_new_metadata_and_no_session_cannot_be_asked() {
    let app = TestApp::new().await;
    let before = app.around.services().tickets_of(SITE_60M).len();
    let ben = app.as_user("ben").await;
    let ask = async |session: Option<&str>| {
        let mut body =
            ben.envelope("tools/call", json!({"name": "create_ticket", "arguments": ticket()}));
        body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2025-11-25".into();
        let mut request = app
            .http
            .post(format!("{}/mcp", app.url))
            .bearer_auth(&ben.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-11-25")
            .timeout(std::time::Duration::from_secs(5));
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        let response = request.body(body.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.json::<Value>().await.unwrap()
    };
    let reply = ask(None).await;
    assert_eq!(reply["result"]["isError"], true, "{reply}");
    // Nor in a session, which such a request passes by.
    let session = app.speaking("ben", Version::V2025_11_25).await.session;
    let reply = ask(session.as_deref()).await;
    assert_eq!(reply["result"]["isError"], true, "{reply}");
    assert_eq!(app.around.services().tickets_of(SITE_60M).len(), before);
}

#[tokio::test]
async fn case_068_an_answer_that_comes_with_the_first_call_is_not_heard() {
    let app = TestApp::new().await;
    let before = app.around.services().tickets_of(SITE_60M).len();
    let yes = Answered::Yes.result();
    for version in Version::ALL {
        let ben = app.speaking("ben", version).await;
        for responses in [
            json!({"confirm": yes}),
            json!({"confirm": {"confirm": true}}),
            json!({"confirm": true}),
            json!({}),
        ] {
            let params = json!({
                "name": "create_ticket", "arguments": ticket(), "inputResponses": responses,
            });
            if version.is_stateless() {
                let reply = ben.request("tools/call", params).await;
                assert!(reply.state().is_some(), "{reply:?}");
            } else {
                let body = ben.envelope("tools/call", params);
                let mut events =
                    crate::harness::Events::of(ben.post(&body, ben.headers(&body)).await);
                assert_eq!(events.next().await.unwrap()["method"], "elicitation/create");
            }
        }
    }
    assert_eq!(app.around.services().tickets_of(SITE_60M).len(), before);
}

#[tokio::test]
async fn case_068_a_form_without_an_accept_is_no_yes() {
    let app = TestApp::new().await;
    let before = app.around.services().tickets_of(SITE_60M).len();
    let ben = app.as_user("ben").await;
    for response in [
        json!({"confirm": true}),
        json!({"content": {"confirm": true}}),
        json!({"action": "ACCEPT", "content": {"confirm": true}}),
        json!({"action": true, "content": {"confirm": true}}),
        json!({"action": "accept"}),
        json!({"action": "accept", "confirm": true}),
        json!({"role": "user", "content": {"confirm": true}, "model": "m", "confirm": true}),
        json!(true),
        json!(["accept", {"confirm": true}]),
    ] {
        let asked = ben.call("create_ticket", ticket()).await;
        let params = json!({
            "name": "create_ticket",
            "arguments": ticket(),
            "inputResponses": {"confirm": response},
            "requestState": asked.state().unwrap(),
        });
        let reply = ben.request("tools/call", params).await;
        assert!(reply.is_error() || reply.state().is_some(), "{response}: {reply:?}");
    }
    assert_eq!(app.around.services().tickets_of(SITE_60M).len(), before);
}
