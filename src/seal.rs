//! Sealed values: what we hand out and get back must be ours, unread and unaltered.
//!
//! One master key gives one AES-256-GCM key for each [`Purpose`] (HKDF-SHA256, RFC 5869), so that a
//! value sealed for one purpose opens for no other. The previous key still opens, and never seals.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The first byte of every sealed value.
const VERSION: u8 = 1;
/// Longer values are refused before any work is done.
const MAX_SEALED: usize = 16 * 1024;
/// The same for what comes out of our own store: a whole question.
const MAX_KEPT: usize = 1024 * 1024;

/// What a sealed value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The request state of a question.
    RequestState,
    /// A list's cursor.
    Cursor,
    /// The name of an MCP session.
    Session,
    /// A request that one replica hands over to another.
    Handover,
    /// That it was taken.
    Taken,
    /// A registered client's id.
    Client,
    /// A request for authorization that waits for the person's consent.
    Consent,
    /// The consents that a browser remembers.
    Approvals,
    /// A sign-in that is on its way to Entra and back.
    SignIn,
    /// An authorization code.
    Code,
    /// A refresh token.
    Refresh,
    /// What is kept of a question that is answered by link.
    Link,
    /// Who signed in to answer one.
    LinkPerson,
}

impl Purpose {
    const ALL: [Self; 13] = [
        Self::RequestState,
        Self::Cursor,
        Self::Session,
        Self::Handover,
        Self::Taken,
        Self::Client,
        Self::Consent,
        Self::Approvals,
        Self::SignIn,
        Self::Code,
        Self::Refresh,
        Self::Link,
        Self::LinkPerson,
    ];

    fn label(self) -> &'static [u8] {
        match self {
            Self::RequestState => b"osier request state",
            Self::Cursor => b"osier cursor",
            Self::Session => b"osier session",
            Self::Handover => b"osier handover",
            Self::Taken => b"osier handover taken",
            Self::Client => b"osier client id",
            Self::Consent => b"osier consent",
            Self::Approvals => b"osier approvals",
            Self::SignIn => b"osier sign-in",
            Self::Code => b"osier authorization code",
            Self::Refresh => b"osier refresh token",
            Self::Link => b"osier link",
            Self::LinkPerson => b"osier link person",
        }
    }
}

/// The sealing keys, current and previous, shared by all replicas.
pub struct KeyRing {
    current: Derived,
    previous: Option<Derived>,
}

/// One master key's key for each purpose, in the order of [`Purpose::ALL`].
struct Derived(Vec<(Purpose, RandomizedNonceKey)>);

/// A value that isn't ours, was altered, or was sealed for another purpose. No more is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sealed value of ours")]
pub struct Unsealable;

/// The machine's cryptography refused to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealing keys can't be used")]
pub struct SealFailed;

impl KeyRing {
    /// A ring that seals with `current` and also opens what `previous` sealed. Both are secrets of
    /// 32 random bytes or more.
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Result<Self, SealFailed> {
        Ok(Self {
            current: Derived::from_master(current)?,
            previous: previous.map(Derived::from_master).transpose()?,
        })
    }

    /// A ring of a fresh random key, for the demo and for tests.
    pub fn random() -> Result<Self, SealFailed> {
        Self::new(&random_bytes::<32>()?, None)
    }

    /// Seals a value; the result is base64url without padding.
    pub fn seal<T: Serialize>(&self, purpose: Purpose, value: &T) -> Result<String, SealFailed> {
        let mut sealed = serde_json::to_vec(value).map_err(|_| SealFailed)?;
        let key = self.current.key(purpose).ok_or(SealFailed)?;
        let nonce = key
            .seal_in_place_append_tag(Aad::from([VERSION]), &mut sealed)
            .map_err(|_| SealFailed)?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(nonce.as_ref());
        bytes.append(&mut sealed);
        Ok(BASE64URL_NOPAD.encode(&bytes))
    }

    /// Opens a value that [`KeyRing::seal`] made for the same purpose.
    pub fn open<T: DeserializeOwned>(&self, purpose: Purpose, text: &str) -> Result<T, Unsealable> {
        let most = if purpose == Purpose::Link { MAX_KEPT } else { MAX_SEALED };
        if text.len() > most {
            return Err(Unsealable);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| Unsealable)?;
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find_map(|keys| keys.open(purpose, &bytes))
            .ok_or(Unsealable)
            .and_then(|plain| serde_json::from_slice(&plain).map_err(|_| Unsealable))
    }
}

impl Derived {
    fn from_master(master: &[u8]) -> Result<Self, SealFailed> {
        let extracted = Salt::new(HKDF_SHA256, b"osier").extract(master);
        let keys = Purpose::ALL.map(|purpose| {
            let mut key = [0_u8; 32];
            extracted
                .expand(&[purpose.label()], HKDF_SHA256)
                .and_then(|okm| okm.fill(&mut key))
                .and_then(|()| RandomizedNonceKey::new(&AES_256_GCM, &key))
                .map(|key| (purpose, key))
                .map_err(|_| SealFailed)
        });
        keys.into_iter().collect::<Result<_, _>>().map(Self)
    }

    fn key(&self, purpose: Purpose) -> Option<&RandomizedNonceKey> {
        self.0.iter().find(|(of, _)| *of == purpose).map(|(_, key)| key)
    }

    fn open(&self, purpose: Purpose, bytes: &[u8]) -> Option<Vec<u8>> {
        let (&version, rest) = bytes.split_first()?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut plain = sealed.to_vec();
        let length = self
            .key(purpose)?
            .open_in_place(nonce, Aad::from([version]), &mut plain)
            .ok()
            .filter(|_| version == VERSION)?
            .len();
        plain.truncate(length);
        Some(plain)
    }
}

/// Random bytes from the machine's generator.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], SealFailed> {
    let mut bytes = [0_u8; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| SealFailed)?;
    Ok(bytes)
}

/// A random name: `prefix` and 26 base32 characters (128 random bits).
pub fn random_name(prefix: &str) -> String {
    let bytes = random_bytes::<16>().unwrap_or_default();
    let name = data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
    format!("{prefix}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_for_its_purpose_and_unaltered() {
        let ring = KeyRing::random().unwrap();
        let sealed = ring.seal(Purpose::Cursor, &"page 2").unwrap();
        assert_eq!(ring.open::<String>(Purpose::Cursor, &sealed).unwrap(), "page 2");
        assert_eq!(ring.open::<String>(Purpose::RequestState, &sealed), Err(Unsealable));
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            let altered = BASE64URL_NOPAD.encode(&altered);
            assert_eq!(ring.open::<String>(Purpose::Cursor, &altered), Err(Unsealable));
        }
    }

    #[test]
    fn the_previous_key_opens_and_a_foreign_key_does_not() {
        let (old, new) = (random_bytes::<32>().unwrap(), random_bytes::<32>().unwrap());
        let sealed = KeyRing::new(&old, None).unwrap().seal(Purpose::Session, &7).unwrap();
        let rotated = KeyRing::new(&new, Some(&old[..])).unwrap();
        assert_eq!(rotated.open::<u32>(Purpose::Session, &sealed), Ok(7));
        let foreign = KeyRing::new(&new, None).unwrap();
        assert_eq!(foreign.open::<u32>(Purpose::Session, &sealed), Err(Unsealable));
    }
}
