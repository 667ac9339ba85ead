//! Case 50: ids of registrations that we didn't make, or that no longer count.

use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use osier::clock::Clock;
use osier::config::{Config, Environment};
use osier::oauth::client::{ClientFault, ClientFlaw};
use osier::seal::{KeyRing, Purpose};
use serde_json::json;

use super::world::{Setup, World};

const GOOD: &str = "http://127.0.0.1:3000/callback";
const NOT_OURS: ClientFault = ClientFault::Invalid(ClientFlaw::NotOurs);
const EXPIRED: ClientFault = ClientFault::Invalid(ClientFlaw::Expired);

fn world(keys: KeyRing) -> impl Future<Output = World> {
    World::with(Setup { keys, ..Setup::default() })
}

#[tokio::test]
async fn case_050_altered_ids_are_refused() {
    let world = World::new().await;
    let id = world.registered(&[GOOD]).await;
    let other = world.registered(&["https://claude.ai/api/mcp/auth_callback"]).await;
    assert!(world.find(&id).await.is_ok());
    let sealed = id.strip_prefix("dcr1.").unwrap();
    let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).unwrap();
    let mut forged = Vec::new();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            forged.push(format!("dcr1.{}", BASE64URL_NOPAD.encode(&bytes)));
        }
    }
    forged.extend((0..sealed.len()).map(|end| format!("dcr1.{}", &sealed[..end])));
    let (half, others) = (id.len() / 2, other.len() / 2);
    forged.extend([
        format!("{}{}", &id[..half], &other[others..]),
        format!("{}{}", &other[..others], &id[half..]),
        format!("{id}A"),
        format!("{id}="),
        format!("{id}.{id}"),
        format!("dcr1.{id}"),
        format!("dcr1..{sealed}"),
        format!("dcr1. {sealed}"),
        format!("dcr1.{}", BASE64.encode(&bytes)),
        format!("dcr1.{}", "A".repeat(100_000)),
        format!(
            "dcr1.{}",
            BASE64URL_NOPAD.encode(br#"{"n":"x","r":["http://127.0.0.1/callback"],"t":0}"#)
        ),
    ]);
    for forged in forged {
        assert_eq!(world.find(&forged).await.unwrap_err(), NOT_OURS, "{forged}");
    }
    for unknown in [
        sealed.to_owned(),
        format!("dcr2.{sealed}"),
        format!("DCR1.{sealed}"),
        format!("none.{sealed}"),
        format!(" {id}"),
        "dcr1".to_owned(),
    ] {
        let fault = world.find(&unknown).await.unwrap_err();
        assert_eq!(fault, ClientFault::Invalid(ClientFlaw::Unknown), "{unknown}");
    }
}

#[tokio::test]
async fn case_050_what_was_sealed_for_something_else_is_no_id() {
    let keys = || KeyRing::new(&[3; 32], None).unwrap();
    let world = world(keys()).await;
    let value = json!({"n": "x", "r": [GOOD], "t": world.clock.unix_seconds()});
    let good = format!("dcr1.{}", keys().seal(Purpose::Client, &value).unwrap());
    assert!(world.find(&good).await.is_ok());
    for purpose in [Purpose::Code, Purpose::Refresh, Purpose::Consent, Purpose::RequestState] {
        let id = format!("dcr1.{}", keys().seal(purpose, &value).unwrap());
        assert_eq!(world.find(&id).await.unwrap_err(), NOT_OURS, "{purpose:?}");
    }
    // Even under our own seal nothing unsafe is read.
    let value = json!({"n": "x", "r": ["javascript:alert(1)"], "t": world.clock.unix_seconds()});
    let id = format!("dcr1.{}", keys().seal(Purpose::Client, &value).unwrap());
    assert_eq!(world.find(&id).await.unwrap_err(), NOT_OURS);
}

#[tokio::test]
async fn case_050_the_key_before_still_opens_and_no_other_does() {
    let (old, middle, new) = ([1_u8; 32], [2_u8; 32], [3_u8; 32]);
    let id = world(KeyRing::new(&old, None).unwrap()).await.registered(&[GOOD]).await;
    let after_one = world(KeyRing::new(&middle, Some(&old)).unwrap()).await;
    assert!(after_one.find(&id).await.is_ok());
    let after_two = world(KeyRing::new(&new, Some(&middle)).unwrap()).await;
    assert_eq!(after_two.find(&id).await.unwrap_err(), NOT_OURS);
    let elsewhere = World::new().await;
    assert_eq!(elsewhere.find(&id).await.unwrap_err(), NOT_OURS);
}

#[tokio::test]
async fn case_050_old_and_voided_ids_are_refused() {
    let day = Duration::from_hours(24);
    let world = World::set("OSIER_CLIENTS__REGISTRATION_DAYS", "30").await;
    let id = world.registered(&[GOOD]).await;
    world.clock.advance(day * 29 + Duration::from_secs(86_399));
    assert!(world.find(&id).await.is_ok());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.find(&id).await.unwrap_err(), EXPIRED);

    // All that were made before a moment, by the moment's two forms.
    let clock = Clock::manual();
    let issued = clock.unix_seconds();
    let moment = |seconds: u64| {
        let moment = chrono::DateTime::from_timestamp(i64::try_from(seconds).unwrap(), 0);
        moment.unwrap().to_rfc3339()
    };
    let keys = || KeyRing::new(&[5; 32], None).unwrap();
    let made = Setup { keys: keys(), clock: clock.clone(), ..Setup::default() };
    let id = World::with(made).await.registered(&[GOOD]).await;
    for (not_before, counts) in [
        (issued.to_string(), true),
        (moment(issued), true),
        ((issued + 1).to_string(), false),
        (moment(issued + 1), false),
    ] {
        let mut setup = Setup { keys: keys(), clock: clock.clone(), ..Setup::default() };
        setup.settings.push(("OSIER_CLIENTS__NOT_BEFORE", not_before.clone()));
        let found = World::with(setup).await.find(&id).await;
        assert_eq!(found.is_ok(), counts, "{not_before}");
        assert!(counts || found.unwrap_err() == EXPIRED);
    }

    // And all of them, where registrations aren't taken.
    let mut setup = Setup { keys: keys(), clock, ..Setup::default() };
    setup.settings.push(("OSIER_CLIENTS__REGISTRATION", "false".to_owned()));
    let fault = World::with(setup).await.find(&id).await.unwrap_err();
    assert_eq!(fault, ClientFault::Invalid(ClientFlaw::NotListed));
}

#[tokio::test]
async fn case_050_an_id_from_the_future_is_refused() {
    let keys = || KeyRing::new(&[6; 32], None).unwrap();
    let world = world(keys()).await;
    let now = world.clock.unix_seconds();
    for (ahead, counts) in [(0, true), (60, true), (61, false), (1 << 40, false)] {
        let value = json!({"n": "x", "r": [GOOD], "t": now + ahead});
        let id = format!("dcr1.{}", keys().seal(Purpose::Client, &value).unwrap());
        assert_eq!(world.find(&id).await.is_ok(), counts, "{ahead}");
    }
}

#[test]
fn case_050_there_is_no_key_by_default() {
    let text = include_str!("../../../config/demo.toml");
    let problems = Config::parse("demo.toml", text, &Environment::default()).unwrap_err();
    assert!(problems.to_string().contains("keys.current: is missing"), "{problems}");
}
