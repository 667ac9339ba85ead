//! security.md B, keys that change: cases 23, 24 and 27-29.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use osier::identity::{Flaw, KeyFault, KeysStatus};
use serde_json::json;

use super::issuer::{ISSUER, Issuer, KEYS, Mode};
use super::world::{World, away};

const COOL_DOWN: Duration = Duration::from_secs(30);

fn of_kid(world: &World, kid: &str) -> String {
    // Nobody gets as far as the signature, so one of another token does.
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": kid }).to_string();
    let good = world.good();
    let rest = good.split_once('.').unwrap().1;
    format!("{}.{rest}", data_encoding::BASE64URL_NOPAD.encode(header.as_bytes()))
}

#[tokio::test]
async fn case_023_flood_of_unknown_keys() {
    let world = World::new().await;
    world.accepts("before", &world.good()).await;
    assert_eq!(world.issuer.fetches(), 1);
    let flood = |from: u32, to: u32| {
        let world = &world;
        join_all((from..to).map(move |number| async move {
            let token = of_kid(world, &format!("invented-{number}"));
            let ending = world.judge(&token).await;
            assert_eq!(ending.err(), Some(Flaw::UnknownKey.into()));
        }))
    };
    flood(0, 10_000).await;
    assert_eq!(world.issuer.fetches(), 2, "one fetch for the whole flood");
    world.accepts("a known person, meanwhile", &world.claiming("uti", "another")).await;
    world.bad("over HTTP", &of_kid(&world, "invented"), Flaw::UnknownKey).await;
    assert_eq!(world.issuer.fetches(), 2);
    world.clock.advance(Duration::from_secs(29));
    flood(0, 100).await;
    assert_eq!(world.issuer.fetches(), 2);
    world.clock.advance(Duration::from_secs(1));
    flood(0, 100).await;
    assert_eq!(world.issuer.fetches(), 3, "one fetch a cool-down");
    assert_eq!(world.authenticator.status(), KeysStatus::Ready);
}

#[tokio::test]
async fn case_024_rollover() {
    let world = World::new().await;
    let old = world.good();
    world.accepts("before", &old).await;
    // The new key beside the old one: one fetch for everybody who comes with it, and nobody is
    // turned away, right after the first fetch though it is.
    world.issuer.publish(&[&KEYS[0], &KEYS[1]]);
    let new = |number: u32| {
        world.token_by(&KEYS[1], |_, claims| claims["uti"] = format!("uti-{number}").into())
    };
    let tokens: Vec<String> = (0..50).map(new).collect();
    for answer in join_all(tokens.iter().map(|token| world.call(token))).await {
        assert_eq!(answer.status, 200);
    }
    assert_eq!(world.issuer.fetches(), 2, "exactly one fetch");
    world.accepts("the old key in the overlap", &old).await;
    assert_eq!(world.issuer.fetches(), 2);
    // The next one at once, and the first one is gone, from the cache too.
    world.issuer.publish(&[&KEYS[1], &KEYS[2]]);
    world.accepts("the third key", &world.token_by(&KEYS[2], |_, _| ())).await;
    assert_eq!(world.issuer.fetches(), 3);
    world.bad("the removed key", &old, Flaw::UnknownKey).await;
    world.accepts("the second key still", &new(99)).await;
}

#[tokio::test]
async fn case_024_removed_keys_leave_the_cache() {
    let world = World::new().await;
    let old = world.good();
    world.accepts("before", &old).await;
    world.issuer.publish(&[&KEYS[1]]);
    world.accepts("remembered, for nobody has fetched", &old).await;
    // Somebody's bad token brings the new set in; no good one of it has come yet.
    world.bad("an invented key", &of_kid(&world, "invented"), Flaw::UnknownKey).await;
    world.bad("the removed key", &old, Flaw::UnknownKey).await;
}

#[tokio::test]
async fn case_024_rollover_within_a_cool_down() {
    let world = World::new().await;
    world.accepts("before", &world.good()).await;
    world.bad("an invented key", &of_kid(&world, "invented"), Flaw::UnknownKey).await;
    assert_eq!(world.issuer.fetches(), 2);
    world.issuer.publish(&[&KEYS[0], &KEYS[1]]);
    let new = world.token_by(&KEYS[1], |_, _| ());
    world.bad("until the cool-down ends", &new, Flaw::UnknownKey).await;
    assert_eq!(world.issuer.fetches(), 2);
    world.clock.advance(COOL_DOWN);
    world.accepts("and no longer", &new).await;
    assert_eq!(world.issuer.fetches(), 3);
}

#[tokio::test]
async fn case_024_keys_are_refreshed_unasked() {
    let world = World::new().await;
    let shutdown = tokio_util::sync::CancellationToken::new();
    let run = |world: &World| {
        let (authenticator, shutdown) = (Arc::clone(&world.authenticator), shutdown.clone());
        tokio::spawn(async move { authenticator.run(shutdown).await })
    };
    let loops = [run(&world), run(&world)];
    until(|| world.authenticator.status() == KeysStatus::Ready).await;
    assert_eq!((world.issuer.fetches(), world.issuer.discoveries()), (1, 1));
    let old = world.good();
    world.accepts("before", &old).await;
    world.issuer.publish(&[&KEYS[1]]);
    world.clock.advance(Duration::from_hours(24));
    // A loop that starts anew looks at once.
    let third = run(&world);
    until(|| world.issuer.fetches() == 2).await;
    let new = world.token_by(&KEYS[1], |_, _| ());
    world.accepts("the new key", &new).await;
    let signed_by_old = world.good();
    world.bad("the removed key", &signed_by_old, Flaw::UnknownKey).await;
    shutdown.cancel();
    for ended in join_all(loops.into_iter().chain([third])).await {
        ended.unwrap();
    }
}

/// Waits for something that another task brings about.
pub(crate) async fn until(reached: impl Fn() -> bool) {
    let wait = async {
        while !reached() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(8), wait).await.unwrap();
}

#[tokio::test]
async fn case_027_issuer_or_keys_moved() {
    let elsewhere = Issuer::start().await;
    elsewhere.publish(&[&KEYS[0], &KEYS[1]]);
    let moved_issuer = |world: &World| world.issuer.discovery_of("https://login.example/x/v2.0");
    let moved_keys = |_: &World| {
        Mode::Json(json!({ "issuer": ISSUER, "jwks_uri": format!("{}/keys", elsewhere.base) }))
    };
    let changes: [&dyn Fn(&World) -> Mode; 2] = [&moved_issuer, &moved_keys];
    for change in changes {
        let world = World::new().await;
        world.accepts("before", &world.good()).await;
        world.issuer.set_discovery(change(&world));
        world.issuer.publish(&[&KEYS[0], &KEYS[1]]);
        let new = world.token_by(&KEYS[1], |_, _| ());
        world.refuses("a key from there", &new, away(KeyFault::Moved)).await;
        assert_eq!(world.authenticator.status(), KeysStatus::Degraded(KeyFault::Moved));
        let (status, metadata) = metadata(&world).await;
        assert!(status == 200 && metadata.contains(ISSUER), "{metadata}");
        world.accepts("known keys go on", &world.claiming("uti", "another")).await;
        assert_eq!(elsewhere.fetches(), 0, "asked for keys elsewhere");
        // The document is mended: all is well again.
        world.issuer.set_discovery(world.issuer.discovery_of(ISSUER));
        world.clock.advance(COOL_DOWN);
        world.accepts("after", &new).await;
        assert_eq!(world.authenticator.status(), KeysStatus::Ready);
    }
}

#[tokio::test]
async fn case_027_redirects_are_not_followed() {
    let elsewhere = Issuer::start().await;
    let world = World::new().await;
    world.issuer.set_keys(Mode::Redirect(format!("{}/keys", elsewhere.base)));
    world.refuses("keys", &world.good(), away(KeyFault::BadAnswer)).await;
    world.issuer.set_discovery(Mode::Redirect(format!("{}/discovery", elsewhere.base)));
    world.clock.advance(Duration::from_secs(1));
    world.refuses("discovery", &world.good(), away(KeyFault::BadAnswer)).await;
    assert_eq!(elsewhere.fetches() + elsewhere.discoveries(), 0);
}

#[tokio::test]
async fn case_027_unfit_discovery() {
    let documents = [
        json!({ "issuer": "https://login.example/{tenantid}/v2.0", "jwks_uri": "http://x/keys" }),
        json!({ "issuer": "", "jwks_uri": "http://x/keys" }),
        json!({ "issuer": ISSUER }),
        json!({ "issuer": ISSUER, "jwks_uri": "file:///etc/passwd" }),
        json!({ "issuer": ISSUER, "jwks_uri": "keys" }),
        json!([]),
    ];
    for document in documents {
        let world = World::new().await;
        world.issuer.set_discovery(Mode::Json(document));
        world.refuses("unfit", &world.good(), away(KeyFault::BadAnswer)).await;
    }
    let another = "https://login.example/other/v2.0".to_owned();
    let world = World::with(|settings| settings.expected_issuer = Some(another)).await;
    world.refuses("not the expected issuer", &world.good(), away(KeyFault::Moved)).await;
}

async fn metadata(world: &World) -> (u16, String) {
    let url = world.url("/.well-known/oauth-protected-resource/mcp");
    let answer = world.http.get(url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn case_028_first_requests_share_one_fetch() {
    let world = World::new().await;
    let tokens: Vec<String> =
        (0..100).map(|number| world.claiming("uti", format!("uti-{number}"))).collect();
    for answer in join_all(tokens.iter().map(|token| world.call(token))).await {
        assert_eq!(answer.status, 200);
    }
    assert_eq!((world.issuer.discoveries(), world.issuer.fetches()), (1, 1));
}

#[tokio::test]
async fn case_028_a_caller_that_leaves_ends_no_fetch() {
    let world = World::new().await;
    for number in 0..20 {
        let token = of_kid(&world, &format!("invented-{number}"));
        let asked = world.judge(&token);
        // Long enough to start the fetch, too short for its answer.
        let _left = tokio::time::timeout(Duration::from_micros(50), asked).await;
    }
    world.accepts("somebody who stays", &world.good()).await;
    assert!(world.issuer.fetches() <= 2, "{} fetches", world.issuer.fetches());
}

#[tokio::test]
async fn case_029_clock_jumps() {
    let ten = Duration::from_mins(10);
    let world = World::new().await;
    let now = world.clock.unix_seconds();
    let short = world.claiming("exp", now + 300);
    let long = world.good();
    world.accepts("now", &short).await;
    world.accepts("now", &long).await;
    world.clock.advance(ten);
    // Both are in the cache; their times are looked at all the same.
    world.bad("ten minutes on", &short, Flaw::Expired).await;
    world.accepts("ten minutes on", &long).await;
    world.clock.set_back(ten);
    world.accepts("back again", &short).await;
    world.clock.set_back(ten);
    world.bad("ten minutes back", &long, Flaw::NotYet).await;
    world.accepts("issued ten minutes back", &world.good()).await;
    assert_eq!(world.issuer.fetches(), 1, "the keys outlived it all");
    assert_eq!(world.authenticator.status(), KeysStatus::Ready);
    // A cool-down that began in what is now the future is over.
    world.clock.advance(ten);
    world.bad("an invented key", &of_kid(&world, "invented"), Flaw::UnknownKey).await;
    world.clock.set_back(ten);
    world.issuer.publish(&[&KEYS[0], &KEYS[1]]);
    world.accepts("a new key", &world.token_by(&KEYS[1], |_, _| ())).await;
}

#[tokio::test]
async fn a_remembered_token_ends_on_time() {
    let world = World::new().await;
    let token = world.claiming("exp", world.clock.unix_seconds() + 100);
    let first = world.judge(&token).await.unwrap();
    let again = world.judge(&token).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again), "verified twice");
    world.clock.advance(Duration::from_secs(159));
    assert!(Arc::ptr_eq(&first, &world.judge(&token).await.unwrap()));
    world.clock.advance(Duration::from_secs(1));
    world.bad("past exp and leeway", &token, Flaw::Expired).await;
    // And no longer than five minutes without another look.
    let token = world.good();
    let first = world.judge(&token).await.unwrap();
    world.clock.advance(Duration::from_secs(299));
    assert!(Arc::ptr_eq(&first, &world.judge(&token).await.unwrap()));
    world.clock.advance(Duration::from_secs(1));
    assert!(!Arc::ptr_eq(&first, &world.judge(&token).await.unwrap()));
}
