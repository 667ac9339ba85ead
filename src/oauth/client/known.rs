//! Copies of the metadata documents of the clients that everybody has. Their makers' servers answer
//! datacentres with 403 at times, and an Osier without a way out must work too; so these are served
//! as they stand here, or, with `clients.fetch_known`, where a fetch fails.
//!
//! They were written in autumn 2026 from what third parties had fetched and told, not fetched by us.
//! To refresh one: fetch the address that is its `client_id`, keep the members that
//! [`super::document`] reads, run the tests of this module and of `tests/it/clients`. A copy with
//! `{id}` in it stands for a family: ChatGPT's connections and Codex's servers have a document each,
//! which differ in that one segment.

use super::{Client, document};
use crate::config::DocumentId;

/// Address and copy. Families stand last: `codex` would be a member of one.
const DOCUMENTS: [(&str, &str); 9] = [
    ("https://claude.ai/oauth/mcp-oauth-client-metadata", include_str!("known/claude.json")),
    ("https://claude.ai/oauth/claude-code-client-metadata", include_str!("known/claude-code.json")),
    ("https://chatgpt.com/oauth/client.json", include_str!("known/chatgpt.json")),
    ("https://chatgpt.com/oauth/codex/client.json", include_str!("known/codex.json")),
    ("https://vscode.dev/oauth/client-metadata.json", include_str!("known/vscode.json")),
    ("https://zed.dev/oauth/client-metadata.json", include_str!("known/zed.json")),
    ("https://opencode.ai/oauth/opencode/client.json", include_str!("known/opencode.json")),
    ("https://chatgpt.com/oauth/{id}/client.json", include_str!("known/chatgpt-connection.json")),
    ("https://chatgpt.com/oauth/codex/{id}/client.json", include_str!("known/codex-server.json")),
];

/// The built-in copy of a document. The caller has seen that the id is allowed.
pub(super) fn find(id: &DocumentId) -> Option<Client> {
    let text = DOCUMENTS.iter().find_map(|(address, text)| {
        if *address == id.as_str() {
            return Some((*text).to_owned());
        }
        id.member_of(address).map(|member| text.replace("{id}", member))
    })?;
    document::read(id, text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Environment};

    /// What a server without settings of its own allows.
    fn defaults() -> crate::config::Clients {
        let key = data_encoding::BASE64.encode(&crate::seal::random_bytes::<32>().unwrap());
        let environment = Environment::default().with("OSIER_KEYS__CURRENT", key);
        let text = include_str!("../../../config/demo.toml");
        Config::parse("demo.toml", text, &environment).unwrap().clients
    }

    #[test]
    fn each_copy_is_read_and_allowed_by_default() {
        let defaults = defaults();
        for (address, text) in DOCUMENTS {
            let [address, text] = [address, text].map(|of| of.replace("{id}", "4-bzS8rt42zJ"));
            let id = DocumentId::parse(&address).unwrap();
            document::read(&id, text.as_bytes()).unwrap_or_else(|fault| panic!("{id}: {fault}"));
            assert!(defaults.documents.contain(&id), "{id}");
            let client = find(&id).unwrap_or_else(|| panic!("{id}"));
            assert_eq!(client.id, id.as_str());
            assert_eq!(client.host.as_deref(), Some(id.host()));
            for redirect in client.redirects() {
                assert!(defaults.redirects.allows(redirect), "{id}: {redirect}");
            }
        }
    }

    #[test]
    fn a_family_member_has_addresses_of_its_own() {
        let find = |id: &str| find(&DocumentId::parse(id).unwrap());
        let rules = defaults().redirects;
        let own = find("https://chatgpt.com/oauth/AbC_12-x/client.json").unwrap();
        assert!(own.redirect("https://chatgpt.com/connector/oauth/AbC_12-x", &rules).is_ok());
        assert!(own.redirect("https://chatgpt.com/connector/oauth/other", &rules).is_err());
        let codex = find("https://chatgpt.com/oauth/codex/k9/client.json").unwrap();
        assert!(codex.redirect("http://127.0.0.1:51234/callback/k9", &rules).is_ok());
        assert!(codex.redirect("http://127.0.0.1:51234/callback", &rules).is_err());
        let plain = find("https://chatgpt.com/oauth/codex/client.json").unwrap();
        assert_eq!(plain.name, "Codex");
        assert!(find("https://chatgpt.com/oauth/a/b/client.json").is_none());
        assert!(find("https://chatgpt.com/oauth/a.b/client.json").is_none());
        assert!(find("https://claude.ai/oauth/other").is_none());
    }
}
