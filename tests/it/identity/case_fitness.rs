//! security.md A, case 16: keys that mustn't verify anything, and second forms of one signature.

use data_encoding::BASE64URL_NOPAD;
use osier::identity::Flaw;
use serde_json::{Value, json};

use super::issuer::{KEYS, Mode};
use super::world::World;

/// A good token, but for its key of 1024 bits; it lasts until 2100.
const SHORT_KEY: (&str, &str) = (
    "1mTE2_BqGvMgWRZaVhnx9fPcRlwjdfgcnEbU-GSDz9yAueEiGUD0enGDBRhLesFYHX-nkixXdKxzPtAISPs5gLITpyQy7\
     jVoDYSP-II_ZRVh3NZjUZ9FKw3gjKkKh7FCdXng6qkJ_hbB-zJsRnWslICMFIyhkZkrNa3XdXiZIk0",
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6InNob3J0In0.eyJhdWQiOiI2YTFmMGMxZS04ZjVlLTRhNTct\
     OWQzYy0yYjFmNmYwYTljMTEiLCJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUvN2QwZjRhNmUtM2M1NS00YjBlLTlh\
     MzQtNWQwYjZmMWYyYTEwL3YyLjAiLCJ0aWQiOiI3ZDBmNGE2ZS0zYzU1LTRiMGUtOWEzNC01ZDBiNmYxZjJhMTAiLCJv\
     aWQiOiJiMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDIiLCJuYmYiOjE3MDAwMDAwMDAsImlhdCI6MTcw\
     MDAwMDAwMCwiZXhwIjo0MTAyNDQ0ODAwLCJzY3AiOiJNY3AuQWNjZXNzIiwiYXpwIjoiYzAwMDAwMDAtMDAwMC00MDAw\
     LTgwMDAtMDAwMDAwMDAwMDBjIiwidmVyIjoiMi4wIn0.zOAiC3hExVXWOgfUsbVerEvcw4ORC4Ywqo9o9l0Tq6PghJjl\
     PxG_bxFUP0inuQ1_ifee11MRVTAI3mveuIuMHTAeXhuDajFQ3-CPKUGlhvRuX5dw2FYYyw1HDQRrmeTO0EzrMYHiR-P5\
     xQTOPxgzK06fDMQZhthwZ16k-iC38r8",
);

#[tokio::test]
async fn case_016_unfit_keys() {
    let change = |name: &str, value: Value| {
        let mut jwk = KEYS[1].jwk();
        jwk[name] = value;
        jwk
    };
    let unfit = [
        change("use", json!("enc")),
        change("key_ops", json!(["sign"])),
        change("key_ops", json!([])),
        change("alg", json!("RS512")),
        change("alg", json!("HS256")),
        change("kty", json!("EC")),
        change("kty", json!("oct")),
        change("e", json!("Aw")),
        change("e", json!("AAEAAQ")),
        change("n", json!(format!("AAAA{}", KEYS[1].jwk()["n"].as_str().unwrap()))),
        change("n", json!("")),
        change("n", json!(7)),
        change("kid", json!(7)),
        json!("key-two"),
    ];
    for jwk in unfit {
        let world = World::new().await;
        world.issuer.set_keys(Mode::Json(json!({ "keys": [jwk, KEYS[0].jwk()] })));
        world.accepts("the fit key beside it", &world.good()).await;
        let token = world.token_by(&KEYS[1], |_, _| ());
        world.bad(&jwk.to_string(), &token, Flaw::UnknownKey).await;
    }
    for fit in [change("key_ops", json!(["verify"])), change("alg", json!("RS256"))] {
        let world = World::new().await;
        world.issuer.set_keys(Mode::Json(json!({ "keys": [fit] })));
        world.accepts("a fit key", &world.token_by(&KEYS[1], |_, _| ())).await;
    }
    let world = World::new().await;
    let (modulus, token) = SHORT_KEY;
    let short = json!({ "kty": "RSA", "use": "sig", "kid": "short", "e": "AQAB", "n": modulus });
    world.issuer.set_keys(Mode::Json(json!({ "keys": [short, KEYS[0].jwk()] })));
    world.accepts("the fit key beside it", &world.good()).await;
    world.bad("1024 bits", token, Flaw::UnknownKey).await;
}

#[tokio::test]
async fn case_016_signature_malleability() {
    let world = World::new().await;
    let modulus = KEYS[0].modulus();
    let write =
        |signed: &str, signature: &[u8]| format!("{signed}.{}", BASE64URL_NOPAD.encode(signature));
    let good = world.good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    world.accepts("as it was", &write(signed, &signature)).await;
    let longer = [&[0][..], &signature].concat();
    world.bad("a zero in front", &write(signed, &longer), Flaw::Signature).await;
    let longer = [&signature[..], &[0]].concat();
    world.bad("a zero behind", &write(signed, &longer), Flaw::Signature).await;
    // s + n is the same number modulo n; not every s leaves room for it in 2048 bits.
    let mut tried = false;
    for turn in 0..300 {
        let good = world.claiming("turn", turn);
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        if let Some(sum) = sum(&signature, &modulus) {
            world.bad("s + n", &write(signed, &sum), Flaw::Signature).await;
            tried = true;
            break;
        }
    }
    assert!(tried || modulus[0] > 0xf4, "no signature left room");
}

/// The sum of two numbers of one length, if it fits into that length.
fn sum(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let mut sum = vec![0; a.len()];
    let mut carry = 0;
    for place in (0..a.len()).rev() {
        let digit = u16::from(a[place]) + u16::from(b[place]) + carry;
        sum[place] = digit.to_le_bytes()[0];
        carry = digit >> 8;
    }
    (carry == 0).then_some(sum)
}
