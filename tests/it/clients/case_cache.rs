//! Case 35: how long a document counts, and that no failure and no older document takes its place.

use std::time::Duration;

use osier::oauth::client::{ClientFault, ClientFlaw};
use osier::oauth::redirect::RedirectFault;
use serde_json::json;

use super::site::{Answer, document};
use super::world::{APP, World};

const CALLBACK: &str = "http://127.0.0.1:4711/callback";

fn controlled(control: &str) -> Answer {
    let headers = format!("content-type: application/json\r\ncache-control: {control}\r\n");
    Answer::with(&headers, document(APP).to_string().as_bytes())
}

#[tokio::test]
async fn case_035_a_document_is_kept_for_five_minutes_to_a_day() {
    let (minute, hour) = (60, 3600);
    let cases = [
        ("", 5 * minute),
        ("no-store", 5 * minute),
        ("max-age=0", 5 * minute),
        ("max-age=-1", 5 * minute),
        ("max-age=soon", 5 * minute),
        ("max-age=99999999999999999999999", 5 * minute),
        ("public, Max-Age=\"7200\"", 2 * hour),
        ("max-age=86400", 24 * hour),
        ("max-age=31536000", 24 * hour),
        ("max-age=18446744073709551615", 24 * hour),
    ];
    for (control, seconds) in cases {
        let world = World::new().await;
        world.site.answers(controlled(control));
        world.find(APP).await.unwrap();
        world.clock.advance(Duration::from_secs(seconds - 1));
        world.find(APP).await.unwrap();
        assert_eq!(world.site.requests(), 1, "{control}");
        world.clock.advance(Duration::from_secs(1));
        world.find(APP).await.unwrap();
        assert_eq!(world.site.requests(), 2, "{control}");
    }
}

#[tokio::test]
async fn case_035_a_failure_is_remembered_for_a_minute_and_no_longer() {
    let world = World::new().await;
    world.site.answers(Answer::status("500 Oops", "cache-control: max-age=86400\r\n"));
    let retry_after = Duration::from_mins(1);
    assert_eq!(world.find(APP).await.unwrap_err(), ClientFault::Unavailable { retry_after });
    // Whoever asks within that minute is told how much is left of it, and nobody fetches.
    world.site.answers(Answer::Document(document(APP)));
    world.clock.advance(Duration::from_secs(59));
    let retry_after = Duration::from_secs(1);
    assert_eq!(world.find(APP).await.unwrap_err(), ClientFault::Unavailable { retry_after });
    assert_eq!(world.site.requests(), 1);
    world.clock.advance(Duration::from_secs(1));
    assert!(world.find(APP).await.is_ok());
    // The same for documents that were refused.
    let world = World::new().await;
    world.site.answers(Answer::json(b"[]"));
    let unusable = ClientFault::Invalid(ClientFlaw::BadDocument);
    for _ in 0..3 {
        assert_eq!(world.find(APP).await.unwrap_err(), unusable);
    }
    assert_eq!(world.site.requests(), 1);
    world.site.answers(Answer::Document(document(APP)));
    world.clock.advance(Duration::from_mins(1));
    assert!(world.find(APP).await.is_ok());
}

#[tokio::test]
async fn case_035_an_old_document_is_not_served_for_one_that_cannot_be_had() {
    let world = World::new().await;
    world.find(APP).await.unwrap();
    world.site.answers(Answer::status("503 Later", ""));
    world.clock.advance(Duration::from_mins(5));
    let fault = world.find(APP).await.unwrap_err();
    assert!(matches!(fault, ClientFault::Unavailable { .. }), "{fault:?}");
}

#[tokio::test]
async fn case_035_a_document_that_was_swapped_counts_at_the_next_authorize() {
    let world = World::new().await;
    let before = world.find(APP).await.unwrap();
    let rules = world.clients.rules();
    assert!(before.redirect(CALLBACK, rules).is_ok());
    let mut swapped = document(APP);
    swapped["redirect_uris"] = json!(["https://claude.ai/api/mcp/auth_callback"]);
    world.site.answers(Answer::Document(swapped));
    world.clock.advance(Duration::from_mins(5));
    let after = world.find(APP).await.unwrap();
    assert_eq!(after.redirect(CALLBACK, rules), Err(RedirectFault::NotRegistered));
    assert_ne!(before.digest, after.digest, "a consent to the old one would still count");
    // One that wants to be sent to where nobody may be sent gets nothing by it.
    let mut evil = document(APP);
    evil["redirect_uris"] = json!(["https://evil.example/callback"]);
    world.site.answers(Answer::Document(evil));
    world.clock.advance(Duration::from_mins(5));
    let evil = world.find(APP).await.unwrap();
    assert_eq!(
        evil.redirect("https://evil.example/callback", rules),
        Err(RedirectFault::NotAllowed)
    );
}

#[tokio::test]
async fn case_035_the_digest_changes_with_what_people_consent_to() {
    let world = World::new().await;
    let first = world.find(APP).await.unwrap();
    let mut same = document(APP);
    same["redirect_uris"].as_array_mut().unwrap().reverse();
    same["logo_uri"] = json!("https://client.example/other.png");
    world.site.answers(Answer::Document(same));
    world.clock.advance(Duration::from_mins(5));
    assert_eq!(world.find(APP).await.unwrap().digest, first.digest);
    let mut renamed = document(APP);
    renamed["client_name"] = json!("Exemple");
    world.site.answers(Answer::Document(renamed));
    world.clock.advance(Duration::from_mins(5));
    assert_ne!(world.find(APP).await.unwrap().digest, first.digest);
}

#[tokio::test]
async fn a_clock_that_was_set_back_keeps_nothing() {
    let clock = osier::clock::Clock::manual();
    let setup = super::world::Setup { clock: clock.clone(), ..super::world::Setup::default() };
    let world = World::with(setup).await;
    clock.advance(Duration::from_hours(2));
    world.find(APP).await.unwrap();
    let osier::clock::Clock::Manual(millis) = &clock else { unreachable!() };
    millis.fetch_sub(3_600_000, std::sync::atomic::Ordering::Relaxed);
    world.find(APP).await.unwrap();
    assert_eq!(world.site.requests(), 2);
}

/// The built-in copies need no network, and stand in for it where it fails.
#[tokio::test]
async fn known_clients_are_there_without_a_fetch() {
    let known = "https://claude.ai/oauth/mcp-oauth-client-metadata";
    let world = World::set("OSIER_CLIENTS__CIMD", known).await;
    assert_eq!(world.find(known).await.unwrap().name, "Claude");
    assert_eq!(world.names.asked(), 0);

    let mut setup = super::world::Setup::default();
    setup.settings.push(("OSIER_CLIENTS__CIMD", known.to_owned()));
    setup.settings.push(("OSIER_CLIENTS__FETCH_KNOWN", "true".to_owned()));
    let world = World::with(setup).await;
    for _ in 0..3 {
        assert_eq!(world.find(known).await.unwrap().name, "Claude");
    }
    assert_eq!(world.names.asked(), 1, "a failure is remembered here too");
    // Not listed is not accepted, built in or not.
    let unlisted = "https://claude.ai/oauth/claude-code-client-metadata";
    let fault = ClientFault::Invalid(ClientFlaw::NotListed);
    assert_eq!(world.find(unlisted).await.unwrap_err(), fault);
}
