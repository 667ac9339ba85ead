//! Clients' metadata documents. The first line is an id, the rest the document that was found there.

use std::sync::LazyLock;

use osier::config::{DocumentId, RedirectUri};
use osier::oauth::client::read_document;
use serde_json::Value;
use url::{Host, Url};

static USUAL: LazyLock<DocumentId> =
    LazyLock::new(|| DocumentId::parse("https://app.example.com/client.json").unwrap());

pub(crate) fn run(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, document) = bytes.split_at(end);
    let document = document.strip_prefix(b"\n").unwrap_or_default();
    let parsed = std::str::from_utf8(line).ok().and_then(|line| DocumentId::parse(line).ok());
    if let Some(id) = &parsed {
        plain(id.as_str());
    }
    let id = parsed.as_ref().unwrap_or(&USUAL);
    let Some(client) = read_document(id, document) else { return };
    assert!(document.len() <= 5 * 1024);
    let object: Value = serde_json::from_slice(document).unwrap();
    assert_eq!(object["client_id"], *id.as_str());
    assert_eq!(client.id, id.as_str());
    assert_eq!(client.host.as_deref(), Some(id.host()));
    assert!(object.get("client_secret").is_none());
    let hidden = |sign: char| {
        sign.is_control()
            || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!client.name.is_empty() && client.name.chars().count() <= 64, "{:?}", client.name);
    assert!(!client.name.contains(hidden), "{:?}", client.name);
    let listed = object["redirect_uris"].as_array().unwrap();
    assert!(!listed.is_empty() && listed.len() == client.redirects().len());
    for (redirect, listed) in client.redirects().iter().zip(listed) {
        assert_eq!(*listed, *redirect.as_str());
        safe(redirect);
    }
}

/// Fetched over https, from a public name, at the usual port.
fn plain(id: &str) {
    let url = Url::parse(id).unwrap();
    assert_eq!(url.as_str(), id);
    assert_eq!((url.scheme(), url.port(), url.username()), ("https", None, ""), "{id}");
    assert_eq!((url.password(), url.query(), url.fragment()), (None, None, None), "{id}");
    assert!(matches!(url.host(), Some(Host::Domain(name)) if name.contains('.')), "{id}");
    assert!(url.path().len() > 1 && !url.path().contains("//"), "{id}");
}

/// A browser that is sent there runs nothing and carries no code out in a fragment.
fn safe(redirect: &RedirectUri) {
    let url = Url::parse(redirect.as_str()).unwrap();
    assert!(!["javascript", "data", "file", "blob", "vbscript", "about"].contains(&url.scheme()));
    assert_eq!((url.fragment(), url.username(), url.password()), (None, "", None), "{url}");
    if url.scheme() == "http" {
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        assert!(loopback && redirect.is_loopback(), "{url}");
    }
}
