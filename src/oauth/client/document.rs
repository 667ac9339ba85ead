//! A client's metadata document (draft-ietf-oauth-client-id-metadata-document §4): what is taken
//! from it, and what makes it unusable. Fetched documents and built-in copies are read by this one
//! reader. What isn't named here is ignored: no logo is fetched, no address in it is followed.

use serde::Deserialize;

use super::{Client, name};
use crate::config::DocumentId;
use crate::oauth::json;
use crate::oauth::redirect::RedirectUri;

/// The largest document, in bytes (§8.7 there names this size).
pub(super) const MAX_BYTES: usize = 5 * 1024;
/// The most redirect addresses.
const MAX_REDIRECTS: usize = 20;

/// Why a document isn't usable. For the log; the person is told that it isn't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DocumentFault {
    #[error("the document is longer than 5 KiB")]
    TooLong,
    #[error("the document isn't sent as JSON")]
    NotSentAsJson,
    #[error("the document isn't a plain JSON object, or a member has the wrong type")]
    NotAnObject,
    #[error("client_id isn't the document's address, byte for byte")]
    OtherId,
    #[error("the document holds a client secret")]
    Secret,
    #[error("client_name is missing or can't be shown")]
    NoName,
    #[error("redirect_uris is missing, empty, longer than 20, or has an unsafe address in it")]
    BadRedirects,
    #[error("the client signs in neither with `none` nor with private_key_jwt and `none`")]
    AuthMethod,
    #[error("the client doesn't use the authorization code flow")]
    NoCodeFlow,
}

#[derive(Deserialize)]
struct Raw {
    client_id: Option<String>,
    client_name: Option<String>,
    redirect_uris: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
}

/// Reads the document that was found at `id`.
pub(super) fn read(id: &DocumentId, bytes: &[u8]) -> Result<Client, DocumentFault> {
    if bytes.len() > MAX_BYTES {
        return Err(DocumentFault::TooLong);
    }
    let (raw, members) = json::read_object::<Raw>(bytes).ok_or(DocumentFault::NotAnObject)?;
    if raw.client_id.as_deref() != Some(id.as_str()) {
        return Err(DocumentFault::OtherId);
    }
    if ["client_secret", "client_secret_expires_at"].iter().any(|name| members.contains_key(*name))
    {
        return Err(DocumentFault::Secret);
    }
    let name = raw.client_name.as_deref().and_then(name::clean).ok_or(DocumentFault::NoName)?;
    let redirects = redirects(raw.redirect_uris.as_deref().unwrap_or_default())
        .ok_or(DocumentFault::BadRedirects)?;
    let method = raw.token_endpoint_auth_method.as_deref();
    let supported = raw.token_endpoint_auth_methods_supported.as_deref();
    if !is_public(method, supported.unwrap_or_default()) {
        return Err(DocumentFault::AuthMethod);
    }
    let has = |list: Option<&[String]>, what| list.is_none_or(|list| contain(list, what));
    // Other grants are left to other servers: claude.ai lists jwt-bearer.
    if !has(raw.grant_types.as_deref(), "authorization_code")
        || !has(raw.response_types.as_deref(), "code")
    {
        return Err(DocumentFault::NoCodeFlow);
    }
    Ok(Client::new(id.as_str().to_owned(), name, Some(id.host().to_owned()), redirects))
}

/// Our token endpoint knows public clients alone. ChatGPT would rather sign, and can do without.
fn is_public(method: Option<&str>, supported: &[String]) -> bool {
    match method {
        None | Some("none") => true,
        Some("private_key_jwt") => contain(supported, "none"),
        Some(_) => false,
    }
}

fn redirects(texts: &[String]) -> Option<Vec<RedirectUri>> {
    if texts.is_empty() || texts.len() > MAX_REDIRECTS {
        return None;
    }
    texts.iter().map(|text| RedirectUri::parse(text).ok()).collect()
}

fn contain(list: &[String], what: &str) -> bool {
    list.iter().any(|item| item == what)
}
