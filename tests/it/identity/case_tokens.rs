//! security.md A, the token's form, header and signature: cases 1-4, 9 and 12-14.

use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use osier::identity::Flaw;
use serde_json::{Value, json};

use super::issuer::{Issuer, KEYS, good_claims, good_header};
use super::world::World;

fn encode(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

#[tokio::test]
async fn case_001_unsigned() {
    let world = World::new().await;
    world.accepts("a good one", &world.good()).await;
    for alg in ["none", "None", "nOnE", "NONE", ""] {
        let mut header = good_header(&KEYS[0]);
        header["alg"] = alg.into();
        let claims = good_claims(world.clock.unix_seconds());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        world.bad(alg, &format!("{signed}."), Flaw::Signature).await;
        world.bad(alg, &format!("{signed}.AAAA"), Flaw::Algorithm).await;
    }
    let good = world.good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    world.bad("no signature", &format!("{signed}."), Flaw::Signature).await;
    let half = &signature[..168];
    world.bad("half a signature", &format!("{signed}.{half}"), Flaw::Signature).await;
}

#[tokio::test]
async fn case_002_public_key_as_secret() {
    let world = World::new().await;
    let der = KEYS[0].public_der();
    let pem = format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n",
        BASE64.encode(&der)
    );
    let modulus = KEYS[0].modulus();
    let text = BASE64URL_NOPAD.encode(&modulus);
    for secret in [pem.as_bytes(), &der, &modulus, text.as_bytes()] {
        let claims = good_claims(world.clock.unix_seconds());
        // Said to be HS256, and the same signature said to be RS256.
        for (alg, flaw) in [("HS256", Flaw::Algorithm), ("RS256", Flaw::Signature)] {
            let mut header = good_header(&KEYS[0]);
            header["alg"] = alg.into();
            let signed = format!("{}.{}", encode(&header), encode(&claims));
            let key = EncodingKey::from_secret(secret);
            let mac =
                jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256).unwrap();
            world.bad(alg, &format!("{signed}.{mac}"), flaw).await;
        }
    }
    for alg in ["RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256", "RS256 "] {
        let token = world.token(|header, _| header["alg"] = alg.into());
        world.bad(alg, &token, Flaw::Algorithm).await;
    }
}

#[tokio::test]
async fn case_003_key_brought_along() {
    let world = World::new().await;
    let attacker = Issuer::start().await;
    attacker.publish(&[&KEYS[1]]);
    world.accepts("a good one", &world.good()).await;
    let fetches = world.issuer.fetches();
    let members = [
        ("jwk", KEYS[1].jwk()),
        ("jku", format!("{}/keys", attacker.base).into()),
        ("x5u", format!("{}/keys", attacker.base).into()),
        ("x5c", json!([BASE64.encode(&KEYS[1].public_der())])),
    ];
    for (name, member) in members {
        for kid in [KEYS[0].kid, KEYS[1].kid] {
            let token = world.token_by(&KEYS[1], |header, _| {
                header["kid"] = kid.into();
                header[name] = member.clone();
            });
            world.bad(name, &token, Flaw::HeaderMember).await;
        }
        // Not taken from a token either that is otherwise good.
        let token = world.token(|header, _| header[name] = member.clone());
        world.bad(name, &token, Flaw::HeaderMember).await;
    }
    let another = world.token_by(&KEYS[1], |header, _| header["kid"] = KEYS[0].kid.into());
    world.bad("another's key under our name", &another, Flaw::Signature).await;
    assert_eq!(attacker.fetches() + attacker.discoveries(), 0);
    assert_eq!(world.issuer.fetches(), fetches);
}

#[tokio::test]
async fn case_004_kid_injection() {
    let world = World::new().await;
    world.accepts("a good one", &world.good()).await;
    let kids = [
        (json!("../../dev/null"), Flaw::UnknownKey),
        (json!("key-one'--"), Flaw::UnknownKey),
        (json!("KEY-ONE"), Flaw::UnknownKey),
        (json!("' OR 1"), Flaw::KeyId),
        (json!("key-one\u{0}"), Flaw::KeyId),
        (json!("key-one "), Flaw::KeyId),
        (json!("ключ"), Flaw::KeyId),
        (json!("\u{1b}[31m"), Flaw::KeyId),
        (json!(""), Flaw::KeyId),
        (json!("k".repeat(129)), Flaw::KeyId),
        (json!("k".repeat(1 << 20)), Flaw::TooLong),
        (json!(1), Flaw::Header),
        (json!(null), Flaw::Header),
        (json!(["key-one"]), Flaw::Header),
        (json!({ "key-one": "key-one" }), Flaw::Header),
    ];
    for (kid, flaw) in kids {
        let name: String = kid.to_string().chars().take(30).collect();
        let token = world.token(|header, _| header["kid"] = kid);
        if token.len() < 100_000 {
            world.bad(&name, &token, flaw).await;
        } else {
            // The HTTP layer's own cap comes first.
            assert_eq!(world.judge(&token).await.unwrap_err(), flaw.into());
            let sent = world.http.post(world.url("/mcp")).bearer_auth(&token).send().await;
            // It may close the connection before all of it is sent.
            assert!(sent.map_or(true, |answer| [401, 431].contains(&answer.status().as_u16())));
        }
    }
    let token = world.token(|header, _| drop(header.as_object_mut().unwrap().remove("kid")));
    world.bad("no kid", &token, Flaw::Header).await;
}

#[tokio::test]
async fn case_009_other_kinds_of_tokens() {
    let world = World::new().await;
    world.bad("an ID token's nonce", &world.claiming("nonce", "n"), Flaw::IdToken).await;
    world.bad("a null nonce", &world.claiming("nonce", Value::Null), Flaw::IdToken).await;
    world.bad("at_hash", &world.claiming("at_hash", "x"), Flaw::IdToken).await;
    let id_token = world.token(|_, claims| {
        let members = claims.as_object_mut().unwrap();
        members.retain(|name, _| !["scp", "azp", "azpacr"].contains(&name.as_str()));
        // The API's own sign-in writes the person's roles into its ID tokens.
        members.insert("roles".to_owned(), json!(["Mcp.Access"]));
    });
    world.bad("an ID token for the same app", &id_token, Flaw::IdToken).await;
    let graph = world.token(|header, _| header["nonce"] = "n".into());
    world.bad("a Graph token", &graph, Flaw::HeaderMember).await;
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT"] {
        world.accepts(typ, &world.token(|header, _| header["typ"] = typ.into())).await;
    }
    for typ in ["", "JOSE", "id+jwt", "dpop+jwt", "logout+jwt", "oauth-id-jag+jwt"] {
        let token = world.token(|header, _| header["typ"] = typ.into());
        world.bad(typ, &token, Flaw::Type).await;
    }
    let untyped = world.token(|header, _| drop(header.as_object_mut().unwrap().remove("typ")));
    world.accepts("no typ", &untyped).await;
    let null = world.token(|header, _| header["typ"] = Value::Null);
    world.bad("a null typ", &null, Flaw::Header).await;
}

#[tokio::test]
async fn case_012_doubled_members() {
    let world = World::new().await;
    let header = good_header(&KEYS[0]).to_string();
    let claims = good_claims(world.clock.unix_seconds()).to_string();
    let plus = |text: &str, more: &str| format!("{},{more}}}", text.strip_suffix('}').unwrap());
    for more in [
        r#""aud":"6a1f0c1e-8f5e-4a57-9d3c-2b1f6f0a9c11""#,
        r#""scp":"Mcp.Access""#,
        r#""\u0073cp":"Mcp.Access""#,
        r#""name":"Ben""#,
        r#""unheard":1,"unheard":1"#,
        r#""nested":{"a":[{"b":1,"b":2}]}"#,
    ] {
        let token = KEYS[0].sign(header.as_bytes(), plus(&claims, more).as_bytes());
        world.bad(more, &token, Flaw::Payload).await;
    }
    for more in [r#""alg":"RS256""#, r#""kid":"key-one""#, r#""unheard":1,"unheard":1"#] {
        let token = KEYS[0].sign(plus(&header, more).as_bytes(), claims.as_bytes());
        world.bad(more, &token, Flaw::Header).await;
    }
    let token = KEYS[0].sign(header.as_bytes(), plus(&claims, r#""AUD":"x""#).as_bytes());
    world.accepts("another case is another member", &token).await;
}

#[tokio::test]
async fn case_013_malformed() {
    let world = World::new().await;
    let good = world.good();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!() };
    let padded = BASE64URL.encode(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap());
    let standard = |text: &str| text.replace('-', "+").replace('_', "/");
    // The last sign of a 256-byte signature carries four bits that must be zero.
    let (most, last) = signature.split_at(signature.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.find(last).unwrap() + 1;
    let loose = &alphabet[next..=next];
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let not_json = BASE64URL_NOPAD.encode(&utf16);
    let cases = [
        ("one segment", header.to_owned(), Flaw::Form),
        ("two segments", format!("{header}.{payload}"), Flaw::Form),
        ("four segments", format!("{good}.{signature}"), Flaw::Form),
        ("five segments", format!("{header}.{payload}.{signature}.AA.AA"), Flaw::Form),
        ("only dots", "..".to_owned(), Flaw::Signature),
        ("no header", format!(".{payload}.{signature}"), Flaw::Header),
        ("no payload", format!("{header}..{signature}"), Flaw::Signature),
        ("padding", format!("{header}.{padded}=.{signature}"), Flaw::Form),
        ("padding at the end", format!("{good}=="), Flaw::Form),
        ("loose last bits", format!("{header}.{payload}.{most}{loose}"), Flaw::Form),
        ("the other alphabet", format!("{header}.{payload}.{}", standard(signature)), Flaw::Form),
        ("white space inside", format!("{header}. {payload}.{signature}"), Flaw::Form),
        ("a tab", format!("{header}.{payload}.\t{signature}"), Flaw::Form),
        ("UTF-16", format!("{not_json}.{payload}.{signature}"), Flaw::Header),
        ("a long tail", format!("{good}{}", "A".repeat(8 * 1024)), Flaw::TooLong),
        ("dots", ".".repeat(8000), Flaw::Form),
    ];
    for (name, token, flaw) in cases {
        if name == "the other alphabet" && token == good {
            continue;
        }
        world.bad(name, &token, flaw).await;
    }
    // The cap is exact: a token of 8 KiB is looked at.
    let long = |length: usize| world.claiming("filler", "x".repeat(length));
    let fits = (4000..6200).rev().find(|length| long(*length).len() <= 8192).unwrap();
    world.accepts("8 KiB", &long(fits)).await;
    world.bad("a little more", &long(fits + 3), Flaw::TooLong).await;
}

#[tokio::test]
async fn case_014_critical_extensions() {
    let world = World::new().await;
    for crit in [json!(["exp"]), json!([]), json!(["b64"]), json!(null), json!("exp")] {
        let token = world.token(|header, _| header["crit"] = crit.clone());
        world.bad(&crit.to_string(), &token, Flaw::HeaderMember).await;
    }
    for member in ["b64", "zip", "enc", "cty"] {
        let token = world.token(|header, _| header[member] = "x".into());
        world.bad(member, &token, Flaw::HeaderMember).await;
    }
}
