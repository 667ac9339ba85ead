//! The look-alike's signing keys: RSA 2048, made at start, rotated by a test.
//! `entra` publishes and signs with them; a private key never leaves this file.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use aws_lc_rs::{digest, rand::SystemRandom, rsa::KeySize, signature};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use signature::KeyPair as _;

/// One key pair, with the id that tokens name it by.
pub(super) struct SigningKey {
    pair: signature::RsaKeyPair,
    kid: String,
    modulus: String,
}

impl SigningKey {
    /// Makes a new key; some tens of milliseconds.
    pub(super) fn generate() -> anyhow::Result<Self> {
        let pair = signature::RsaKeyPair::generate(KeySize::Rsa2048)
            .ok()
            .context("the RSA key of the Entra look-alike couldn't be made")?;
        // RFC 8017 A.1.1 RSAPublicKey: a SEQUENCE of the modulus (2048 bits and a leading zero,
        // so its bytes stand at 9..265) and the exponent, which is always 65537 here.
        let public = pair.public_key().as_ref();
        let modulus = public.get(9..265).context("an RSA key of an unexpected length")?;
        let modulus = BASE64URL_NOPAD.encode(modulus);
        // Entra's kid is the certificate's thumbprint. There is no certificate here, so it is the
        // key's.
        let thumb = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, public);
        Ok(Self { kid: BASE64URL_NOPAD.encode(thumb.as_ref()), modulus, pair })
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// The base64url modulus and exponent (RFC 7518 §6.3.1).
    pub(super) fn components(&self) -> (&str, &'static str) {
        (&self.modulus, "AQAB")
    }

    /// The key as Entra publishes it: without `alg`, with an `issuer`.
    fn jwk(&self, issuer: &str) -> Value {
        let (n, e) = self.components();
        json!({
            "kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "n": n, "e": e,
            "cloud_instance_name": "microsoftonline.com", "issuer": issuer,
        })
    }

    /// The compact serialization (RFC 7515 §7.1) of these bytes, whatever they are.
    pub(super) fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        let input =
            format!("{}.{}", BASE64URL_NOPAD.encode(header), BASE64URL_NOPAD.encode(payload));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(
            &signature::RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            input.as_bytes(),
            &mut signature,
        );
        // A key of a fixed, sufficient size always signs; were it not so, an empty signature fails
        // wherever the token is shown.
        if signed.is_err() {
            signature.clear();
        }
        format!("{input}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

/// The keys that this process has made. The look-alikes of one process share them in order, so that
/// a thousand tests don't each pay for their own; what differs between them is the issuer.
static MADE: Mutex<Vec<Arc<SigningKey>>> = Mutex::new(Vec::new());

/// The process's key with this index; made now if it is the first to be asked for.
pub(super) fn nth(index: usize) -> anyhow::Result<Arc<SigningKey>> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    while made.len() <= index {
        made.push(Arc::new(SigningKey::generate()?));
    }
    made.get(index).cloned().context("a key that was just made")
}

/// The published keys; the last one signs.
pub(super) struct KeySet(Mutex<Vec<Arc<SigningKey>>>);

impl KeySet {
    pub(super) fn new(first: Arc<SigningKey>) -> Self {
        Self(Mutex::new(vec![first]))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Arc<SigningKey>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key that signs, unless every key was withdrawn.
    pub(super) fn current(&self) -> Option<Arc<SigningKey>> {
        self.with(|keys| keys.last().cloned())
    }

    pub(super) fn add(&self, key: Arc<SigningKey>) {
        self.with(|keys| keys.push(key));
    }

    /// Withdraws all keys but the one that signs.
    pub(super) fn drop_old(&self) {
        self.with(|keys| {
            let old = keys.len().saturating_sub(1);
            keys.drain(..old);
        });
    }

    pub(super) fn find(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.with(|keys| keys.iter().find(|key| key.kid() == kid).cloned())
    }

    /// The JWK set (RFC 7517 §5), as served.
    pub(super) fn published(&self, issuer: &str) -> Value {
        self.with(
            |keys| json!({"keys": keys.iter().map(|key| key.jwk(issuer)).collect::<Vec<_>>()}),
        )
    }
}
