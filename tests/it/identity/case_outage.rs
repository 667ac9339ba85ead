//! security.md B, an issuer that is away or talks nonsense: cases 25 and 26.

use std::sync::Arc;
use std::time::{Duration, Instant};

use osier::identity::{KeyFault, KeysStatus, Rejection};
use serde_json::json;

use super::case_keys::until;
use super::issuer::{ISSUER, KEYS, Mode};
use super::world::{Answer, World, away};

fn faults() -> Vec<(&'static str, Mode, KeyFault)> {
    use KeyFault::{BadAnswer, Unreachable};
    let text = |kind, text: &str| Mode::Text(kind, text.to_owned());
    let good = json!({ "keys": [KEYS[1].jwk()] }).to_string();
    vec![
        ("500", Mode::Status(500), Unreachable),
        ("503", Mode::Status(503), Unreachable),
        ("404", Mode::Status(404), BadAnswer),
        ("204", Mode::Status(204), BadAnswer),
        ("HTML", text("text/html", "<h1>Sign in to the network</h1>"), BadAnswer),
        ("keys said to be HTML", text("text/html", &good), BadAnswer),
        ("HTML said to be JSON", text("application/json", "<h1>"), BadAnswer),
        ("garbage", text("application/json", "{\"keys\":[{"), BadAnswer),
        ("nothing", text("application/json", ""), BadAnswer),
        ("an empty set", Mode::Json(json!({ "keys": [] })), BadAnswer),
        ("no set", Mode::Json(json!({})), BadAnswer),
        ("a set of unfit keys", Mode::Json(json!({ "keys": [{ "kty": "EC" }, 1] })), BadAnswer),
        ("10 MB", text("application/json", &format!("{good}{}", " ".repeat(10 << 20))), BadAnswer),
    ]
}

async fn keeps_the_last_good_set(name: &str, mode: Mode, fault: KeyFault) {
    let world = World::new().await;
    world.accepts(name, &world.good()).await;
    world.issuer.set_keys(mode);
    let new = world.token_by(&KEYS[1], |_, _| ());
    world.refuses(name, &new, away(fault)).await;
    assert_eq!(world.authenticator.status(), KeysStatus::Degraded(fault), "{name}");
    assert!(world.authenticator.status().is_ready());
    world.accepts(name, &world.claiming("uti", "another")).await;
    // Until a day after they were due for a refresh.
    world.clock.advance(Duration::from_secs(48 * 3600 - 1));
    world.accepts(name, &world.good()).await;
    world.clock.advance(Duration::from_secs(1));
    world.refuses(name, &world.good(), away(fault)).await;
    assert_eq!(world.authenticator.status(), KeysStatus::Missing(fault), "{name}");
    world.issuer.publish(&[&KEYS[0]]);
    world.clock.advance(Duration::from_secs(1));
    world.accepts(name, &world.good()).await;
    assert_eq!(world.authenticator.status(), KeysStatus::Ready, "{name}");
}

#[tokio::test]
async fn case_025_keys_away_or_nonsense() {
    for (name, mode, fault) in faults() {
        keeps_the_last_good_set(name, mode, fault).await;
    }
}

#[tokio::test]
async fn case_025_remembered_tokens_end_with_the_keys() {
    let world = World::with(|settings| {
        settings.refresh_every = Duration::from_mins(1);
        settings.keep_last_good = Duration::from_mins(1);
    })
    .await;
    let token = world.good();
    world.accepts("remembered", &token).await;
    world.issuer.set_keys(Mode::Status(500));
    world.clock.advance(Duration::from_secs(119));
    world.accepts("remembered", &token).await;
    world.clock.advance(Duration::from_secs(1));
    world.refuses("too old", &token, away(KeyFault::Unreachable)).await;
}

#[tokio::test]
async fn case_025_slow_drip() {
    let world = World::new().await;
    world.accepts("before", &world.good()).await;
    world.issuer.set_keys(Mode::Drip);
    let started = Instant::now();
    let new = world.token_by(&KEYS[1], |_, _| ());
    let (waited, known) = tokio::join!(world.judge(&new), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.judge(&world.claiming("uti", "another")).await.unwrap();
        started.elapsed()
    });
    assert_eq!(waited.err(), Some(away(KeyFault::Unreachable)));
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert!(known < Duration::from_secs(3), "a known key waited {known:?}");
}

#[tokio::test]
async fn case_026_keys_away_at_start() {
    let world = World::new().await;
    world.issuer.set_discovery(Mode::Status(503));
    assert_eq!(world.authenticator.status(), KeysStatus::Missing(KeyFault::NotFetched));
    world.refuses("no keys yet", &world.good(), away(KeyFault::Unreachable)).await;
    assert_eq!(world.authenticator.status(), KeysStatus::Missing(KeyFault::Unreachable));
    let url = world.url("/.well-known/oauth-protected-resource/mcp");
    let metadata = Answer::of(world.http.get(&url).send().await.unwrap()).await;
    assert!(metadata.status == 503 && metadata.headers.contains_key("retry-after"));
    // Who sends no token is told where to get one all the same.
    let asked = world.http.post(world.url("/mcp")).send().await.unwrap();
    super::world::assert_told("bare", &Answer::of(asked).await, Rejection::NoCredentials);
    assert!(world.seen.lock().unwrap().is_empty());
    world.issuer.set_discovery(world.issuer.discovery_of(ISSUER));
    world.clock.advance(Duration::from_secs(1));
    world.accepts("it is back", &world.good()).await;
}

#[tokio::test]
async fn case_026_recovers_by_itself() {
    let world = World::new().await;
    world.issuer.set_keys(Mode::Status(500));
    let shutdown = tokio_util::sync::CancellationToken::new();
    let running = {
        let (authenticator, shutdown) = (Arc::clone(&world.authenticator), shutdown.clone());
        tokio::spawn(async move { authenticator.run(shutdown).await })
    };
    until(|| world.issuer.fetches() >= 2).await;
    assert!(!world.authenticator.status().is_ready());
    world.issuer.publish(&[&KEYS[0]]);
    let back = Instant::now();
    until(|| world.authenticator.status() == KeysStatus::Ready).await;
    assert!(back.elapsed() < Duration::from_secs(5), "{:?}", back.elapsed());
    shutdown.cancel();
    running.await.unwrap();
}
