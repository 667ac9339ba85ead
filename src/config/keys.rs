//! `[keys]`: the secrets that sealed values (confirmations, cursors, session ids) are made with.
//! There is no default: a key that everybody knows would be no key. A key is never printed.

use std::collections::BTreeSet;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Deserialize;

use super::problems::Report;

/// The sealing keys, at least 32 bytes each; a key for each purpose is derived from them.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Seals, and opens.
    pub current: SecretSlice<u8>,
    /// Opens what was sealed before the last change of keys.
    pub previous: Option<SecretSlice<u8>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawKeys {
    /// Required, secret. At least 32 random bytes in base64: `openssl rand -base64 32`.
    /// `OSIER_KEYS__CURRENT` or `OSIER_KEYS__CURRENT_FILE`
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    current: Option<SecretString>,
    /// Secret. The key before the last change, kept until what it sealed has expired.
    /// `OSIER_KEYS__PREVIOUS` or `OSIER_KEYS__PREVIOUS_FILE`
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    previous: Option<SecretString>,
}

const MIN_BYTES: usize = 32;
/// 32 random bytes hold about 30 different ones; fewer than 16 don't happen by chance.
const MIN_DIFFERENT: usize = 16;

impl RawKeys {
    pub(super) fn resolve(self, report: &mut Report) -> Option<Keys> {
        let what = "at least 32 random bytes in base64, as `openssl rand -base64 32` prints";
        let current = report
            .require("keys.current", self.current, what)
            .and_then(|text| read_key(report, "keys.current", &text));
        let previous = self
            .previous
            .map(|text| read_key(report, "keys.previous", &text))
            .map_or(Some(None), |key| key.map(Some));
        let (current, previous) = (current?, previous?);
        if previous.as_ref().is_some_and(|key| key.expose_secret() == current.expose_secret()) {
            report.say("keys.previous", "is the same key as keys.current; remove it");
        }
        Some(Keys { current, previous })
    }
}

fn read_key(report: &mut Report, key: &str, text: &SecretString) -> Option<SecretSlice<u8>> {
    let text = text.expose_secret().trim().trim_end_matches('=');
    let decoded =
        BASE64_NOPAD.decode(text.as_bytes()).or_else(|_| BASE64URL_NOPAD.decode(text.as_bytes()));
    let says = match decoded {
        Err(_) => "isn't base64; make a key with `openssl rand -base64 32`",
        Ok(bytes) if bytes.len() < MIN_BYTES => {
            "is shorter than 32 bytes; make a key with `openssl rand -base64 32`"
        }
        Ok(bytes) if is_guessable(&bytes) => {
            "doesn't look random; make a key with `openssl rand -base64 32`"
        }
        Ok(bytes) => return Some(bytes.into()),
    };
    report.say(key, says);
    None
}

/// Text in base64, or a few bytes again and again.
fn is_guessable(bytes: &[u8]) -> bool {
    let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    bytes.iter().collect::<BTreeSet<_>>().len() < MIN_DIFFERENT || bytes.iter().all(printable)
}
