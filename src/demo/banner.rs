//! What `osier demo` says when it is ready: who is there, what each may see, how to connect.

use std::fmt::Write as _;

use super::people::{PEOPLE, TENANT_ID};
use super::world::BLUEPRINTS;

/// The text for a person at a terminal. `osier_url` is Osier's public URL without a path
/// (`http://127.0.0.1:8080`); the caller prints it to stderr.
pub fn banner(osier_url: &str, entra_url: &str, services_url: &str, strict: bool) -> String {
    let osier_url = osier_url.trim_end_matches('/');
    let port = osier_url.rsplit(':').next().filter(|port| *port != "8080");
    let port = port.map(|port| format!(" --port {port}")).unwrap_or_default();
    let mut text = format!("\nOsier demo\n\n  MCP endpoint   {osier_url}/mcp\n");
    let fence = if strict { "strict: they fence by person too" } else { "lax: Osier alone fences" };
    // Writing to a String can't fail.
    let _ = writeln!(
        text,
        "  sign-in        {entra_url} (a look-alike of Entra ID, tenant {TENANT_ID})"
    );
    let _ = writeln!(text, "  services       {services_url} ({fence})");
    text.push_str("\nSites\n");
    for site in &BLUEPRINTS {
        let _ = writeln!(text, "  {}  {:<18} {}", site.code, site.name(), site.id);
    }
    text.push_str("\nPeople\n");
    for person in &PEOPLE {
        let _ = writeln!(text, "  {:<6} {}", person.name, person.may);
    }
    let _ = write!(
        text,
        "\nConnect: add {osier_url}/mcp to a client, and sign in as one of the people\n\
         \x20 Claude Code\n\
         \x20   claude mcp add --transport http osier {osier_url}/mcp     then /mcp, Authenticate\n\
         \x20 VS Code, in .vscode/mcp.json\n\
         \x20   {{\"servers\": {{\"osier\": {{\"type\": \"http\", \"url\": \"{osier_url}/mcp\"}}}}}}\n\
         \x20 MCP Inspector\n\
         \x20   npx @modelcontextprotocol/inspector, transport Streamable HTTP, URL {osier_url}/mcp\n\n\
         Without a browser: a header with a token, which lasts 60 to 90 minutes\n\
         \x20 osier token --user ben{port}        prints ben's access token\n\
         \x20 (in the source tree: cargo run -q -- token --user ben{port})\n\n\
         Everything here is invented and kept in memory. Writes last until the demo ends.\n\
         Stop with Ctrl-C.\n"
    );
    text
}
