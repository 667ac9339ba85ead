//! The assistants that people use, by the shapes of their requests: ids, addresses, spellings of
//! `resource` and `scope`, as `docs/CONNECT.md` lists them. Each signs in, refreshes and connects again.

use serde_json::{Value, json};

use crate::harness::{Assistant, Browser, Client, TestApp, Version};

/// How a client gets its id.
enum Id {
    /// The address of its metadata document.
    Document(&'static str),
    /// It registers these addresses.
    Registers(&'static [&'static str]),
}

/// One client's requests.
struct Shape {
    id: Id,
    redirect: &'static str,
    /// As it is sent.
    scope: Option<&'static str>,
    /// What follows the origin in `resource`; none where it isn't sent.
    resource: Option<&'static str>,
    /// A secret that it sends to /token all the same.
    secret: bool,
}

const USUAL: Shape = Shape {
    id: Id::Registers(&[]),
    redirect: "",
    scope: Some("Mcp.Access"),
    resource: Some("/mcp"),
    secret: false,
};

/// Signs in, uses the token, refreshes, uses the new one, and connects once more.
async fn connects(shape: Shape) {
    let app = TestApp::new().await;
    let client_id = match shape.id {
        Id::Document(address) => address.to_owned(),
        Id::Registers(addresses) => register(&app, addresses).await,
    };
    let mut assistant = Assistant::new(&app, &client_id, shape.redirect);
    assistant.scope = shape.scope.map(str::to_owned);
    assistant.resource = shape.resource.map(|rest| format!("{}{rest}", app.url));
    let mut browser = Browser::new(&app.http);
    for _connection in 0..2 {
        let page = assistant.walk(&mut browser, "ben").await;
        assert_eq!(page.parameter("iss").as_deref(), Some(app.url.as_str()), "{page:?}");
        assert_eq!(page.parameter("state").as_deref(), Some(assistant.state.as_str()));
        let code = page.parameter("code").unwrap_or_else(|| panic!("no code: {page:?}"));
        let mut form = assistant.redemption(&code);
        form.extend(assistant.resource.clone().map(|resource| ("resource", resource)));
        form.extend(shape.secret.then(|| ("client_secret", "whatever".to_owned())));
        let answer = assistant.token(&form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        works(&app, answer.access_token()).await;
        let mut form = vec![
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", answer.refresh_token()),
            ("client_id", client_id.clone()),
        ];
        form.extend(assistant.resource.clone().map(|resource| ("resource", resource)));
        form.extend(assistant.scope.clone().map(|scope| ("scope", scope)));
        form.extend(shape.secret.then(|| ("client_secret", "whatever".to_owned())));
        let refreshed = assistant.token(&form).await;
        assert_eq!(refreshed.status, 200, "{refreshed:?}");
        works(&app, refreshed.access_token()).await;
    }
}

async fn register(app: &TestApp, addresses: &[&str]) -> String {
    let body = json!({
        "client_name": "A client",
        "redirect_uris": addresses,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "Mcp.Access",
    });
    let answer = app.http.post(format!("{}/register", app.url)).json(&body).send().await.unwrap();
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["token_endpoint_auth_method"], "none");
    answer["client_id"].as_str().unwrap().to_owned()
}

async fn works(app: &TestApp, token: String) {
    let ben = Client::connect(&app.http, &app.url, token, Version::V2025_11_25).await;
    assert!(ben.tools().await.contains(&"list_tickets".to_owned()));
}

#[tokio::test]
async fn claude_ai_by_its_document() {
    connects(Shape {
        id: Id::Document("https://claude.ai/oauth/mcp-oauth-client-metadata"),
        redirect: "https://claude.ai/api/mcp/auth_callback",
        scope: Some("Mcp.Access offline_access"),
        ..USUAL
    })
    .await;
}

#[tokio::test]
async fn claude_ai_by_registration_with_a_secret_that_nobody_gave_it() {
    connects(Shape {
        id: Id::Registers(&["https://claude.ai/api/mcp/auth_callback"]),
        redirect: "https://claude.ai/api/mcp/auth_callback",
        // With the leading blank that it sends where no scope is advertised.
        scope: Some(" offline_access"),
        resource: Some(""),
        secret: true,
    })
    .await;
}

#[tokio::test]
async fn claude_code_on_a_port_of_its_own_with_a_slash_at_the_end() {
    connects(Shape {
        id: Id::Document("https://claude.ai/oauth/claude-code-client-metadata"),
        redirect: "http://localhost:54213/callback",
        resource: Some("/mcp/"),
        ..USUAL
    })
    .await;
}

#[tokio::test]
async fn chatgpt_by_a_document_that_names_private_key_jwt() {
    connects(Shape {
        id: Id::Document("https://chatgpt.com/oauth/client.json"),
        redirect: "https://chatgpt.com/connector_platform_oauth_redirect",
        ..USUAL
    })
    .await;
}

#[tokio::test]
async fn chatgpt_with_an_address_for_each_connection() {
    connects(Shape {
        id: Id::Registers(&["https://chatgpt.com/connector/oauth/Ab3_x-9"]),
        redirect: "https://chatgpt.com/connector/oauth/Ab3_x-9",
        resource: Some("/"),
        ..USUAL
    })
    .await;
}

#[tokio::test]
async fn codex_on_loopback_with_and_without_an_id_in_the_path() {
    connects(Shape {
        id: Id::Document("https://chatgpt.com/oauth/codex/client.json"),
        redirect: "http://127.0.0.1:1455/callback",
        ..USUAL
    })
    .await;
    connects(Shape {
        id: Id::Registers(&["http://127.0.0.1/callback/f00-ba7"]),
        redirect: "http://127.0.0.1:49152/callback/f00-ba7",
        ..USUAL
    })
    .await;
}

#[tokio::test]
async fn vs_code_on_its_port_on_another_and_by_its_site_with_prefixed_scopes() {
    for redirect in
        ["http://127.0.0.1:33418/", "http://127.0.0.1:50123/", "https://vscode.dev/redirect"]
    {
        connects(Shape {
            id: Id::Document("https://vscode.dev/oauth/client-metadata.json"),
            redirect,
            scope: Some("api://0221c1d6-cf53-53e0-819c-4878edf8c1d4/Mcp.Access openid"),
            ..USUAL
        })
        .await;
    }
}

#[tokio::test]
async fn cursor_by_its_own_scheme() {
    const ADDRESSES: [&str; 3] = [
        "cursor://anysphere.cursor-mcp/oauth/callback",
        "http://localhost:8787/callback",
        "https://www.cursor.com/agents/mcp/oauth/callback",
    ];
    for redirect in ADDRESSES {
        connects(Shape { id: Id::Registers(&ADDRESSES), redirect, scope: None, ..USUAL }).await;
    }
}

#[tokio::test]
async fn copilot_studio_without_resource() {
    connects(Shape {
        id: Id::Registers(&["https://global.consent.azure-apim.net/redirect/osier-5f1b2c"]),
        redirect: "https://global.consent.azure-apim.net/redirect/osier-5f1b2c",
        resource: None,
        secret: true,
        ..USUAL
    })
    .await;
}

#[tokio::test]
async fn the_inspector_from_its_page() {
    connects(Shape {
        id: Id::Registers(&["http://localhost:6274/oauth/callback"]),
        redirect: "http://localhost:6274/oauth/callback",
        scope: None,
        ..USUAL
    })
    .await;
}

#[tokio::test]
async fn endpoints_that_are_guessed_at_the_origin_are_the_advertised_ones() {
    let app = TestApp::new().await;
    let url = format!("{}/.well-known/oauth-authorization-server", app.url);
    let metadata: Value = app.http.get(url).send().await.unwrap().json().await.unwrap();
    for (name, guessed) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("registration_endpoint", "/register"),
    ] {
        assert_eq!(metadata[name], format!("{}{guessed}", app.url));
    }
}
