//! An assertion by an issuer that the app registration trusts: a cluster's, a managed identity's.
//! Issuer, audience and subject are compared to the letter, in this order.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey};

use super::{Unverified, bad_signature};
use crate::demo::entra::apps::{App, Federated};
use crate::demo::entra::errors::Failure;

pub(super) fn check(app: &App, assertion: &Unverified<'_>) -> Result<(), Failure> {
    let trusted: Vec<&Federated> = app.federated.iter().collect();
    let claims = &assertion.claims;
    let trusted = matching(trusted, 700_211, "issuer", &claims.iss, |one| &one.issuer)?;
    let trusted = matching(trusted, 700_212, "audience", &claims.aud, |one| &one.audience)?;
    let trusted = matching(trusted, 700_213, "subject", &claims.sub, |one| &one.subject)?;
    let kid = assertion.header.kid.as_deref().unwrap_or_default();
    let mut keys = trusted.iter().filter_map(|one| key(one, kid)).peekable();
    if keys.peek().is_none() {
        return Err(bad_signature(&format!("The key '{kid}' was not found.")));
    }
    if !keys.any(|key| assertion.is_signed_by(&key, &[Algorithm::RS256])) {
        return Err(bad_signature("The key was found, but use of the key to verify failed."));
    }
    Ok(())
}

fn matching<'a>(
    trusted: Vec<&'a Federated>,
    code: u32,
    what: &str,
    sent: &str,
    of: impl Fn(&Federated) -> &str,
) -> Result<Vec<&'a Federated>, Failure> {
    let matching: Vec<_> = trusted.into_iter().filter(|one| of(one) == sent).collect();
    if matching.is_empty() {
        let message = format!(
            "No matching federated identity record found for presented assertion {what} '{sent}'. \
             Check your federated identity credential subject, audience and issuer against the \
             presented assertion."
        );
        return Err(Failure::new("invalid_client", code, message));
    }
    Ok(matching)
}

fn key(trusted: &Federated, kid: &str) -> Option<DecodingKey> {
    let keys: JwkSet = serde_json::from_value(trusted.keys.clone()).ok()?;
    DecodingKey::from_jwk(keys.find(kid)?).ok()
}
