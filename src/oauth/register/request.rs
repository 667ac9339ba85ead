//! What a client may ask to be registered as (RFC 7591 §2), and what is made of it. Members that
//! aren't named here are ignored; what we can't give is replaced, as §3.2.1 allows: every client is a
//! public one.

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::oauth::json;
use crate::oauth::redirect::{RedirectRules, RedirectUri};

/// The most redirect addresses.
const MAX_REDIRECTS: usize = 10;
/// The grants that there are here.
const GRANTS: [&str; 2] = ["authorization_code", "refresh_token"];
const UNNAMED: &str = "Unnamed client";

/// `web` or `native` (OpenID Connect Registration 1.0 §2). Told back, and nothing depends on it: some
/// clients say the wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ApplicationType {
    Web,
    Native,
}

/// A request that can be granted.
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) redirects: Vec<RedirectUri>,
    pub(super) grants: Vec<&'static str>,
    pub(super) application: ApplicationType,
}

#[derive(Deserialize)]
struct Raw {
    client_name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    application_type: Option<String>,
}

/// Reads a request's body.
pub(super) fn read(body: &[u8], rules: &RedirectRules) -> Result<Metadata, Refusal> {
    let (raw, _) = json::read_object::<Raw>(body).ok_or_else(|| {
        refused("the metadata isn't one JSON object, or a member of it has the wrong type")
    })?;
    let redirects = redirects(&raw.redirect_uris.unwrap_or_default(), rules)?;
    if raw.response_types.is_some_and(|types| !types.iter().any(|kind| kind == "code")) {
        return Err(refused("response_types lacks \"code\", the only one there is here"));
    }
    let application = match raw.application_type.as_deref() {
        Some("web") => ApplicationType::Web,
        Some("native") => ApplicationType::Native,
        _ if redirects.iter().all(|uri| uri.as_str().starts_with("https:")) => ApplicationType::Web,
        _ => ApplicationType::Native,
    };
    let name = raw.client_name.unwrap_or_else(|| UNNAMED.to_owned());
    Ok(Metadata { name, redirects, grants: grants(raw.grant_types)?, application })
}

fn redirects(texts: &[String], rules: &RedirectRules) -> Result<Vec<RedirectUri>, Refusal> {
    if texts.is_empty() || texts.len() > MAX_REDIRECTS {
        return Err(refused("redirect_uris must have 1 to 10 addresses"));
    }
    let read = |(at, text): (usize, &String)| {
        let uri = RedirectUri::parse(text)
            .map_err(|fault| Refusal::Redirect(format!("redirect_uris[{at}] {fault}")))?;
        if !rules.allows(&uri) {
            let says = "isn't in this server's list of redirect addresses";
            return Err(Refusal::Redirect(format!("redirect_uris[{at}] {says}: {uri}")));
        }
        Ok(uri)
    };
    texts.iter().enumerate().map(read).collect()
}

/// The grants that are asked for and known. Without the code there would be nothing to refresh.
fn grants(asked: Option<Vec<String>>) -> Result<Vec<&'static str>, Refusal> {
    let Some(asked) = asked else { return Ok(GRANTS.to_vec()) };
    let [code, refresh] = GRANTS.map(|grant| asked.iter().any(|asked| asked == grant));
    match (code, refresh) {
        (true, false) => Ok(vec![GRANTS[0]]),
        (_, true) => Ok(GRANTS.to_vec()),
        (false, false) => Err(refused("grant_types lacks \"authorization_code\"")),
    }
}

fn refused(says: &str) -> Refusal {
    Refusal::Metadata(says.to_owned())
}
