//! From the request's headers to the text of one bearer token (RFC 6750 §2.1). The query and the
//! body are never looked at. The authenticator is the only caller.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::rejection::{Flaw, Rejection};

/// The bearer token as it was sent, unverified.
pub(super) fn unverified_bearer(headers: &HeaderMap) -> Result<&str, Rejection> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let Some(credential) = sent.next() else {
        return Err(Rejection::NoCredentials);
    };
    // Two credentials: which one counts would depend on who reads them.
    if sent.next().is_some() || credential.as_bytes().contains(&b',') {
        return Err(Rejection::SeveralCredentials);
    }
    let Ok(credential) = credential.to_str() else {
        return Err(Flaw::Form.into());
    };
    let (scheme, token) = credential.split_once(' ').unwrap_or((credential, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Rejection::NoCredentials);
    }
    Ok(token.trim_start_matches(' '))
}
