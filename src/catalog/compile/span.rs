//! `span`: two arguments that are moments, and how far they may be apart.

use serde_json::{Map, Value};

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;
use crate::catalog::raw::RawSpan;
use crate::catalog::tool::Span;

const HOUR: i64 = 3_600;

/// Reads a span and holds it against the arguments that it names.
pub(super) fn span(
    raw: &RawSpan,
    schema: &Map<String, Value>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Span> {
    let spot = spot.child("span");
    let before = problems.count();
    let properties = schema.get("properties");
    for (key, name) in [("from", &raw.from), ("to", &raw.to)] {
        let named = properties.and_then(|properties| properties.get(name));
        if named.and_then(|named| named.get("format")).is_none_or(|format| format != "date-time") {
            let text = format!("'{name}' isn't an argument of type: string, format: date-time");
            spot.child(key).problem(problems, text);
        }
    }
    let longest = longest(&raw.max);
    if longest.is_none() {
        spot.child("max").problem(problems, "write days (P31D) or hours (PT12H)");
    }
    let (seconds, words) = longest?;
    let (from, to) = (raw.from.clone(), raw.to.clone());
    (problems.count() == before).then_some(Span { from, to, seconds, words })
}

/// An ISO 8601 duration of days or of hours, in seconds and in words.
fn longest(text: &str) -> Option<(i64, String)> {
    let (digits, unit, word) = match text.strip_prefix("PT") {
        Some(hours) => (hours.strip_suffix('H')?, HOUR, "hours"),
        None => (text.strip_prefix('P')?.strip_suffix('D')?, 24 * HOUR, "days"),
    };
    let count: i64 = digits.parse().ok().filter(|count| (1..=10_000).contains(count))?;
    Some((count * unit, format!("{count} {word}")))
}

#[cfg(test)]
mod tests {
    use super::longest;

    #[test]
    fn days_and_hours_are_read_and_nothing_else() {
        assert_eq!(longest("P31D"), Some((31 * 86_400, "31 days".to_owned())));
        assert_eq!(longest("PT12H"), Some((43_200, "12 hours".to_owned())));
        for odd in ["", "P", "P0D", "P-1D", "P1M", "P1DT1H", "PT5M", "31", "P99999D", "PD"] {
            assert_eq!(longest(odd), None, "{odd}");
        }
    }
}
