//! Words that several checks say: why a connection failed, what an AADSTS code means here, and the
//! deployment's own names in place of those of its settings.

use std::error::Error;

use uuid::Uuid;

use super::report::shown;
use crate::aadsts::Meaning;
use crate::config::{Auth, Config};

/// Why a request got no answer: the innermost cause says it best.
pub(super) fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    shown(&innermost.to_string())
}

/// How a code is mended, with this deployment's names.
pub(super) fn mend(meaning: &Meaning, config: &Config) -> String {
    format!("{}: {}", meaning.who.as_str(), filled(meaning.how, config))
}

/// `<auth.client_id>` and its like, replaced.
pub(super) fn filled(text: &str, config: &Config) -> String {
    let client_id = match &config.auth {
        Auth::Facade(facade) => facade.client_id.as_str(),
        Auth::Direct(_) => "<the client's application id>",
    };
    let origin = config.server.public_url.origin().ascii_serialization();
    text.replace("<auth.client_id>", client_id)
        .replace("<identity.audience>", &config.identity.audience)
        .replace("<identity.scope>", &config.identity.scope)
        .replace("<server.public_url>", &origin)
}

/// The API's application id, where the settings say it.
pub(super) fn api_id(config: &Config) -> &str {
    let audience = config.identity.audience.as_str();
    if Uuid::try_parse(audience).is_ok() { audience } else { "<the API's application id>" }
}
