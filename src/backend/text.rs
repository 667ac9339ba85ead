//! A part of a text that a service streams: of a document or an attachment. No more of it than the
//! part is ever held, and nothing of a file that isn't text. Links to files aren't followed: they are
//! secrets, and lead to hosts that nobody configured.

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::call::{Refusal, TroubleKind, Unreadable};
use crate::catalog::{CONTEXT, TextAnswer, Unit};

use super::Errand;
use super::render::Filled;
use super::transport::{Part, PartFault, Transport};

/// The longest character in UTF-8, in bytes.
const LONGEST: usize = 4;
/// A longer type isn't repeated.
const MAX_TYPE: usize = 80;

/// What was read of a streamed text: the part that was asked for, with what stands around it.
#[derive(Clone, Debug)]
pub struct Streamed {
    /// The bytes, as they came.
    pub bytes: Bytes,
    /// Where in the whole they begin.
    pub start: u64,
    /// Where the part that was asked for begins.
    pub offset: u64,
    /// How much of it was asked for, in the answer's unit.
    pub length: usize,
    /// The service has nothing after these bytes.
    pub ended: bool,
    /// How long the whole is, if the service said so.
    pub size: Option<u64>,
    /// The content type, `type/subtype`; none where the service had nothing to give.
    pub content_type: Option<String>,
}

/// Reads a part of a text.
pub(super) async fn read(
    service: &Transport,
    request: Filled,
    answer: &TextAnswer,
    arguments: &Map<String, Value>,
    errand: &mut Errand<'_>,
) -> Result<Streamed, Refusal> {
    let number = |name: &str| arguments.get(name).and_then(Value::as_u64);
    let offset = number(&answer.offset).unwrap_or_default();
    let length = number(&answer.length).and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or(Refusal::Internal)?;
    let context = u64::try_from(CONTEXT).map_err(|_| Refusal::Internal)?;
    let from = offset.saturating_sub(context);
    let before = usize::try_from(offset - from).map_err(|_| Refusal::Internal)?;
    let asked = match answer.unit {
        Unit::Chars => length.saturating_mul(LONGEST),
        Unit::Bytes => length,
    };
    let most = before + asked + CONTEXT;
    let unreadable = |why| Refusal::Unreadable { why, otherwise: answer.otherwise.clone() };
    let takes = |content_type: &str| {
        let essence = essence(content_type);
        answer.takes(&essence) && in_utf8(content_type)
    };
    let identity = errand.fill.identity;
    let part = service.part(request, (from, most), &takes, identity, errand.sent).await;
    let part = part.map_err(|fault| match fault {
        PartFault::Type(content_type) => unreadable(Unreadable::Type(told(&content_type))),
        PartFault::Elsewhere => unreadable(Unreadable::ByLink),
        PartFault::TooFar => Refusal::TooLarge,
        PartFault::Trouble(TroubleKind::Gone) => unreadable(Unreadable::Nothing),
        PartFault::Trouble(kind) => service.trouble(kind),
    })?;
    let Part { bytes, size, ended, content_type } = part;
    let content_type = content_type.as_deref().map(essence);
    if from == 0 && ended && is_link(content_type.as_deref(), &bytes) {
        return Err(unreadable(Unreadable::ByLink));
    }
    Ok(Streamed { bytes, start: from, offset, length, ended, size, content_type })
}

/// `type/subtype` in lower case, without parameters (RFC 9110 §8.3.1).
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// No charset is UTF-8 here: it is what JSON demands and what texts are written in.
fn in_utf8(content_type: &str) -> bool {
    let mut parameters = content_type.split(';').skip(1).filter_map(|one| one.split_once('='));
    let charset = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    charset.is_none_or(|(_, value)| {
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        ["utf-8", "utf8", "us-ascii"].contains(&value.as_str())
    })
}

/// A content type as it may be repeated to a caller.
fn told(content_type: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/.+-".contains(c);
    let essence = essence(content_type);
    if essence.is_empty() || essence.len() > MAX_TYPE || !essence.chars().all(plain) {
        return "of an unknown type".to_owned();
    }
    essence
}

/// `{sasUrl, expiresOn}` instead of the file: a service may hand it out by a signed link.
fn is_link(content_type: Option<&str>, bytes: &[u8]) -> bool {
    let json = content_type.is_some_and(|essence| essence.ends_with("json"));
    let answer: Option<Value> = json.then(|| serde_json::from_slice(bytes).ok()).flatten();
    let fields = answer.as_ref().and_then(Value::as_object);
    fields.is_some_and(|fields| fields.keys().any(|key| key.eq_ignore_ascii_case("sasUrl")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_without_their_parameters_and_only_in_utf_8() {
        assert_eq!(essence("Text/Plain; charset=utf-8"), "text/plain");
        for (content_type, readable) in [
            ("text/plain", true),
            ("text/plain; charset=\"UTF-8\"", true),
            ("text/plain; format=flowed; charset=us-ascii", true),
            ("text/plain; charset=utf-16", false),
            ("text/plain;charset=iso-8859-1", false),
        ] {
            assert_eq!(in_utf8(content_type), readable, "{content_type}");
        }
        assert_eq!(told("application/PDF"), "application/pdf");
        for odd in ["", ";", "a b", "<script>", &"x".repeat(100)] {
            assert_eq!(told(odd), "of an unknown type", "{odd}");
        }
    }

    #[test]
    fn an_answer_that_only_links_to_the_file_is_known() {
        let json = Some("application/json");
        assert!(is_link(json, br#"{"sasUrl":"https://x/y?sig=z","expiresOn":"2026"}"#));
        assert!(is_link(json, br#"{"SasURL":null}"#));
        assert!(!is_link(json, br#"{"a":{"sasUrl":1}}"#) && !is_link(json, b"[]"));
        assert!(!is_link(Some("text/plain"), br#"{"sasUrl":1}"#) && !is_link(json, b"{"));
    }
}
