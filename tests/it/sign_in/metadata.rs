//! What clients find out before they begin.

use serde_json::{Value, json};

use crate::harness::{Setup, TestApp};

const SERVER: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/mcp/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/openid-configuration",
];
const RESOURCE: [&str; 3] = [
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-protected-resource/mcp",
    "/mcp/.well-known/oauth-protected-resource",
];

async fn get(
    app: &TestApp,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, Value, reqwest::header::HeaderMap) {
    let mut request = app.http.get(format!("{}{path}", app.url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, answer.json().await.unwrap_or_default(), headers)
}

#[tokio::test]
async fn case_056_every_form_says_the_same_whatever_the_request_says() {
    let app = TestApp::new().await;
    let issuer = &app.url;
    let expected = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "registration_endpoint": format!("{issuer}/register"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["Mcp.Access", "offline_access"],
        "client_id_metadata_document_supported": true,
        "authorization_response_iss_parameter_supported": true,
    });
    let hostile = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example;proto=http"),
        ("origin", "https://evil.example"),
    ];
    for path in SERVER {
        for headers in [&[][..], &hostile[..]] {
            let (status, body, answer) = get(&app, path, headers).await;
            assert_eq!((status, &body), (200, &expected), "{path}");
            assert_eq!(answer["access-control-allow-origin"], "*");
            assert!(answer.get("access-control-allow-credentials").is_none());
        }
    }
    let expected = json!({
        "resource": format!("{issuer}/mcp"),
        "authorization_servers": [issuer],
        "scopes_supported": ["Mcp.Access"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Osier",
    });
    for path in RESOURCE {
        for headers in [&[][..], &hostile[..]] {
            let (status, body, answer) = get(&app, path, headers).await;
            assert_eq!((status, &body), (200, &expected), "{path}");
            assert_eq!(answer["access-control-allow-origin"], "*");
        }
    }
}

#[tokio::test]
async fn a_401_shows_the_way_to_a_browser_too() {
    let settings =
        [("OSIER_SERVER__ALLOWED_ORIGINS".to_owned(), "http://localhost:6274".to_owned())];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    let url = format!("{}/mcp", app.url);
    let ours = "http://localhost:6274";
    let answer = app.http.post(&url).header("origin", ours).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()["access-control-allow-origin"], ours);
    let read = answer.headers()["access-control-expose-headers"].to_str().unwrap();
    assert!(read.contains("www-authenticate"), "{read}");
    let preflight = |origin: &'static str| {
        let request = app.http.request(reqwest::Method::OPTIONS, &url).header("origin", origin);
        request.header("access-control-request-method", "POST").send()
    };
    let answer = preflight(ours).await.unwrap();
    assert_eq!(answer.status(), 204);
    let sent = answer.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(sent.contains("authorization") && sent.contains("mcp-protocol-version"), "{sent}");
    let foreign = preflight("https://evil.example").await.unwrap();
    assert_eq!(foreign.status(), 401);
    assert!(foreign.headers().get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn without_registration_nobody_is_sent_there() {
    let settings = [("OSIER_CLIENTS__REGISTRATION".to_owned(), "false".to_owned())];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    let (_, body, _) = get(&app, SERVER[0], &[]).await;
    assert!(body.get("registration_endpoint").is_none(), "{body}");
}

#[tokio::test]
async fn in_direct_mode_clients_are_sent_to_entra() {
    let settings = [("OSIER_AUTH__MODE".to_owned(), "direct".to_owned())];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    for path in RESOURCE {
        let (_, body, _) = get(&app, path, &[]).await;
        assert_eq!(body["authorization_servers"], json!([app.around.entra().issuer()]), "{path}");
        // Entra takes a bare scope for Microsoft Graph's.
        assert_eq!(body["scopes_supported"], json!([format!("{}/mcp/Mcp.Access", app.url)]));
    }
    for path in SERVER.iter().chain(&["/authorize", "/token", "/register", "/confirm/x"]) {
        let (status, _, _) = get(&app, path, &[]).await;
        assert_eq!(status, 404, "{path}");
    }
}

#[tokio::test]
async fn each_oauth_error_says_what_and_which_request() {
    let app = TestApp::new().await;
    let register = app.http.post(format!("{}/register", app.url));
    let register = register.json(&json!({"redirect_uris": ["https://evil.example/"]}));
    let token = app.http.post(format!("{}/token", app.url)).form(&[("grant_type", "x")]);
    for request in [register, token] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400);
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["request_id"], id.as_str(), "{body}");
        assert!(body["error"].is_string() && body["error_description"].is_string(), "{body}");
    }
}
