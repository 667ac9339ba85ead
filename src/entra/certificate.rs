//! An assertion that our certificate's key signs, as Entra takes it (RFC 7523 §3, PS256 with
//! `x5t#S256`). The key never leaves this file.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};
use data_encoding::BASE64URL_NOPAD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;
use serde_json::json;
use url::Url;
use uuid::Uuid;

/// How long an assertion holds, in seconds. Entra suggests five to ten minutes.
const LIFE: u64 = 300;

/// Why a certificate can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// A file can't be read.
    #[error("the certificate's file or that of its key can't be read")]
    Unreadable,
    /// No certificate in it.
    #[error("there is no certificate in PEM in it")]
    NoCertificate,
    /// No key in it.
    #[error("there is no unencrypted private key in PEM in auth.certificate_key_file")]
    NoKey,
    /// A key that Entra doesn't take.
    #[error("the key isn't an RSA key of 2048 bits or more")]
    NotRsa,
    /// The key of another certificate.
    #[error("the key isn't the certificate's")]
    AnotherKey,
}

/// A certificate and its key.
pub(super) struct Certificate {
    /// SHA-256 of the certificate.
    thumbprint: String,
    key: KeyPair,
}

impl Certificate {
    /// Reads both from PEM. Of several certificates in a file the first one counts, as in TLS.
    pub(super) fn read(certificate: &[u8], key: &[u8]) -> Result<Self, CertificateFault> {
        let certificate = CertificateDer::from_pem_slice(certificate)
            .map_err(|_| CertificateFault::NoCertificate)?;
        let key = match PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateFault::NoKey)? {
            PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(CertificateFault::NotRsa),
        };
        let key = key.map_err(|_| CertificateFault::NotRsa)?;
        // The certificate holds its public key as it is (RFC 5280 §4.1.2.7, RFC 3279 §2.3.1).
        let public = key.public_key().as_ref();
        if !certificate.windows(public.len()).any(|part| part == public) {
            return Err(CertificateFault::AnotherKey);
        }
        let thumbprint = BASE64URL_NOPAD.encode(digest(&SHA256, &certificate).as_ref());
        Ok(Self { thumbprint, key })
    }

    /// An assertion for one request, made `now` (unix seconds).
    pub(super) fn assertion(
        &self,
        client_id: &str,
        token_endpoint: &Url,
        now: u64,
    ) -> Result<SecretString, CertificateFault> {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = json!({
            "aud": token_endpoint,
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::new_v4(),
            "iat": now,
            "nbf": now,
            "exp": now + LIFE,
        });
        let part = |value: serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| CertificateFault::NotRsa)?;
        Ok(SecretString::from(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))))
    }
}

#[cfg(test)]
mod tests;
