//! The clients that people have, as they ask to be registered or name themselves. What is told of
//! them is third parties' word of autumn 2026.

use serde_json::{Value, json};

use super::world::{World, settings};

/// Name, what is posted to `/register`, and the addresses that are asked for later.
fn registering() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    vec![
        (
            "claude.ai",
            json!({"client_name": "Claude", "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
                "token_endpoint_auth_method": "client_secret_post", "scope": "Mcp.Access"}),
            vec!["https://claude.ai/api/mcp/auth_callback"],
        ),
        (
            "Claude Code",
            json!({"client_name": "Claude Code", "redirect_uris": ["http://localhost:3118/callback"],
                "application_type": "native", "token_endpoint_auth_method": "none"}),
            vec!["http://localhost:3118/callback"],
        ),
        (
            "ChatGPT",
            json!({"client_name": "ChatGPT", "redirect_uris": ["https://chatgpt.com/connector/oauth/AbC_12-x"],
                "token_endpoint_auth_method": "client_secret_basic"}),
            vec!["https://chatgpt.com/connector/oauth/AbC_12-x"],
        ),
        (
            "Codex",
            json!({"client_name": "Codex", "redirect_uris": ["http://127.0.0.1:37819/callback/4-bzS8rt42zJ"],
                "application_type": "native"}),
            vec!["http://127.0.0.1:37819/callback/4-bzS8rt42zJ"],
        ),
        (
            "VS Code",
            json!({"client_name": "Visual Studio Code", "client_uri": "https://code.visualstudio.com",
                "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
                "response_types": ["code"], "token_endpoint_auth_method": "none", "application_type": "native",
                "redirect_uris": ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect",
                    "http://localhost/", "http://127.0.0.1/", "http://127.0.0.1:33418/", "http://127.0.0.1:33418"]}),
            vec![
                "http://127.0.0.1:33418/",
                "http://127.0.0.1:33418",
                "http://127.0.0.1:51000/",
                "https://vscode.dev/redirect",
            ],
        ),
        (
            "Cursor",
            json!({"client_name": "Cursor", "token_endpoint_auth_method": "none",
                "redirect_uris": ["cursor://anysphere.cursor-mcp/oauth/callback", "http://localhost:8787/callback",
                    "https://www.cursor.com/agents/mcp/oauth/callback"]}),
            vec![
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "http://localhost:8787/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
            ],
        ),
        (
            "the Inspector",
            json!({"client_name": "MCP Inspector", "client_uri": "https://github.com/modelcontextprotocol/inspector",
                "redirect_uris": ["http://localhost:6274/oauth/callback", "http://localhost:6274/oauth/callback/debug"]}),
            vec![
                "http://localhost:6274/oauth/callback",
                "http://localhost:6274/oauth/callback/debug",
            ],
        ),
        (
            "Copilot Studio",
            json!({"client_name": "Copilot Studio",
                "redirect_uris": ["https://global.consent.azure-apim.net/redirect/cr123-5fosier-5f0a1b2c"]}),
            vec!["https://global.consent.azure-apim.net/redirect/cr123-5fosier-5f0a1b2c"],
        ),
        (
            "Teams",
            json!({"client_name": "Teams", "redirect_uris": ["https://teams.microsoft.com/api/platform/v1.0/oAuthRedirect"]}),
            vec!["https://teams.microsoft.com/api/platform/v1.0/oAuthRedirect"],
        ),
        (
            "mcp-remote",
            json!({"client_name": "MCP CLI Proxy", "redirect_uris": ["http://localhost:14523/oauth/callback"],
                "token_endpoint_auth_method": "none", "software_id": "2e6dc280", "software_version": "1"}),
            vec!["http://localhost:14523/oauth/callback"],
        ),
        (
            "FastMCP",
            json!({"client_name": "FastMCP Client", "redirect_uris": ["http://localhost:49201/callback"],
                "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"], "scope": null}),
            vec!["http://localhost:49201/callback"],
        ),
        (
            "OpenCode",
            json!({"client_name": "OpenCode", "redirect_uris": ["http://127.0.0.1:19876/mcp/oauth/callback"]}),
            vec!["http://127.0.0.1:19876/mcp/oauth/callback"],
        ),
    ]
}

#[tokio::test]
async fn the_usual_clients_register_and_come_back_with_their_addresses() {
    let world = World::new().await;
    for (name, metadata, asked) in registering() {
        let (status, body) = world.register(&metadata).await;
        assert_eq!(status, 201, "{name}: {body}");
        assert_eq!(body["redirect_uris"], metadata["redirect_uris"], "{name}");
        let client = world.find(body["client_id"].as_str().unwrap()).await.unwrap();
        for uri in asked {
            let redirect = client.redirect(uri, world.clients.rules());
            assert_eq!(redirect.unwrap().as_str(), uri, "{name}");
        }
    }
}

#[tokio::test]
async fn the_usual_clients_are_known_by_their_documents() {
    let mut setup = super::world::Setup::default();
    setup.settings.clear();
    let world = World::with(setup).await;
    let usual = [
        (
            "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "Claude",
            "https://claude.ai/api/mcp/auth_callback",
        ),
        (
            "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "Claude",
            "https://claude.com/api/mcp/auth_callback",
        ),
        (
            "https://claude.ai/oauth/claude-code-client-metadata",
            "Claude Code",
            "http://localhost:52163/callback",
        ),
        (
            "https://claude.ai/oauth/claude-code-client-metadata",
            "Claude Code",
            "http://127.0.0.1:52163/callback",
        ),
        (
            "https://chatgpt.com/oauth/client.json",
            "ChatGPT",
            "https://chatgpt.com/connector_platform_oauth_redirect",
        ),
        (
            "https://chatgpt.com/oauth/7NsWlQyClcg9/client.json",
            "ChatGPT",
            "https://chatgpt.com/connector/oauth/7NsWlQyClcg9",
        ),
        ("https://chatgpt.com/oauth/codex/client.json", "Codex", "http://127.0.0.1:37819/callback"),
        (
            "https://chatgpt.com/oauth/codex/4-bzS8rt42zJ/client.json",
            "Codex",
            "http://127.0.0.1:37819/callback/4-bzS8rt42zJ",
        ),
        (
            "https://vscode.dev/oauth/client-metadata.json",
            "Visual Studio Code",
            "http://127.0.0.1:33418/",
        ),
        (
            "https://vscode.dev/oauth/client-metadata.json",
            "Visual Studio Code",
            "http://127.0.0.1:50001",
        ),
        (
            "https://vscode.dev/oauth/client-metadata.json",
            "Visual Studio Code",
            "https://vscode.dev/redirect",
        ),
        ("https://zed.dev/oauth/client-metadata.json", "Zed", "http://127.0.0.1:40001/callback"),
        (
            "https://opencode.ai/oauth/opencode/client.json",
            "opencode",
            "http://127.0.0.1:19876/mcp/oauth/callback",
        ),
    ];
    for (id, name, uri) in usual {
        let client = world.find(id).await.unwrap();
        assert_eq!(client.name, name);
        assert_eq!(client.host.as_deref(), id.split('/').nth(2));
        assert!(client.redirect(uri, world.clients.rules()).is_ok(), "{id} {uri}");
    }
    assert_eq!(world.names.asked(), 0, "no fetch is needed for any of them");
}

/// claude.ai and chatgpt.com have clients on people's machines too: a host says nothing.
#[tokio::test]
async fn one_client_of_a_host_is_not_another() {
    let mut setup = super::world::Setup::default();
    setup.settings.clear();
    let world = World::with(setup).await;
    let web = world.find("https://claude.ai/oauth/mcp-oauth-client-metadata").await.unwrap();
    assert!(web.redirect("http://localhost:5/callback", world.clients.rules()).is_err());
    let code = world.find("https://claude.ai/oauth/claude-code-client-metadata").await.unwrap();
    let callback = "https://claude.ai/api/mcp/auth_callback";
    assert!(code.redirect(callback, world.clients.rules()).is_err());
    assert_ne!(web.digest, code.digest);
    assert!(!settings(&[]).fetch_known);
}
