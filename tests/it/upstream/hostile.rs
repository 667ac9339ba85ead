//! A token endpoint that answers badly, late or not at all, and a discovery document that points
//! elsewhere.

use std::time::{Duration, Instant};

use osier::demo::{Endpoint, Fault};
use osier::oauth::upstream::{EntraFault, Leg, Upstream};
use secrecy::SecretString;
use serde_json::json;

use super::world::{CALLBACK, CHALLENGE, World, facade};

async fn refreshed(upstream: &Upstream) -> EntraFault {
    upstream.refresh(&SecretString::from("token")).await.unwrap_err()
}

#[tokio::test]
async fn answers_that_are_none_are_an_outage() {
    let world = World::new().await;
    let upstream = world.upstream(&facade());
    let entra = world.around.entra();
    let json = |status, body: &str| {
        Fault::answer(status, body.to_owned()).header("content-type", "application/json")
    };
    let faults = [
        Fault::answer(500, "down"),
        Fault::answer(200, "<html>a proxy's page</html>").header("content-type", "text/html"),
        Fault::answer(403, "<html>a proxy's page</html>").header("content-type", "text/html"),
        Fault::answer(302, "").header("location", "http://127.0.0.1:1/"),
        Fault::oversize(65 * 1024),
        json(200, "{}"),
        json(200, r#"{"access_token":"a","token_type":"DPoP","expires_in":3600}"#),
        json(429, r#"{"error":"invalid_request","error_description":"AADSTS90055: busy"}"#),
        json(503, r#"{"error":"temporarily_unavailable","error_codes":[90033]}"#),
        json(400, r#"{"error":"temporarily_unavailable","error_codes":[90024]}"#),
        // An outage that looks like our own fault is none.
        json(503, r#"{"error":"invalid_client","error_codes":[7000215]}"#),
    ];
    for (at, fault) in faults.into_iter().enumerate() {
        entra.inject(Endpoint::Token, fault);
        let said = refreshed(&upstream).await;
        assert!(matches!(said, EntraFault::Unavailable(_)), "{at}: {said}");
        entra.wire().heal();
    }
}

/// Without a person's patience: Claude gives `/token` ten seconds.
#[tokio::test]
async fn a_slow_answer_ends_in_eight_seconds() {
    let world = World::new().await;
    let upstream = world.upstream(&facade());
    world.around.entra().inject(Endpoint::Token, Fault::slow(Duration::from_mins(2)));
    let began = Instant::now();
    let said = refreshed(&upstream).await;
    assert!(matches!(said, EntraFault::Unavailable(_)), "{said}");
    assert!(began.elapsed() < Duration::from_secs(80), "{:?}", began.elapsed());
}

#[tokio::test]
async fn without_discovery_nothing_is_asked() {
    let world = World::new().await;
    let upstream = world.upstream(&facade());
    world.around.entra().inject(Endpoint::Discovery, Fault::answer(500, ""));
    let leg = Leg { state: "nonce", challenge: CHALLENGE, login_hint: None, select_account: false };
    let said = upstream.authorize_url(&leg).await.unwrap_err();
    assert!(matches!(said, EntraFault::Unavailable(_)), "{said}");
    assert_eq!(world.around.entra().hits(Endpoint::Token), 0);
}

/// The secret goes to no origin that the deployment doesn't name.
#[tokio::test]
async fn endpoints_elsewhere_are_refused() {
    let elsewhere = World::new().await;
    let token_elsewhere = elsewhere.around.entra().url(Endpoint::Token);
    let odd = [
        json!(token_elsewhere),
        json!("https://login.example/token"),
        json!("http://ana:pw@127.0.0.1/token"),
        json!("/oauth2/v2.0/token"),
        json!(null),
    ];
    for endpoint in odd {
        for field in ["token_endpoint", "authorization_endpoint"] {
            let world = World::new().await;
            world.around.entra().alter_discovery(field, endpoint.clone());
            let upstream = world.upstream(&facade());
            let said = refreshed(&upstream).await;
            assert!(matches!(said, EntraFault::Unavailable(_)), "{field} {endpoint}: {said}");
            let leg = Leg {
                state: "nonce",
                challenge: CHALLENGE,
                login_hint: None,
                select_account: false,
            };
            upstream.authorize_url(&leg).await.unwrap_err();
            // Tokens are still judged: the keys are where they were.
            let judge = world.authenticator(world.settings());
            assert!(judge.issuer().await.is_ok());
        }
    }
    assert_eq!(elsewhere.around.entra().hits(Endpoint::Token), 0);
    // Named by the deployment, they are taken.
    let world = World::new().await;
    world.around.entra().alter_discovery("token_endpoint", json!(token_elsewhere));
    let mut settings = world.settings();
    settings.authority_origins.push(elsewhere.around.entra().base_url().to_owned());
    let judge = world.authenticator(settings);
    let callback = CALLBACK.parse().unwrap();
    let upstream = Upstream::new(&facade(), &callback, judge, world.clock.clone()).unwrap();
    let said = refreshed(&upstream).await;
    assert!(matches!(said, EntraFault::Grant(_)), "{said}");
    assert_eq!(elsewhere.around.entra().hits(Endpoint::Token), 1);
}

/// The same for the keys, from the first document on.
#[tokio::test]
async fn keys_elsewhere_are_refused() {
    let (world, elsewhere) = (World::new().await, World::new().await);
    let keys = elsewhere.around.entra().url(Endpoint::Keys);
    world.around.entra().alter_discovery("jwks_uri", json!(keys));
    assert!(world.authenticator(world.settings()).issuer().await.is_err());
    assert_eq!(elsewhere.around.entra().hits(Endpoint::Keys), 0);
}
