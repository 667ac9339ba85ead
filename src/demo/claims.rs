//! The claims of the look-alike's tokens, as Entra really sends them: access tokens of both versions,
//! ID tokens. `entra` signs them; a test overrides single ones before they are signed.

use aws_lc_rs::digest;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::people::{CLI_CLIENT_ID, Person};

/// How far before the moment of issue `iat` and `nbf` lie in Entra's tokens, in seconds.
const BACKDATED: u64 = 300;

/// Which version of access token a resource gets (`api.requestedAccessTokenVersion`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

/// What a token says. Times in seconds.
pub(super) struct Told<'a> {
    pub(super) person: &'a Person,
    pub(super) issuer: String,
    pub(super) audience: String,
    /// The app whose pairwise `sub` it is.
    pub(super) app: &'a str,
    pub(super) tenant: String,
    /// The client's id, and by what it proved itself: 0 not at all, 1 a secret, 2 an assertion.
    pub(super) client: (&'a str, &'a str),
    /// `scp`; absent where empty.
    pub(super) scope: String,
    /// `roles`; absent where empty.
    pub(super) roles: Vec<String>,
    /// In too many groups to name them.
    pub(super) overage: bool,
    /// Since 1970.
    pub(super) now: u64,
    /// From now on.
    pub(super) lifetime: u64,
}

/// A token's protected header. v1 tokens name their key twice.
pub(super) fn header(kid: &str, version: Version) -> Map<String, Value> {
    match version {
        Version::V1 => object(json!({"typ": "JWT", "alg": "RS256", "x5t": kid, "kid": kid})),
        Version::V2 => object(json!({"typ": "JWT", "alg": "RS256", "kid": kid})),
    }
}

/// An access token's payload, in the order in which Entra writes it.
pub(super) fn access(told: &Told<'_>, version: Version) -> Map<String, Value> {
    let mut claims = match version {
        Version::V1 => v1(told),
        Version::V2 => v2(told),
    };
    if told.roles.is_empty() {
        claims.shift_remove("roles");
    }
    if told.scope.is_empty() {
        claims.shift_remove("scp");
    }
    if told.overage {
        // The address is of a service that is gone: Entra still writes it.
        let endpoint = format!(
            "https://graph.windows.net/{}/users/{}/getMemberObjects",
            told.tenant, told.person.oid
        );
        claims.insert("_claim_names".to_owned(), json!({"groups": "src1"}));
        claims.insert("_claim_sources".to_owned(), json!({"src1": {"endpoint": endpoint}}));
    }
    claims
}

fn v2(told: &Told<'_>) -> Map<String, Value> {
    let Told { person, now, .. } = told;
    let dated = now.saturating_sub(BACKDATED);
    object(json!({
        "aud": told.audience,
        "iss": told.issuer,
        "iat": dated,
        "nbf": dated,
        "exp": now + told.lifetime,
        "aio": format!("AWQAm/8{}", opaque("aio", &Uuid::new_v4().to_string())),
        "azp": told.client.0,
        "azpacr": told.client.1,
        "name": person.full_name,
        "oid": person.oid,
        "preferred_username": person.email,
        "rh": format!("1.AX0A{}.", opaque("rh", person.oid)),
        "roles": told.roles,
        "scp": told.scope,
        "sub": opaque(told.app, person.oid),
        "tid": told.tenant,
        "uti": token_id(),
        "ver": "2.0",
    }))
}

fn v1(told: &Told<'_>) -> Map<String, Value> {
    let Told { person, now, .. } = told;
    let dated = now.saturating_sub(BACKDATED);
    let (given, family) = person.full_name.split_once(' ').unwrap_or((person.full_name, ""));
    object(json!({
        "aud": told.audience,
        "iss": told.issuer,
        "iat": dated,
        "nbf": dated,
        "exp": now + told.lifetime,
        "acr": "1",
        "aio": format!("AWQAm/8{}", opaque("aio", &Uuid::new_v4().to_string())),
        "amr": ["pwd"],
        "appid": told.client.0,
        "appidacr": told.client.1,
        "family_name": family,
        "given_name": given,
        "ipaddr": "127.0.0.1",
        "name": person.full_name,
        "oid": person.oid,
        "rh": format!("1.AX0A{}.", opaque("rh", person.oid)),
        "roles": told.roles,
        "scp": told.scope,
        "sub": opaque(told.app, person.oid),
        "tid": told.tenant,
        "unique_name": person.email,
        "upn": person.email,
        "uti": token_id(),
        "ver": "1.0",
    }))
}

/// An ID token's payload (`OpenID` Connect Core §2); the audience is the client.
pub(super) fn id_token(told: &Told<'_>, nonce: Option<&str>) -> Map<String, Value> {
    let Told { person, now, .. } = told;
    let dated = now.saturating_sub(BACKDATED);
    let mut claims = object(json!({
        "aud": told.audience,
        "iss": told.issuer,
        "iat": dated,
        "nbf": dated,
        "exp": now + told.lifetime,
        "aio": format!("AWQAm/8{}", opaque("aio", &Uuid::new_v4().to_string())),
        "name": person.full_name,
        "nonce": nonce,
        "oid": person.oid,
        "preferred_username": person.email,
        "rh": format!("1.AX0A{}.", opaque("rh", person.oid)),
        "roles": told.roles,
        "sub": opaque(told.app, person.oid),
        "tid": told.tenant,
        "uti": token_id(),
        "ver": "2.0",
    }));
    if nonce.is_none() {
        claims.shift_remove("nonce");
    }
    if told.roles.is_empty() {
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

/// A new `uti`.
fn token_id() -> String {
    BASE64URL_NOPAD.encode(Uuid::new_v4().as_bytes())
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
