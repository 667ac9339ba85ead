//! How a rejection is answered: its status, its `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1) and
//! when to come again. The front doors render it; nothing of a rejection's reason gets in here.

use http::{HeaderValue, StatusCode};

use super::rejection::{Rejection, RejectionKind};

/// What every challenge says: where the metadata is and which scope to ask for.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// `resource_metadata="…", scope="…"`
    pointers: String,
}

/// An answer, for a front door to render.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The `WWW-Authenticate` header, where there is one.
    pub www_authenticate: Option<HeaderValue>,
    /// The `Retry-After` header in seconds, where there is one.
    pub retry_after: Option<u64>,
    /// What the caller may read, in a few words.
    pub title: &'static str,
}

impl Challenge {
    /// A challenge that points to this metadata (its whole URL) and names this scope.
    pub fn new(resource_metadata: &str, scope: &str) -> Self {
        let (metadata, scope) = (quotable(resource_metadata), quotable(scope));
        Self { pointers: format!("resource_metadata=\"{metadata}\", scope=\"{scope}\"") }
    }

    /// The answer to a rejection.
    pub fn answer(&self, rejection: Rejection) -> Answer {
        let (status, error, title) = match rejection.kind() {
            // RFC 6750 §3.1: no error code where no credentials were sent.
            RejectionKind::Missing => (StatusCode::UNAUTHORIZED, Some(""), "Sign in to go on"),
            RejectionKind::Malformed => {
                (StatusCode::BAD_REQUEST, Some("invalid_request"), "Send one bearer token")
            }
            RejectionKind::Invalid => {
                (StatusCode::UNAUTHORIZED, Some("invalid_token"), "The token isn't accepted")
            }
            RejectionKind::InsufficientScope => (
                StatusCode::FORBIDDEN,
                Some("insufficient_scope"),
                "The token lacks the scope that this server asks for",
            ),
            RejectionKind::Forbidden => {
                (StatusCode::FORBIDDEN, None, "You may not use this server")
            }
            RejectionKind::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, None, "Sign-in can't be checked at the moment")
            }
        };
        Answer {
            status,
            www_authenticate: error.and_then(|error| self.header(error)),
            retry_after: (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5),
            title,
        }
    }

    fn header(&self, error: &str) -> Option<HeaderValue> {
        let error = if error.is_empty() { String::new() } else { format!("error=\"{error}\", ") };
        HeaderValue::from_str(&format!("Bearer {error}{}", self.pointers)).ok()
    }
}

/// Without the characters that would end a quoted string (RFC 9110 §5.6.4).
fn quotable(text: &str) -> String {
    text.chars().filter(|sign| (' '..='~').contains(sign) && !matches!(sign, '"' | '\\')).collect()
}
