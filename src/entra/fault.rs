//! How a request to Entra ends where it doesn't end well: three kinds for the caller to answer with,
//! and what the log may know of it. Entra's description stays here: it may name people.

use uuid::Uuid;

use crate::aadsts::{self, Meaning, Treat};

/// The longest description that is looked at.
const LONGEST: usize = 4096;
/// The longest claims challenge that is kept.
const LONGEST_CLAIMS: usize = 1024;

/// A leg that ended badly. `Display` is for the log; what a caller may read is
/// [`EntraFault::meaning`]'s sentence, or the facade's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntraFault {
    /// The code or refresh token isn't good any more, or the person has to be asked something: they
    /// sign in again. At `/token`, 400 `invalid_grant`.
    #[error("Entra refused the grant: {0}")]
    Grant(Said),
    /// Our credential, our registration or our request: 500 class, logged as an error.
    #[error("Entra refused us: {0}")]
    Misconfigured(Said),
    /// No usable answer. 503 with `Retry-After`.
    #[error("Entra can't be used now: {0}")]
    Unavailable(Said),
}

/// What Entra, or we ourselves, said of a failure; without names, tokens and codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The AADSTS number.
    pub aadsts: Option<u32>,
    /// The OAuth error, if it is one that we know.
    pub error: Option<&'static str>,
    /// Entra's correlation id, for its sign-in log.
    pub correlation: Option<Uuid>,
    /// Entra's trace id.
    pub trace: Option<Uuid>,
    /// The claims challenge: which policies want more than the sign-in had. It goes to the log, where
    /// an administrator finds the policies by their ids; no MCP client can carry it to Entra.
    pub claims: Option<String>,
    /// Our own word, where Entra said nothing.
    pub why: Option<&'static str>,
}

impl EntraFault {
    /// The refusal in a callback: `error` and `error_description` as Entra put them into the query.
    pub fn at_callback(error: &str, description: Option<&str>) -> Self {
        Said::read(error, description.unwrap_or_default()).into_fault(error)
    }

    /// What was said.
    pub fn said(&self) -> &Said {
        match self {
            Self::Grant(said) | Self::Misconfigured(said) | Self::Unavailable(said) => said,
        }
    }

    /// What the AADSTS number means, with a sentence that people may read.
    pub fn meaning(&self) -> Option<Meaning> {
        self.said().aadsts.and_then(aadsts::meaning)
    }

    /// With our own id of the request, where Entra gave none.
    pub(super) fn about(mut self, request: Uuid) -> Self {
        let said = match &mut self {
            Self::Grant(said) | Self::Misconfigured(said) | Self::Unavailable(said) => said,
        };
        said.correlation.get_or_insert(request);
        self
    }

    /// One line for whoever runs Osier. `how` names settings and places in the portal, never people.
    pub fn log(&self) {
        let how = self.meaning().map(|meaning| meaning.how);
        match self {
            Self::Grant(_) => tracing::info!(fault = %self, "a sign-in ended at Entra"),
            Self::Misconfigured(_) => tracing::error!(fault = %self, how, "nobody can sign in"),
            Self::Unavailable(_) => tracing::warn!(fault = %self, "a sign-in failed at Entra"),
        }
    }

    /// The `error` of an authorization response to the client (RFC 6749 §4.1.2.1).
    pub fn authorization_error(&self) -> &'static str {
        match self {
            Self::Grant(_) => "access_denied",
            Self::Misconfigured(_) => "server_error",
            Self::Unavailable(_) => "temporarily_unavailable",
        }
    }
}

impl Said {
    /// Our own word alone.
    pub fn of(why: &'static str) -> Self {
        Self { why: Some(why), ..Self::default() }
    }

    /// Reads Entra's words.
    pub(super) fn read(error: &str, description: &str) -> Self {
        let end = description.floor_char_boundary(LONGEST);
        let description = description.get(..end).unwrap_or_default();
        Self {
            aadsts: aadsts::parse(description),
            error: known(error),
            correlation: id_after(description, "Correlation ID: "),
            trace: id_after(description, "Trace ID: "),
            ..Self::default()
        }
    }

    /// A claims challenge in one line, if it is JSON of a sensible length.
    pub(super) fn challenge(text: &str) -> Option<String> {
        let claims = Some(text).filter(|text| text.len() <= LONGEST_CLAIMS)?;
        let claims: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(claims).ok()?;
        serde_json::to_string(&claims).ok()
    }

    /// The ids of a page that holds this number somewhere.
    pub fn numbered(page: &str, code: u32) -> Self {
        let correlation = id_after(page, "Correlation ID: ");
        Self {
            aadsts: Some(code),
            correlation,
            trace: id_after(page, "Trace ID: "),
            ..Self::default()
        }
    }

    /// The AADSTS number decides; without a known one the OAuth error does.
    pub fn into_fault(self, error: &str) -> EntraFault {
        let by_error = match error {
            "invalid_grant"
            | "interaction_required"
            | "consent_required"
            | "login_required"
            | "access_denied"
            | "account_selection_required" => Treat::Grant,
            "temporarily_unavailable" | "server_error" => Treat::Unavailable,
            _ => Treat::Misconfigured,
        };
        let meaning = self.aadsts.and_then(aadsts::meaning);
        match meaning.map_or(by_error, |meaning| meaning.treat) {
            Treat::Grant => EntraFault::Grant(self),
            Treat::Misconfigured => EntraFault::Misconfigured(self),
            Treat::Unavailable => EntraFault::Unavailable(self),
        }
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.aadsts.map(|code| format!("AADSTS{code}"));
        let parts = [self.why, self.error, code.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "an error that isn't known" } else { "" })?;
        f.write_str(&parts.join(" "))?;
        if let Some(id) = self.correlation {
            write!(f, ", correlation id {id}")?;
        }
        if let Some(id) = self.trace {
            write!(f, ", trace id {id}")?;
        }
        if let Some(claims) = &self.claims {
            write!(f, ", claims {claims}")?;
        }
        Ok(())
    }
}

/// The OAuth errors that Entra is known to use; another's text isn't ours to repeat.
fn known(error: &str) -> Option<&'static str> {
    const KNOWN: [&str; 16] = [
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_resource",
        "invalid_scope",
        "invalid_target",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_grant_type",
        "unsupported_response_type",
    ];
    KNOWN.into_iter().find(|known| *known == error)
}

fn id_after(text: &str, mark: &str) -> Option<Uuid> {
    let (_, rest) = text.split_once(mark)?;
    rest.get(..36).and_then(|id| Uuid::try_parse(id).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claims_challenge_gets_to_the_log_in_one_line() {
        let policies = r#"{ "access_token": {"capolids": {"values": ["a"],
            "essential": true}} }"#;
        let claims = Said::challenge(policies);
        let fault = EntraFault::Grant(Said { aadsts: Some(50076), claims, ..Said::default() });
        let line = r#"{"access_token":{"capolids":{"values":["a"],"essential":true}}}"#;
        let told = format!("Entra refused the grant: AADSTS50076, claims {line}");
        assert_eq!(fault.to_string(), told);
        for other in ["", "x\ny", "[1]", "\"x\"", &format!("{{\"a\":\"{}\"}}", "x".repeat(2000))] {
            assert_eq!(Said::challenge(other), None, "{other}");
        }
    }
}
