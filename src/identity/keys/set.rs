//! A JSON Web Key Set (RFC 7517), reduced to the keys that may verify a token: RSA, RS256, for
//! signatures, of a sound size. Whatever else a set holds is passed over.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use crate::identity::json::read_object;

/// The smallest and the largest modulus, in bits. Larger ones only cost time.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// 65537, the exponent that every issuer uses; a small one weakens the key.
const EXPONENT: [u8; 3] = [1, 0, 1];

/// More keys than this no issuer publishes.
const MOST_KEYS: usize = 200;

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct RawKey {
    kty: String,
    kid: String,
    n: String,
    e: String,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
    #[serde(default)]
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    alg: Option<String>,
}

struct Key {
    modulus: Vec<u8>,
    decoding: DecodingKey,
}

/// The usable keys of an issuer, by `kid`.
pub(super) struct KeySet(BTreeMap<String, Key>);

impl KeySet {
    /// Reads a set. `None` where it isn't one or holds no usable key, which is a fault of the
    /// issuer and no reason to forget the keys that we have.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (RawSet { keys }, _) = read_object::<RawSet>(bytes)?;
        let mut usable = BTreeMap::new();
        for (kid, key) in keys.into_iter().take(MOST_KEYS).filter_map(usable_key) {
            // Of two with one name the first stays; a later one can't displace it.
            usable.entry(kid).or_insert(key);
        }
        if usable.is_empty() { None } else { Some(Self(usable)) }
    }

    /// The key of that `kid`.
    pub(super) fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.get(kid).map(|key| &key.decoding)
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// True where both hold the same keys under the same names.
    pub(super) fn same_as(&self, other: &Self) -> bool {
        self.0.keys().eq(other.0.keys())
            && self.0.values().zip(other.0.values()).all(|(a, b)| a.modulus == b.modulus)
    }
}

fn usable_key(raw: Value) -> Option<(String, Key)> {
    let raw: RawKey = serde_json::from_value(raw).ok()?;
    let for_signatures = raw.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
    let verifies = raw.key_ops.is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    let rs256 = raw.alg.as_deref().is_none_or(|alg| alg == "RS256");
    if raw.kty != "RSA" || !for_signatures || !verifies || !rs256 || raw.kid.is_empty() {
        return None;
    }
    let modulus = BASE64URL_NOPAD.decode(raw.n.as_bytes()).ok()?;
    let exponent = BASE64URL_NOPAD.decode(raw.e.as_bytes()).ok()?;
    let leading = modulus.first()?.leading_zeros() as usize;
    let bits = modulus.len() * 8 - leading;
    if leading == 8 || !BITS.contains(&bits) || exponent != EXPONENT {
        return None;
    }
    let decoding = DecodingKey::from_rsa_raw_components(&modulus, &exponent);
    Some((raw.kid, Key { modulus, decoding }))
}
