//! How one attempt at a service ended badly: what its status, its silence or its body means, for the
//! caller, for another attempt and for the service's standing. `transport` asks. A service's own texts
//! stay here.

use std::collections::BTreeSet;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::call::TroubleKind;
use crate::clock::Clock;
use crate::outbound::ReadFault;

use super::retry::Failed;
use super::retry_after;

/// More fields than this aren't named when a service rejects values.
const MAX_FIELDS_NAMED: usize = 10;

/// One attempt's bad end: what it means for the caller, for another attempt, and for the service's
/// standing.
pub(super) struct Ended {
    pub(super) kind: TroubleKind,
    pub(super) failed: Failed,
    /// The service didn't do its part; false where it answered as it should.
    pub(super) at_fault: bool,
}

impl Ended {
    /// With an answer that another attempt wouldn't change.
    fn answered(kind: TroubleKind) -> Self {
        Self { kind, failed: Failed::ForGood, at_fault: false }
    }

    /// Before an answer's head: while connecting or after, in time or not.
    pub(super) fn without_answer(connecting: bool, timeout: bool) -> Self {
        let (kind, failed) = match (connecting, timeout) {
            (true, _) => (TroubleKind::Unreachable, Failed::Unconnected),
            (false, true) => (TroubleKind::NoAnswer, Failed::ForGood),
            (false, false) => (TroubleKind::NoAnswer, Failed::Lost),
        };
        Self { kind, failed, at_fault: true }
    }

    /// In the body of a success.
    pub(super) fn in_body(fault: ReadFault) -> Self {
        match fault {
            // The service works; it says too much.
            ReadFault::TooLong => Self::answered(TroubleKind::BadAnswer),
            ReadFault::TooSlow => {
                Self { kind: TroubleKind::NoAnswer, failed: Failed::ForGood, at_fault: true }
            }
            ReadFault::Broken => {
                Self { kind: TroubleKind::BadAnswer, failed: Failed::Lost, at_fault: true }
            }
        }
    }

    /// With a status other than success.
    pub(super) fn of_status(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        names: &BTreeSet<String>,
        clock: &Clock,
    ) -> Self {
        let answered = Ended::answered;
        match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                answered(TroubleKind::Rejected(rejected_fields(headers, body, names)))
            }
            StatusCode::UNAUTHORIZED => answered(TroubleKind::NotSignedIn),
            StatusCode::FORBIDDEN => answered(TroubleKind::Forbidden),
            StatusCode::NOT_FOUND | StatusCode::GONE => answered(TroubleKind::Gone),
            StatusCode::CONFLICT => answered(TroubleKind::Conflict),
            StatusCode::PRECONDITION_FAILED => answered(TroubleKind::Stale),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let wait = retry_after::read(headers, clock);
                let failed = Failed::TurnedAway(wait);
                // A limit that is kept to is no failure.
                let at_fault = status == StatusCode::SERVICE_UNAVAILABLE;
                Ended { kind: TroubleKind::Busy(wait), failed, at_fault }
            }
            // The service's own word that it gave up, not a gateway's that it lost it.
            StatusCode::REQUEST_TIMEOUT => {
                Ended { kind: TroubleKind::NoAnswer, failed: Failed::ForGood, at_fault: true }
            }
            StatusCode::GATEWAY_TIMEOUT | StatusCode::BAD_GATEWAY => {
                Ended { kind: TroubleKind::NoAnswer, failed: Failed::Lost, at_fault: true }
            }
            status => {
                let at_fault = status.is_server_error();
                Ended { at_fault, ..answered(TroubleKind::BadAnswer) }
            }
        }
    }
}

/// Of the names that a request says, those that a problem document (RFC 9457, ASP.NET `errors`)
/// calls wrong, in our spelling. Its texts stay here, and so do names of its own: they may tell
/// what the caller may not see.
fn rejected_fields(headers: &HeaderMap, body: &[u8], names: &BTreeSet<String>) -> Vec<String> {
    let json = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.contains("json"));
    let problem: Option<Value> = json.then(|| serde_json::from_slice(body).ok()).flatten();
    let errors = problem.as_ref().and_then(|problem| problem.get("errors")?.as_object());
    let wrong = |name: &&String| {
        errors.is_some_and(|errors| errors.keys().any(|key| key.eq_ignore_ascii_case(name)))
    };
    names.iter().filter(wrong).take(MAX_FIELDS_NAMED).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_request_are_told() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/problem+json".parse().unwrap());
        let names = ["dueDate", "summary"].map(str::to_owned).into();
        let body = br#"{"title":"x","errors":{"DueDate":["secret"],"secret":["x"],"":["y"]}}"#;
        assert_eq!(rejected_fields(&headers, body, &names), ["dueDate"]);
        assert!(rejected_fields(&HeaderMap::new(), body, &names).is_empty());
        for odd in ["", "[]", "{}", r#"{"errors":["dueDate"]}"#, r#"{"errors":"dueDate"}"#] {
            assert!(rejected_fields(&headers, odd.as_bytes(), &names).is_empty(), "{odd}");
        }
    }
}
