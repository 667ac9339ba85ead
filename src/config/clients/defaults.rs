//! The clients that may sign people in without further settings: what their makers and others told
//! of them by autumn 2026. `config/osier.toml` shows the same lists.

/// Where they have browsers sent back to. The port on loopback is free.
pub(super) const REDIRECT_URIS: [&str; 24] = [
    // claude.ai on the web, the desktop and the phone
    "https://claude.ai/api/mcp/auth_callback",
    "https://claude.com/api/mcp/auth_callback",
    // ChatGPT
    "https://chatgpt.com/connector_platform_oauth_redirect",
    "https://chatgpt.com/connector/oauth/{id}",
    // VS Code
    "https://vscode.dev/redirect",
    "https://insiders.vscode.dev/redirect",
    "http://127.0.0.1/",
    "http://127.0.0.1",
    // Cursor, and http://localhost:8787/callback below
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "https://www.cursor.com/agents/mcp/oauth/callback",
    // Copilot Studio and Teams
    "https://global.consent.azure-apim.net/redirect/{id}",
    "https://teams.microsoft.com/api/platform/v1.0/oAuthRedirect",
    // Claude Code, Codex, Zed, FastMCP, the SDKs' examples
    "http://127.0.0.1/callback",
    "http://localhost/callback",
    "http://[::1]/callback",
    "http://127.0.0.1/callback/{id}",
    "http://localhost/callback/{id}",
    // mcp-remote and the Inspector
    "http://127.0.0.1/oauth/callback",
    "http://localhost/oauth/callback",
    "http://127.0.0.1/oauth/callback/debug",
    "http://localhost/oauth/callback/debug",
    // OpenCode, which sends another path than its document says
    "http://127.0.0.1/mcp/oauth/callback",
    "http://localhost/mcp/oauth/callback",
    // VS Code's older registrations
    "http://localhost/",
];

/// The addresses of their metadata documents.
pub(super) const CIMD: [&str; 9] = [
    "https://claude.ai/oauth/mcp-oauth-client-metadata",
    "https://claude.ai/oauth/claude-code-client-metadata",
    "https://chatgpt.com/oauth/client.json",
    "https://chatgpt.com/oauth/{id}/client.json",
    "https://chatgpt.com/oauth/codex/client.json",
    "https://chatgpt.com/oauth/codex/{id}/client.json",
    "https://vscode.dev/oauth/client-metadata.json",
    "https://zed.dev/oauth/client-metadata.json",
    "https://opencode.ai/oauth/opencode/client.json",
];
