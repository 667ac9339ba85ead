//! What the headers may say: hosts and origins (case 59), and nothing that the body doesn't
//! (case 64); versions; the routes that need no caller.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::harness::{Client, TestApp, Version};

async fn status_with(client: &Client, headers: &[(&str, &str)]) -> (u16, Value) {
    let body = client.envelope("tools/list", json!({}));
    let mut all = client.headers(&body);
    for (name, value) in headers {
        all.insert(HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let response = client.post(&body, all).await;
    (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
}

#[tokio::test]
async fn case_059_foreign_hosts_and_origins_are_refused() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let port = app.url.rsplit(':').next().unwrap();
    let own = |host: &str| format!("{host}:{port}");
    for host in ["127.0.0.1", "localhost", "LocalHost", "[::1]"] {
        assert_eq!(status_with(&ana, &[("host", &own(host))]).await.0, 200, "{host}");
        let origin = format!("http://{}", own(host));
        assert_eq!(status_with(&ana, &[("origin", &origin)]).await.0, 200, "{origin}");
    }
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:80",
        "localhost",
        "localhost:1",
        "localhost.",
        "user@localhost",
        "0.0.0.0",
        "127.0.0.2",
    ] {
        assert_eq!(status_with(&ana, &[("host", host)]).await.0, 403, "{host}");
        let host = own(host);
        if !host.starts_with("localhost:") || host.matches(':').count() > 1 {
            assert_eq!(status_with(&ana, &[("host", &host)]).await.0, 403, "{host}");
        }
    }
    let good = format!("http://localhost:{port}");
    for origin in [
        "null".to_owned(),
        "http://evil.example".to_owned(),
        format!("https://localhost:{port}"),
        "http://localhost".to_owned(),
        format!("{good}.evil.example"),
        format!("http://evil.example:{port}"),
        format!("http://localhost.evil.example:{port}"),
        format!("{good} http://evil.example"),
        format!("{good}, http://evil.example"),
        format!("{good}/"),
        String::new(),
        "file://".to_owned(),
    ] {
        let (status, message) = status_with(&ana, &[("origin", &origin)]).await;
        assert_eq!(status, 403, "{origin:?}");
        assert_eq!(message["error"]["code"], -32600, "{origin:?}");
    }
    // Twice, one of them good.
    let body = ana.envelope("tools/list", json!({}));
    let mut headers = ana.headers(&body);
    headers.append("origin", good.parse().unwrap());
    headers.append("origin", HeaderValue::from_static("http://evil.example"));
    assert_eq!(ana.post(&body, headers).await.status(), 403);
}

#[tokio::test]
async fn case_059_streams_and_sessions_too() {
    let app = TestApp::new().await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let session = ana.session.clone().unwrap();
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let request = app
            .http
            .request(method.clone(), format!("{}/mcp", app.url))
            .bearer_auth(&ana.token)
            .header("accept", "text/event-stream")
            .header("mcp-session-id", &session)
            .header("origin", "http://evil.example");
        assert_eq!(request.send().await.unwrap().status(), 403, "{method}");
    }
    assert!(!ana.tools().await.is_empty());
}

#[tokio::test]
async fn case_064_headers_that_contradict_the_body_are_refused() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let call = ana.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
    let good = ana.headers(&call);
    assert_eq!(ana.post(&call, good.clone()).await.status(), 200);
    let mut cases: Vec<(&str, HeaderMap)> = Vec::new();
    let changed = |name: &'static str, value: Option<&'static str>| {
        let mut headers = good.clone();
        headers.remove(name);
        if let Some(value) = value {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers
    };
    cases.push(("another method", changed("mcp-method", Some("tools/list"))));
    cases.push(("no method", changed("mcp-method", None)));
    cases.push(("another tool", changed("mcp-name", Some("create_ticket"))));
    cases.push(("no tool", changed("mcp-name", None)));
    cases.push(("bad base64", changed("mcp-name", Some("=?base64?SGVs!!!bG8=?="))));
    for (name, headers) in cases {
        let response = ana.post(&call, headers).await;
        assert_eq!(response.status(), 400, "{name}");
        let message: Value = response.json().await.unwrap();
        assert_eq!(message["error"]["code"], -32020, "{name}: {message}");
    }
    // Names of methods and tools are compared as they are spelled.
    for (name, value) in [
        ("mcp-method", "Tools/Call"),
        ("mcp-method", "tools/call, tools/list"),
        ("mcp-method", ""),
        ("mcp-name", "List_Sites"),
        ("mcp-name", "list_sites, create_ticket"),
        ("mcp-name", "=?base64?Y3JlYXRlX3RpY2tldA==?="),
        ("mcp-name", "=?base64?bGlzdF9zaXRlcw?="),
        ("mcp-name", "=?base64?"),
    ] {
        let response = ana.post(&call, changed(name, Some(value))).await;
        assert_eq!(response.status(), 400, "{name}: {value}");
        let message: Value = response.json().await.unwrap();
        assert_eq!(message["error"]["code"], -32020, "{name}: {value}: {message}");
    }
    // A second one that says something else.
    for (name, other) in [("mcp-method", "tools/list"), ("mcp-name", "create_ticket")] {
        let mut twice = good.clone();
        twice.append(name, HeaderValue::from_static(other));
        let response = ana.post(&call, twice).await;
        assert_eq!(response.status(), 400, "{name} twice");
    }
    // The version, in the header and in the body.
    let mut body = call.clone();
    body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2025-11-25".into();
    let response = ana.post(&body, good.clone()).await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], -32020);
}

#[tokio::test]
async fn unknown_versions_are_told_which_are_known() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let mut body = ana.envelope("tools/list", json!({}));
    for version in ["2099-01-01", "2024-11-05", "v1"] {
        body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = version.into();
        let response = app
            .http
            .post(format!("{}/mcp", app.url))
            .bearer_auth(&ana.token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", version)
            .header("mcp-method", "tools/list")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{version}");
        let message: Value = response.json().await.unwrap();
        assert_eq!(message["error"]["code"], -32022, "{version}: {message}");
        assert_eq!(
            message["error"]["data"]["supported"],
            json!(["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]),
            "{version}"
        );
    }
}

#[tokio::test]
async fn both_paths_are_the_same_door() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let body = ana.envelope("tools/list", json!({}));
    for path in ["/mcp", "/mcp/"] {
        let request = app
            .http
            .post(format!("{}{path}", app.url))
            .headers(ana.headers(&body))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28");
        let unknown = request.try_clone().unwrap().body(body.to_string()).send().await.unwrap();
        assert_eq!(unknown.status(), 401, "{path}");
        let known = request.bearer_auth(&ana.token).body(body.to_string()).send().await.unwrap();
        assert_eq!(known.status(), 200, "{path}");
        assert!(known.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    }
    for method in ["PUT", "PATCH", "OPTIONS", "HEAD"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = app.http.request(method.clone(), format!("{}/mcp", app.url));
        let response = request.bearer_auth(&ana.token).send().await.unwrap();
        assert_eq!(response.status(), 405, "{method}");
    }
}

#[tokio::test]
async fn health_needs_no_token_and_says_little() {
    let app = TestApp::new().await;
    let get = async |path: &str| {
        let response = app.http.get(format!("{}{path}", app.url)).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(get("/livez").await, (200, json!({"status": "alive"})));
    // The signing keys are fetched beside the server's start.
    let mut ready = get("/readyz").await;
    for _ in 0..50 {
        if ready.0 == 200 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        ready = get("/readyz").await;
    }
    assert_eq!(ready, (200, json!({"status": "ready"})));
    assert_eq!(app.http.get(format!("{}/", app.url)).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn every_answer_has_an_id_of_ours() {
    let app = TestApp::new().await;
    let request = app.http.get(format!("{}/livez", app.url)).header("x-request-id", "theirs");
    let response = request.send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap();
    assert!(id.starts_with("req_") && id.len() == 30, "{id}");
}
