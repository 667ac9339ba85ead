//! The claims of a v2 access token, as Entra really sends them for a public client's user.
//! `entra` signs them; a test overrides single ones before they are signed.

use aws_lc_rs::digest;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::people::{API_CLIENT_ID, CLI_CLIENT_ID, Person, TENANT_ID};

/// How far before the moment of issue `iat` and `nbf` lie in Entra's tokens, in seconds.
const BACKDATED: u64 = 300;

/// A token's protected header.
pub(super) fn header(kid: &str) -> Map<String, Value> {
    object(json!({"typ": "JWT", "alg": "RS256", "kid": kid}))
}

/// A token's payload, in the order in which Entra writes it. `now` in seconds since 1970;
/// `lifetime` in seconds from now on.
pub(super) fn payload(
    person: &Person,
    issuer: &str,
    client_id: &str,
    now: u64,
    lifetime: u64,
) -> Map<String, Value> {
    let dated = now.saturating_sub(BACKDATED);
    let mut claims = object(json!({
        "aud": API_CLIENT_ID,
        "iss": issuer,
        "iat": dated,
        "nbf": dated,
        "exp": now + lifetime,
        "aio": format!("AWQAm/8{}", opaque("aio", &Uuid::new_v4().to_string())),
        "azp": client_id,
        "azpacr": "0",
        "name": person.full_name,
        "oid": person.oid,
        "preferred_username": person.email,
        "rh": format!("1.AX0A{}.", opaque("rh", person.oid)),
        "roles": person.roles,
        "scp": person.scope,
        "sub": opaque(API_CLIENT_ID, person.oid),
        "tid": TENANT_ID,
        "uti": BASE64URL_NOPAD.encode(Uuid::new_v4().as_bytes()),
        "ver": "2.0",
    }));
    if person.roles.is_empty() {
        claims.shift_remove("roles");
    }
    claims
}

/// The client of `osier token`, which tests use too unless they say otherwise.
pub(super) fn usual_client() -> &'static str {
    CLI_CLIENT_ID
}

/// How long a token lives, in seconds: Entra picks 60 to 90 minutes at random.
pub(super) fn lifetime() -> u64 {
    let [first, second, ..] = *Uuid::new_v4().as_bytes();
    3600 + u64::from(u16::from_be_bytes([first, second])) % 1800
}

/// A pairwise value: the same for one person in one app, and of no use elsewhere.
fn opaque(app: &str, oid: &str) -> String {
    let hash = digest::digest(&digest::SHA256, format!("{app}|{oid}").as_bytes());
    BASE64URL_NOPAD.encode(hash.as_ref())
}

/// A digest of some bytes for an ETag or a receipt, 16 hexadecimal digits.
pub(super) fn short_digest(bytes: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, bytes);
    HEXLOWER.encode(hash.as_ref().get(..8).unwrap_or_default())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
