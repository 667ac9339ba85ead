//! Addresses to which a browser is sent back with an authorization code, and the list of those that
//! are allowed. The configuration reads its list with them; the OAuth door judges each request.
//!
//! An address is kept as the text that was sent, and texts are compared (RFC 9700 §2.1, §4.1). What
//! two programs could read differently isn't an address here at all. One exception is RFC 8252 §7.3:
//! on loopback the port is the client's own affair. One pattern stands beside it: [`ID`].

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// The longest address, in bytes.
pub(super) const MAX_LENGTH: usize = 256;
/// The one pattern of a rule: as the last segment of a path it stands for 1 to 64 letters, digits,
/// `_` and `-`. ChatGPT, Codex and Copilot Studio give each connection an address of its own.
pub(super) const ID: &str = "{id}";
const MAX_ID: usize = 64;

/// Schemes that run, read or show something where they should lead to an application.
const UNSAFE_SCHEMES: [&str; 24] = [
    "about",
    "blob",
    "chrome",
    "chrome-extension",
    "content",
    "data",
    "edge",
    "feed",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "jar",
    "javascript",
    "livescript",
    "mailto",
    "mocha",
    "resource",
    "sms",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Why a text isn't an address to send a browser to, or isn't allowed to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    /// Longer than 256 characters.
    #[error("is longer than 256 characters")]
    TooLong,
    /// Not an absolute URL, or one that URL readers would rewrite: other case, default port, dot
    /// segments, spaces, backslashes, controls, anything but ASCII.
    #[error("isn't an absolute URL in its plain form")]
    NotPlain,
    /// With a fragment (RFC 6749 §3.1.2).
    #[error("has a # part")]
    Fragment,
    /// With a user name or a password.
    #[error("has a user name or a password")]
    Userinfo,
    /// An escape in the path that hides a dot, a slash, a backslash, a percent sign or a control.
    #[error("has an escape in its path that hides a separator")]
    HiddenSeparator,
    /// A scheme that doesn't lead to an application.
    #[error("has a scheme that isn't safe to open")]
    UnsafeScheme,
    /// Plain `http` to another machine.
    #[error(
        "is plain http to another machine; use https, or http on 127.0.0.1, [::1] or localhost"
    )]
    PlainHttp,
    /// A rule with a pattern that there isn't.
    #[error("has a pattern in it; the only one is {{id}} as the last segment of a path")]
    Pattern,
    /// Not among the client's own addresses.
    #[error("isn't one of the client's own redirect addresses")]
    NotRegistered,
    /// Not in the list of this server.
    #[error("isn't in this server's list of redirect addresses")]
    NotAllowed,
}

/// An address to which a browser may be sent: parsed, and safe to put in a `Location` header.
/// Whether it may be used is another question ([`RedirectRules::allows`]).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri {
    text: String,
    /// Where in the text the port begins and ends, on loopback alone; begin and end are equal where
    /// there is none.
    loopback_port: Option<(usize, usize)>,
}

impl RedirectUri {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, RedirectFault> {
        if text.len() > MAX_LENGTH {
            return Err(RedirectFault::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(RedirectFault::NotPlain);
        }
        if text.contains('#') {
            return Err(RedirectFault::Fragment);
        }
        let url = Url::parse(text).map_err(|_| RedirectFault::NotPlain)?;
        if url.cannot_be_a_base() || UNSAFE_SCHEMES.contains(&url.scheme()) {
            return Err(RedirectFault::UnsafeScheme);
        }
        // Also the empty ones of `https://@host`, which the reader drops.
        let rest = text.split_once(':').map_or("", |(_, rest)| rest);
        let authority = rest.strip_prefix("//").map_or("", until_path);
        if authority.contains('@') {
            return Err(RedirectFault::Userinfo);
        }
        // `http://127.0.0.1:33418` is read with a slash at its end; VS Code sends it without.
        let bare = url.path() == "/" && url.as_str().strip_suffix('/') == Some(text);
        if url.as_str() != text && !bare {
            return Err(RedirectFault::NotPlain);
        }
        if hides_separator(url.path()) {
            return Err(RedirectFault::HiddenSeparator);
        }
        let host_ends_in_dot = url.host_str().is_some_and(|host| host.ends_with('.'));
        let is_web = matches!(url.scheme(), "http" | "https");
        if host_ends_in_dot || (is_web && url.path().contains("//")) {
            return Err(RedirectFault::NotPlain);
        }
        if url.scheme() != "http" {
            return Ok(Self { text: text.to_owned(), loopback_port: None });
        }
        if !is_loopback_host(&url) {
            return Err(RedirectFault::PlainHttp);
        }
        let start = "http://".len();
        let end = start + authority.len();
        let digits = url.port().map_or(0, |port| format!(":{port}").len());
        Ok(Self { text: text.to_owned(), loopback_port: Some((end - digits, end)) })
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Plain `http` to the person's own machine: `127.0.0.1`, `[::1]` or `localhost`. Any program
    /// there may be listening (RFC 8252 §8.3).
    pub fn is_loopback(&self) -> bool {
        self.loopback_port.is_some()
    }

    /// What people are told of where they are sent: `host` or `host:port`; the scheme of an
    /// application (`cursor`).
    pub fn shown_host(&self) -> String {
        let (scheme, rest) = self.text.split_once(':').unwrap_or((&self.text, ""));
        match scheme {
            "http" | "https" => until_path(rest.trim_start_matches('/')).to_owned(),
            other => other.to_owned(),
        }
    }

    /// Is `asked` this address? Byte for byte, but for the port on loopback. `localhost` and
    /// `127.0.0.1` are two.
    pub fn matches(&self, asked: &Self) -> bool {
        self.comparable() == asked.comparable()
    }

    /// The address in two parts, without what lies between them: the port on loopback.
    fn comparable(&self) -> (&str, &str) {
        let cut = |from, to| Some((self.text.get(..from)?, self.text.get(to..)?));
        self.loopback_port.and_then(|(from, to)| cut(from, to)).unwrap_or((&self.text, ""))
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = RedirectFault;

    fn try_from(text: String) -> Result<Self, RedirectFault> {
        Self::parse(&text)
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.text
    }
}

/// The addresses that this server allows, whichever client asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectRules(Vec<RedirectRule>);

impl RedirectRules {
    /// A list of rules; an empty one allows nothing.
    pub fn new(rules: Vec<RedirectRule>) -> Self {
        Self(rules)
    }

    /// Does a rule allow the address?
    pub fn allows(&self, asked: &RedirectUri) -> bool {
        self.0.iter().any(|rule| rule.allows(asked))
    }
}

/// One line of the list: an address, or addresses that differ in their last segment alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectRule {
    address: RedirectUri,
    /// The address ends in a slash, and [`ID`] follows it.
    any_id: bool,
}

impl RedirectRule {
    /// Reads one line.
    ///
    /// # Errors
    /// What is wrong with the address. An asterisk would stand for itself, which nobody means.
    pub fn parse(text: &str) -> Result<Self, RedirectFault> {
        let family = text.strip_suffix(ID).filter(|before| before.ends_with('/'));
        let address = RedirectUri::parse(family.unwrap_or(text))?;
        if address.text.contains(['*', '{', '}']) || family.is_some() && address.text.contains('?')
        {
            return Err(RedirectFault::Pattern);
        }
        Ok(Self { address, any_id: family.is_some() })
    }

    fn allows(&self, asked: &RedirectUri) -> bool {
        if !self.any_id {
            return self.address.matches(asked);
        }
        let ((head, tail), (asked_head, asked_tail)) =
            (self.address.comparable(), asked.comparable());
        let last = if self.address.is_loopback() && asked.is_loopback() && head == asked_head {
            asked_tail.strip_prefix(tail)
        } else if !self.address.is_loopback() {
            asked_head.strip_prefix(head)
        } else {
            None
        };
        last.is_some_and(is_id)
    }
}

/// Can this stand where a rule says [`ID`]?
pub(super) fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(plain)
}

fn until_path(text: &str) -> &str {
    text.split(['/', '?']).next().unwrap_or_default()
}

fn is_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(ip)) => ip == std::net::Ipv6Addr::LOCALHOST,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Escapes that some readers undo before they look for segments.
fn hides_separator(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let code = rest.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        code.is_none_or(|byte| {
            matches!(byte, b'.' | b'/' | b'\\' | b'%') || byte.is_ascii_control()
        })
    })
}

#[cfg(test)]
mod tests;
