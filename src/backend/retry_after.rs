//! The `Retry-After` header (RFC 9110 §10.2.3): seconds or an HTTP date.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::clock::Clock;

/// A longer wait is told as this long.
const LONGEST: Duration = Duration::from_hours(1);

/// How long to wait, where the header says so sensibly.
pub(super) fn read(headers: &HeaderMap, clock: &Clock) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let at = httpdate::parse_http_date(text).ok()?;
        at.duration_since(clock.now()).unwrap_or_default()
    };
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_seconds_and_dates_and_nothing_else() {
        let clock = Clock::manual();
        let wait = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            read(&headers, &clock)
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("999999999"), Some(LONGEST));
        let date = httpdate::fmt_http_date(clock.now() + Duration::from_secs(90));
        assert!(wait(&date).is_some_and(|wait| (89..=90).contains(&wait.as_secs())));
        assert_eq!(wait("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["", "-5", "soon", "1.5", "99999999999999999999999"] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
    }
}
