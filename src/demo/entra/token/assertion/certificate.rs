//! An assertion that the client made and signed with the key of one of its certificates.

use aws_lc_rs::digest;
use data_encoding::{BASE64URL_NOPAD, HEXUPPER};
use jsonwebtoken::{Algorithm, DecodingKey};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::{Unverified, bad_signature};
use crate::demo::entra::apps::App;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::{Endpoint, Entra};

pub(super) fn check(entra: &Entra, app: &App, assertion: &Unverified<'_>) -> Result<(), Failure> {
    let named = app.certificates.iter().find(|pem| is_named(pem, assertion));
    let key = named.and_then(|pem| DecodingKey::from_rsa_pem(pem.as_bytes()).ok());
    let Some(key) = key else {
        let thumbprint = assertion.header.x5t.as_deref().unwrap_or_default();
        let reason =
            format!("The key was not found., Thumbprint of key used by client: '{thumbprint}'");
        return Err(bad_signature(&reason));
    };
    if !assertion.is_signed_by(&key, &[Algorithm::RS256, Algorithm::PS256]) {
        return Err(bad_signature("The key was found, but use of the key to verify failed."));
    }
    let claims = &assertion.claims;
    if claims.sub != app.client_id {
        let message =
            "Client assertion application identifier doesn't match 'client_id' parameter.";
        return Err(Failure::new("invalid_client", 700_021, message));
    }
    if claims.aud != entra.url(Endpoint::Token) {
        let message = "Client assertion audience claim does not match Realm issuer.";
        return Err(Failure::new("invalid_client", 700_023, message));
    }
    if claims.jti.as_deref().is_none_or(str::is_empty) {
        let message = "JWT token is invalid or malformed: 'jti' is missing.";
        return Err(Failure::new("invalid_request", 50027, message));
    }
    Ok(())
}

/// Does the header name this certificate? By `x5t#S256` or `x5t` (RFC 7515 §4.1.7), or by the
/// thumbprint in hexadecimal as `kid`.
fn is_named(pem: &str, assertion: &Unverified<'_>) -> bool {
    let Ok(certificate) = CertificateDer::from_pem_slice(pem.as_bytes()) else {
        return false;
    };
    let sha1 = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
    let sha256 = digest::digest(&digest::SHA256, &certificate);
    let header = &assertion.header;
    let names = |sent: &Option<String>, name: String| sent.as_deref() == Some(name.as_str());
    names(&header.x5t_s256, BASE64URL_NOPAD.encode(sha256.as_ref()))
        || names(&header.x5t, BASE64URL_NOPAD.encode(sha1.as_ref()))
        || names(&header.kid, HEXUPPER.encode(sha1.as_ref()))
}
