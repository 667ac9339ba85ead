//! A signed token in compact form (RFC 7515 §3.1), unverified until [`UnverifiedToken::verify`].
//! Stricter than the RFC: three segments of canonical base64url, a header with RS256 and none of
//! the members that would bring their own key. Nothing here trusts a byte of the payload.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;

use super::json::{present, read_object};
use super::rejection::Flaw;

/// Header members that are refused where they stand. The first five would let the token choose its
/// key (RFC 8725 §3.10); `nonce` marks Microsoft Graph's tokens, which nobody else can verify; the
/// rest belong to forms of tokens that aren't taken.
const REFUSED_MEMBERS: [&str; 11] =
    ["jwk", "jku", "x5u", "x5c", "crit", "nonce", "b64", "zip", "enc", "cty", "epk"];

/// The longest `kid`. Entra's have 27 characters.
const LONGEST_KID: usize = 128;

#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: String,
    #[serde(default, deserialize_with = "present")]
    typ: Option<String>,
}

/// The longest token that is looked at, in bytes.
const CAP: usize = 8 * 1024;

/// A token whose form and header are in order and whose signature nobody has checked.
pub(super) struct UnverifiedToken<'a> {
    kid: String,
    signed: &'a str,
    signature: &'a str,
    payload: Vec<u8>,
}

impl<'a> UnverifiedToken<'a> {
    /// Nothing is done with a token that is too long.
    pub(super) fn check_size(token: &str) -> Result<(), Flaw> {
        match token.len() {
            0 => Err(Flaw::Form),
            1..=CAP => Ok(()),
            _ => Err(Flaw::TooLong),
        }
    }

    /// Takes the compact form apart.
    pub(super) fn parse(token: &'a str) -> Result<Self, Flaw> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Flaw::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(Flaw::Form)?;
        // A further dot isn't in the alphabet, so four and five segments end here.
        let header = BASE64URL_NOPAD.decode(header.as_bytes()).map_err(|_| Flaw::Form)?;
        let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).map_err(|_| Flaw::Form)?;
        let raw_signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| Flaw::Form)?;
        if raw_signature.is_empty() {
            return Err(Flaw::Signature);
        }
        let kid = check_header(&header)?;
        Ok(Self { kid, signed, signature, payload })
    }

    /// Which key the token says it was signed with: a safe name to look up, and no more.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// The payload, once the key has verified the signature.
    pub(super) fn verify(self, key: &DecodingKey) -> Result<VerifiedPayload, Flaw> {
        let signed = self.signed.as_bytes();
        match jsonwebtoken::crypto::verify(self.signature, signed, key, Algorithm::RS256) {
            Ok(true) => Ok(VerifiedPayload(self.payload)),
            Ok(false) | Err(_) => Err(Flaw::Signature),
        }
    }
}

/// A payload that was signed with one of the issuer's keys.
pub(super) struct VerifiedPayload(Vec<u8>);

impl VerifiedPayload {
    /// The payload's JSON text.
    pub(super) fn json(&self) -> &[u8] {
        &self.0
    }
}

fn check_header(header: &[u8]) -> Result<String, Flaw> {
    let (RawHeader { alg, kid, typ }, members) =
        read_object::<RawHeader>(header).ok_or(Flaw::Header)?;
    if alg != "RS256" {
        return Err(Flaw::Algorithm);
    }
    if REFUSED_MEMBERS.iter().any(|refused| members.contains(*refused)) {
        return Err(Flaw::HeaderMember);
    }
    // RFC 7519 §5.1 and RFC 9068 §2.1; media types have no case.
    let access_token = ["jwt", "at+jwt", "application/at+jwt"];
    if typ.is_some_and(|typ| !access_token.iter().any(|known| typ.eq_ignore_ascii_case(known))) {
        return Err(Flaw::Type);
    }
    let printable = kid.bytes().all(|byte| byte.is_ascii_graphic());
    if kid.is_empty() || kid.len() > LONGEST_KID || !printable {
        return Err(Flaw::KeyId);
    }
    Ok(kid)
}
