//! Properties: a token that was changed anywhere is never let in, and no bytes upset the reader.

use data_encoding::BASE64URL_NOPAD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::issuer::{KEYS, good_claims, good_header};
use super::world::World;

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

/// Runs a property that asks the world something. The properties themselves aren't async, so the
/// world has threads of its own.
fn hold<S: Strategy>(cases: u32, strategy: &S, property: impl Fn(&World, S::Value) -> bool) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let world = runtime.block_on(async {
        let world = World::new().await;
        world.accepts("a good one", &world.good()).await;
        world
    });
    runner(cases)
        .run(strategy, |value| {
            let _inside = runtime.enter();
            prop_assert!(property(&world, value));
            Ok(())
        })
        .unwrap();
}

fn judge(world: &World, credential: &[u8]) -> Option<bool> {
    let value = HeaderValue::from_bytes(credential).ok()?;
    let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
    let judged = world.authenticator.authenticate(&headers);
    Some(tokio::runtime::Handle::current().block_on(judged).is_ok())
}

fn accepted(world: &World, token: &str) -> bool {
    judge(world, format!("Bearer {token}").as_bytes()) == Some(true)
}

#[test]
fn a_flipped_bit_is_never_accepted() {
    hold(400, &(0..3_usize, any::<prop::sample::Index>(), 0..8_u8), |world, flip| {
        let (segment, place, bit) = flip;
        let good = world.good();
        let mut segments: Vec<Vec<u8>> = good
            .split('.')
            .map(|segment| BASE64URL_NOPAD.decode(segment.as_bytes()).unwrap())
            .collect();
        let place = place.index(segments[segment].len());
        segments[segment][place] ^= 1 << bit;
        let token: Vec<String> =
            segments.iter().map(|segment| BASE64URL_NOPAD.encode(segment)).collect();
        accepted(world, &good) && !accepted(world, &token.join("."))
    });
}

#[test]
fn a_changed_sign_is_never_accepted() {
    let change = (any::<prop::sample::Index>(), 0..4_u8, 33..127_u8);
    hold(600, &change, |world, (place, change, sign)| {
        let good = world.good();
        let mut text = good.clone().into_bytes();
        let place = place.index(text.len());
        match change {
            0 => text[place] = sign,
            1 => text.insert(place, sign),
            2 => drop(text.remove(place)),
            _ => text.truncate(place),
        }
        let text = String::from_utf8(text).unwrap();
        text == good || !accepted(world, &text)
    });
}

#[test]
fn segments_of_different_tokens_dont_mix() {
    hold(60, &(0..3_usize, 1..1000_u64), |world, (segment, exp)| {
        let (one, other) = (world.good(), world.claiming("exp", good_exp(world) + exp));
        let ours: Vec<&str> = one.split('.').collect();
        let mut mixed: Vec<&str> = other.split('.').collect();
        mixed[segment] = ours[segment];
        // Both have the same header; any other segment must be its own token's.
        accepted(world, &mixed.join(".")) == (segment == 0)
    });
}

fn good_exp(world: &World) -> u64 {
    world.clock.unix_seconds() + 4500
}

#[test]
fn no_bytes_upset_the_reader() {
    hold(3000, &prop::collection::vec(any::<u8>(), 0..200), |world, bytes| {
        let raw = judge(world, &bytes) != Some(true);
        let credential = [b"Bearer ", &bytes[..]].concat();
        let after_scheme = judge(world, &credential) != Some(true);
        let text = BASE64URL_NOPAD.encode(&bytes);
        let dotted = !accepted(world, &format!("{text}.{text}.{text}"));
        raw && after_scheme && dotted
    });
}

/// JSON that looks like what is expected, with anything in any place.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
        let map = prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
            .prop_map(|map| map.into_iter().collect());
        prop_oneof![list, map]
    })
}

#[test]
fn signed_nonsense_is_never_accepted() {
    // Signed with the right key, so that the payload's reader sees it.
    let header = good_header(&KEYS[0]).to_string();
    let payloads = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        any_json().prop_map(|json| json.to_string().into_bytes()),
    ];
    hold(400, &payloads, |world, payload| {
        !accepted(world, &KEYS[0].sign(header.as_bytes(), &payload))
            && !accepted(world, &KEYS[0].sign(&payload, b"{}"))
    });
}

#[test]
fn a_claim_of_another_type_is_never_accepted() {
    const CLAIMS: [&str; 10] =
        ["aud", "iss", "tid", "oid", "exp", "nbf", "scp", "azp", "iat", "uti"];
    hold(400, &(prop::sample::select(&CLAIMS[..]), any_json()), |world, (claim, value)| {
        let good = good_claims(world.clock.unix_seconds());
        let alike = std::mem::discriminant(&good[claim]) == std::mem::discriminant(&value);
        alike || !accepted(world, &world.claiming(claim, value))
    });
}
