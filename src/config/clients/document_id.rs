//! Client ids that are the address of a client's metadata document
//! (draft-ietf-oauth-client-id-metadata-document §3), and the list of those that are accepted. What
//! has another shape is never fetched and never looked up.

use std::fmt;

use url::{Host, Url};

use super::redirect::{ID, is_id};

/// The longest id, in bytes.
const MAX_LENGTH: usize = 512;

/// Why a text isn't such an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentIdFault {
    /// Longer than 512 characters.
    #[error("is longer than 512 characters")]
    TooLong,
    /// Not `https`.
    #[error("must begin with https://")]
    NotHttps,
    /// URL readers would rewrite it: other case, default port, dot segments, anything but ASCII.
    #[error("isn't a URL in its plain form")]
    NotPlain,
    /// With a fragment, a query, a user name, a password or a port.
    #[error("must have no port, no user name, no ? and no # part")]
    TooMuch,
    /// An address, a local or a single-label name instead of a public host.
    #[error("must name a public host")]
    NotPublic,
    /// A line of the list with a pattern that there isn't.
    #[error("has a pattern in it; the only one is {{id}} as a whole segment of the path")]
    Pattern,
    /// Nothing after the host.
    #[error("must have a path")]
    NoPath,
}

/// The address of a client's metadata document: `https`, port 443, a public name, a plain path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentId {
    text: String,
    host: String,
}

impl DocumentId {
    /// Reads an id.
    ///
    /// # Errors
    /// What is wrong with its shape.
    pub fn parse(text: &str) -> Result<Self, DocumentIdFault> {
        if text.len() > MAX_LENGTH {
            return Err(DocumentIdFault::TooLong);
        }
        let rest = text.strip_prefix("https://").ok_or(DocumentIdFault::NotHttps)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains(['@', ':']) && !authority.starts_with('[')
            || text.contains(['?', '#'])
        {
            return Err(DocumentIdFault::TooMuch);
        }
        let url = Url::parse(text).map_err(|_| DocumentIdFault::NotPlain)?;
        let Some(Host::Domain(host)) = url.host() else {
            return Err(DocumentIdFault::NotPublic);
        };
        if matches!(url.path(), "" | "/") {
            return Err(DocumentIdFault::NoPath);
        }
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"%\\".contains(&byte));
        if url.as_str() != text || !plain || url.path().contains("//") {
            return Err(DocumentIdFault::NotPlain);
        }
        let local = ["localhost", "local", "internal"];
        let last = host.rsplit('.').next().unwrap_or_default();
        if !host.contains('.') || last.is_empty() || local.contains(&last) {
            return Err(DocumentIdFault::NotPublic);
        }
        Ok(Self { text: text.to_owned(), host: host.to_owned() })
    }

    /// The id as it was written, which is the document's address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whose document it is, as people are told.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What this id has where `family` has `{id}`, if it is one of that family.
    pub fn member_of(&self, family: &str) -> Option<&str> {
        let (head, tail) = family.split_once(ID)?;
        self.text.strip_prefix(head)?.strip_suffix(tail).filter(|member| is_id(member))
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The ids that are accepted. A name that only looks like one of them (`xn--…`) isn't one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentIds(Vec<Line>);

/// An exact id, or a family whose members differ in one segment, with [`ID`] where that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Exact(String),
    Family(String),
}

impl DocumentIds {
    pub(super) fn new(lines: Vec<Line>) -> Self {
        Self(lines)
    }

    /// Reads one line of the list.
    pub(super) fn check(line: &str) -> Result<Line, DocumentIdFault> {
        if line.contains('*') {
            return Err(DocumentIdFault::Pattern);
        }
        let Some((head, tail)) = line.split_once(ID) else {
            return DocumentId::parse(line).map(|id| Line::Exact(id.text));
        };
        // A segment of the path: an authority and a slash stand before it.
        let in_path = head.strip_prefix("https://").is_some_and(|rest| rest.contains('/'));
        let whole = head.ends_with('/') && (tail.is_empty() || tail.starts_with('/'));
        if !in_path || !whole || tail.contains(ID) {
            return Err(DocumentIdFault::Pattern);
        }
        // What is left is an id like any other.
        DocumentId::parse(&format!("{head}x{tail}"))?;
        Ok(Line::Family(line.to_owned()))
    }

    /// Is this id one of them?
    pub fn contain(&self, id: &DocumentId) -> bool {
        self.0.iter().any(|line| match line {
            Line::Exact(text) => *text == id.text,
            Line::Family(family) => id.member_of(family).is_some(),
        })
    }
}
