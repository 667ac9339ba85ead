//! A token taken apart without being verified, to say what is wrong with it. Nothing is decided by what
//! it says; `identity` judges.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use super::report::shown;

/// A token's two readable parts.
pub(super) struct Unverified {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Unverified {
    /// Takes the compact form apart; `None` where it isn't one.
    pub(super) fn of(token: &str) -> Option<Self> {
        let mut parts = token.split('.').map(|part| {
            let bytes = BASE64URL_NOPAD.decode(part.trim_end_matches('=').as_bytes()).ok()?;
            serde_json::from_slice(&bytes).ok()
        });
        Some(Self { header: parts.next()??, claims: parts.next()?? })
    }

    /// Does the header have such a member?
    pub(super) fn header_has(&self, name: &str) -> bool {
        self.header.contains_key(name)
    }

    /// A text claim, as it stands.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A claim, fit to be printed; `-` where it is absent.
    pub(super) fn shown(&self, claim: &str) -> String {
        match self.claims.get(claim) {
            None => "-".to_owned(),
            Some(Value::String(text)) => shown(text),
            Some(other) => shown(&other.to_string()),
        }
    }

    /// A time claim, in unix seconds.
    pub(super) fn time(&self, claim: &str) -> Option<u64> {
        self.claims.get(claim).and_then(Value::as_u64)
    }

    /// Too many groups for a token: Entra names where they could be asked for instead.
    pub(super) fn has_group_overage(&self) -> bool {
        let names = self.claims.get("_claim_names");
        names.is_some_and(|names| names.get("groups").is_some())
            || self.claims.get("hasgroups").is_some_and(|has| *has == Value::Bool(true))
    }
}
