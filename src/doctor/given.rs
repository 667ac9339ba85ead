//! The file of `--token`: an access token, a token endpoint's whole answer, or Entra's refusal where a
//! token was expected. What it holds is never printed.

use std::io::Read as _;
use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;

use crate::aadsts;
use crate::config::{Origin, Problems};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What the file held.
pub enum Given {
    /// What may be a token.
    Token(SecretString),
    /// Entra's refusal, by its AADSTS code.
    Refusal(u32),
    /// An ID token and no access token.
    IdToken,
}

/// A token endpoint's answer (RFC 6749 §5).
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    access_token: Option<SecretString>,
    #[serde(default)]
    id_token: Option<serde::de::IgnoredAny>,
}

impl Given {
    /// Reads the file.
    ///
    /// # Errors
    /// Where it can't be read or holds nothing.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let problem = |says: String| {
            let origin = Origin::File { name: path.display().to_string(), line: 1 };
            Problems::one(origin, "", says)
        };
        let mut text = String::new();
        let read = std::fs::File::open(path)
            .and_then(|file| file.take(LONGEST).read_to_string(&mut text))
            .map_err(|error| error.kind());
        read.map_err(|kind| problem(format!("can't be read ({kind})")))?;
        Self::parse(&text).ok_or_else(|| problem("is empty; put an access token in it".to_owned()))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(Answer { access_token: Some(token), .. }) = serde_json::from_str(text) {
            return Some(Self::Token(token));
        }
        if let Some(code) = aadsts::parse(text) {
            return Some(Self::Refusal(code));
        }
        if let Ok(Answer { id_token: Some(_), .. }) = serde_json::from_str(text) {
            return Some(Self::IdToken);
        }
        let bare = text.strip_prefix("Authorization:").unwrap_or(text).trim();
        let bare = bare.strip_prefix("Bearer ").unwrap_or(bare).trim();
        (!bare.is_empty()).then(|| Self::Token(SecretString::from(bare)))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_token_is_found_however_it_was_saved() {
        let saved = [
            "a.b.c\n",
            "Bearer a.b.c",
            "Authorization: Bearer a.b.c\r\n",
            r#"{"token_type":"Bearer","access_token":"a.b.c","expires_in":1}"#,
        ];
        for text in saved {
            let Some(Given::Token(token)) = Given::parse(text) else { panic!("{text}") };
            assert_eq!(token.expose_secret(), "a.b.c", "{text}");
        }
        let refusal = r#"{"error":"invalid_grant","error_description":"AADSTS65001: The user …"}"#;
        assert!(matches!(Given::parse(refusal), Some(Given::Refusal(65001))));
        assert!(matches!(Given::parse(r#"{"id_token":"a.b.c"}"#), Some(Given::IdToken)));
        assert!(Given::parse(" \n").is_none());
    }
}
