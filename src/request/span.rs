//! Two moments of a call: the one before the other, and not too far apart.

use chrono::DateTime;
use serde_json::{Map, Value};

use crate::catalog::Span;

/// What is wrong with a call's two moments, said so that it can be mended; nothing where only one of
/// them is given.
pub(super) fn problem(span: &Span, arguments: &Map<String, Value>) -> Option<String> {
    let Span { from, to, seconds, words } = span;
    let (first, second) = (arguments.get(from)?, arguments.get(to)?);
    let read =
        |value: &Value| value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    let Some(first) = read(first) else { return Some(format!("{from}: not a time (RFC 3339)")) };
    let Some(second) = read(second) else { return Some(format!("{to}: not a time (RFC 3339)")) };
    let apart = second.signed_duration_since(first);
    if apart <= chrono::TimeDelta::zero() {
        return Some(format!("{to}: must be after {from}"));
    }
    (apart > chrono::TimeDelta::seconds(*seconds))
        .then(|| format!("{to}: at most {words} after {from}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_second_is_after_the_first_and_not_too_far() {
        let span = Span {
            from: "start".to_owned(),
            to: "end".to_owned(),
            seconds: 31 * 86_400,
            words: "31 days".to_owned(),
        };
        let said = |start: &str, end: &str| {
            problem(&span, json!({"start": start, "end": end}).as_object().unwrap())
        };
        let january = "2026-01-01T00:00:00Z";
        assert_eq!(said(january, "2026-02-01T00:00:00Z"), None);
        assert_eq!(said(january, "2026-02-01T02:00:00+02:00"), None);
        let long = said(january, "2026-02-01T00:00:01Z").unwrap();
        assert_eq!(long, "end: at most 31 days after start");
        for end in [january, "2025-12-31T23:59:59Z", "2026-01-01T01:00:00+02:00"] {
            assert_eq!(said(january, end).unwrap(), "end: must be after start");
        }
        assert_eq!(said("soon", january).unwrap(), "start: not a time (RFC 3339)");
        assert_eq!(problem(&span, json!({"start": january}).as_object().unwrap()), None);
    }
}
