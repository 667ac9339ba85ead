//! Tokens: nothing but a really signed one is accepted, and of those only what was made for here.
//!
//! `r` and a text is a token as it is. `s` and two lines are a header and a payload that are really
//! signed, with `$now`, `$iss`, `$aud`, `$tid` and `$kid` filled in. Anything else is edits of a good
//! token.

use serde_json::Value;

use super::edits::edited;
use super::world::WORLD;

const AUDIENCE: &str = osier::demo::API_CLIENT_ID;
const TENANT: &str = osier::demo::TENANT_ID;

pub(crate) fn run(bytes: &[u8]) {
    let world = &*WORLD;
    if let Some(text) = bytes.strip_prefix(b"s") {
        return signed(&String::from_utf8_lossy(text));
    }
    let text = match bytes.strip_prefix(b"r") {
        Some(text) => String::from_utf8_lossy(text).into_owned(),
        None => edited(&world.token, bytes),
    };
    if text != world.token {
        let judged = world.judge(&text);
        assert!(judged.is_err(), "{text} speaks for {judged:?}");
    }
}

fn signed(text: &str) {
    let world = &*WORLD;
    let now = world.clock.unix_seconds();
    let issuer = world.around.entra().issuer();
    let filled = text
        .replace("$now", &now.to_string())
        .replace("$iss", &issuer)
        .replace("$aud", AUDIENCE)
        .replace("$tid", TENANT)
        .replace("$kid", &world.around.entra().kid());
    let (header, payload) = filled.split_once('\n').unwrap_or((&filled, ""));
    let token = world.around.entra().sign(header, payload);
    let Ok(subject) = world.judge(&token) else { return };
    let header: Value = serde_json::from_str(header).unwrap();
    assert_eq!(header["alg"], "RS256", "{filled}");
    for member in ["jwk", "jku", "x5u", "x5c", "crit", "nonce"] {
        assert!(header.get(member).is_none(), "{filled}");
    }
    let claims: Value = serde_json::from_str(payload).unwrap();
    assert_eq!(claims["iss"], *issuer, "{filled}");
    assert_eq!(claims["aud"], AUDIENCE, "{filled}");
    assert_eq!(claims["tid"], TENANT, "{filled}");
    assert_eq!(claims["oid"], *subject, "{filled}");
    assert!(!subject.is_empty());
    let time = |name: &str| claims[name].as_u64().unwrap_or_else(|| panic!("{name}: {filled}"));
    assert!(time("exp") + 60 > now && time("nbf") <= now + 60, "{filled}");
    let scope =
        claims["scp"].as_str().unwrap_or_default().split(' ').any(|one| one == "Mcp.Access");
    let role = claims["roles"].as_array().is_some_and(|roles| roles.contains(&"Mcp.Access".into()));
    assert!(scope || role, "{filled}");
    assert_ne!(claims["idtyp"], "app", "{filled}");
    assert!(claims.get("nonce").is_none(), "{filled}");
}
