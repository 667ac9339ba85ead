//! What goes out in `Authorization`: whose token reaches which service, and no other place.

use std::collections::BTreeMap;
use std::time::Duration;

use osier::clock::Clock;
use osier::demo::{BEN, Endpoint, Fault, Obstacle, Recorded, SITE_60M, TWINS_AUDIENCE};
use serde_json::{Value, json};

use crate::harness::{Answered, Setup, TestApp};

const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";

/// A service whose tokens are of another audience, by its name in variables.
pub fn on_behalf(service: &str) -> Setup {
    let key = |name: &str| format!("OSIER_BACKENDS__{service}__{name}");
    let settings = BTreeMap::from([
        (key("TOKEN"), "on_behalf_of".to_owned()),
        (key("SCOPE"), format!("{TWINS_AUDIENCE}/.default")),
    ]);
    Setup { settings, ..Setup::default() }
}

async fn twinned(setup: Setup) -> TestApp {
    let app = TestApp::with(setup).await;
    app.around.services().demand("/sitecore", TWINS_AUDIENCE);
    app
}

fn bearers(requests: &[Recorded]) -> Vec<String> {
    let of = |one: &Recorded| one.header("authorization").unwrap_or_default().to_owned();
    requests.iter().map(of).collect()
}

fn claims(bearer: &str) -> Value {
    let payload = bearer.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap())
        .unwrap()
}

/// How often Entra exchanged a token.
fn exchanges(app: &TestApp) -> usize {
    let asked = app.around.entra().wire().requests();
    asked.iter().filter(|one| String::from_utf8_lossy(&one.body).contains(GRANT)).count()
}

/// backends.md §6, trap 16.
#[tokio::test]
async fn trap_16_a_service_of_another_audience_gets_a_token_of_its_own() {
    let app = twinned(on_behalf("SITECORE")).await;
    let ben = app.as_user("ben").await;
    assert_eq!(ben.call("list_sites", json!({})).await.items().len(), 3);
    let sent = bearers(&app.around.services().wire().requests_to("/sitecore"));
    assert!(!sent.is_empty());
    for bearer in &sent {
        assert!(!bearer.contains(&ben.token), "the person's own token left its audience");
        let claims = claims(bearer);
        assert_eq!((&claims["aud"], &claims["oid"]), (&json!(TWINS_AUDIENCE), &json!(BEN.oid)));
    }
    // Without it the service takes nobody.
    let app = twinned(Setup::default()).await;
    let told = app.as_user("ben").await.call("list_sites", json!({})).await;
    assert!(told.refusal().2.contains("doesn't accept your sign-in"), "{told:?}");
}

/// security.md case 94: a canary scan over all that was recorded anywhere.
#[tokio::test]
async fn case_094_a_persons_token_is_seen_only_at_services_of_its_audience() {
    let app = twinned(on_behalf("SITECORE")).await;
    let ben = app.as_user("ben").await;
    ben.call("list_sites", json!({})).await;
    ben.call("list_tickets", json!({})).await;
    let new =
        json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4});
    let made = ben.call_answering("create_ticket", new, Answered::Yes).await;
    assert!(!made.is_error(), "{made:?}");
    ben.call("search", json!({"query": "tap"})).await;

    let services = app.around.services().wire().requests();
    let other = bearers(&app.around.services().wire().requests_to("/sitecore"));
    let other = other[0].trim_start_matches("Bearer ").to_owned();
    let (mut own, mut exchanged) = (0, 0);
    for one in &services {
        let text = format!("{} {} {:?} {:?}", one.path, one.query, one.headers, one.body);
        if text.contains(&ben.token) {
            assert!(!one.path.starts_with("/sitecore"), "{text}");
            // In its one place.
            assert_eq!(text.matches(&ben.token).count(), 1, "{text}");
            assert_eq!(one.header("authorization"), Some(&*format!("Bearer {}", ben.token)));
            own += 1;
        }
        if text.contains(&other) {
            assert!(one.path.starts_with("/sitecore"), "{text}");
            exchanged += 1;
        }
    }
    assert!(own > 2 && exchanged > 0, "{own} {exchanged}");
    // Entra has the person's token in the exchange alone, and never the other one.
    for one in app.around.entra().wire().requests() {
        let text = format!("{} {} {:?} {:?}", one.path, one.query, one.headers, one.body);
        assert!(!text.contains(&other), "{text}");
        if text.contains(&ben.token) {
            assert!(text.contains(GRANT), "{text}");
        }
    }
}

#[tokio::test]
async fn a_token_is_had_once_for_many_calls_and_anew_before_its_end() {
    let clock = Clock::manual();
    let app = twinned(Setup { clock: clock.clone(), ..on_behalf("SITECORE") }).await;
    let ben = app.as_user("ben").await;
    let calls = (0..20).map(|_| ben.call("list_sites", json!({})));
    for reply in futures::future::join_all(calls).await {
        assert!(!reply.is_error(), "{reply:?}");
    }
    assert_eq!(exchanges(&app), 1);
    // Another person's is another one, and another token of the same person's too.
    app.as_user("chloe").await.call("list_sites", json!({})).await;
    app.as_user("ben").await.call("list_sites", json!({})).await;
    assert_eq!(exchanges(&app), 3);
    // It isn't used after the end of the one that it was had for (70 minutes in the look-alike).
    clock.advance(Duration::from_mins(69));
    ben.call("list_sites", json!({})).await;
    let before = exchanges(&app);
    clock.advance(Duration::from_secs(70));
    let late = app.as_user("ben").await;
    assert!(!late.call("list_sites", json!({})).await.is_error());
    assert_eq!(exchanges(&app), before + 1);
}

#[tokio::test]
async fn a_refusal_is_kept_for_five_seconds_and_its_number_is_nobodys_to_see() {
    let clock = Clock::manual();
    let app = twinned(Setup { clock: clock.clone(), ..on_behalf("SITECORE") }).await;
    let ben = app.as_user("ben").await;
    app.around.entra().set_obstacle(&BEN, Some(Obstacle::SecondFactor));
    for _ in 0..5 {
        let told = ben.call("list_sites", json!({})).await;
        let text = told.refusal().2;
        assert!(text.contains("sign in again") && !text.contains("AADSTS"), "{text}");
        assert!(!told.message.to_string().contains("capolids"), "{told:?}");
    }
    assert_eq!(exchanges(&app), 1);
    assert_eq!(app.around.services().wire().count("/sitecore"), 0);
    app.around.entra().set_obstacle(&BEN, None);
    clock.advance(Duration::from_secs(6));
    assert!(!ben.call("list_sites", json!({})).await.is_error());
    let records = app.audit().await;
    assert!(records.iter().any(|one| one.to_string().contains("service_needs_sign_in")));
}

#[tokio::test]
async fn a_token_that_the_service_refuses_is_had_anew() {
    let app = twinned(on_behalf("SITECORE")).await;
    let ben = app.as_user("ben").await;
    app.around.services().inject("/sitecore", Fault::answer(401, "").times(1));
    assert!(ben.call("list_sites", json!({})).await.is_error());
    assert!(!ben.call("list_sites", json!({})).await.is_error());
    assert_eq!(exchanges(&app), 2);
}

#[tokio::test]
async fn no_token_follows_a_redirect() {
    let app = twinned(on_behalf("SITECORE")).await;
    let elsewhere = format!("{}/somewhere", app.around.entra().base_url());
    let away = Fault::answer(307, "").header("location", &elsewhere);
    app.around.services().inject("/sitecore", away);
    assert!(app.as_user("ben").await.call("list_sites", json!({})).await.is_error());
    assert_eq!(app.around.entra().wire().count("/somewhere"), 0);
}

#[tokio::test]
async fn a_service_credential_goes_out_in_its_scheme_and_the_persons_token_does_not() {
    for (scheme, sent) in [("Bearer", "Bearer s3rvice"), ("token", "token s3rvice")] {
        let key = |name: &str| format!("OSIER_BACKENDS__SITECORE__{name}");
        let settings = BTreeMap::from([
            (key("TOKEN"), "service".to_owned()),
            (key("SERVICE_TOKEN"), "s3rvice".to_owned()),
            (key("SCHEME"), scheme.to_owned()),
        ]);
        let app = TestApp::with(Setup { settings, ..Setup::default() }).await;
        let sites = Fault::json(&json!({"items": []}));
        app.around.services().inject("/sitecore", sites);
        app.as_user("ben").await.call("list_sites", json!({})).await;
        let out = bearers(&app.around.services().wire().requests_to("/sitecore"));
        assert!(!out.is_empty() && out.iter().all(|one| one == sent), "{out:?}");
        let elsewhere = app.around.entra().wire().requests();
        assert!(elsewhere.iter().all(|one| !format!("{one:?}").contains("s3rvice")));
    }
}

#[tokio::test]
async fn in_direct_mode_the_credential_is_for_the_exchange_alone() {
    let mut setup = on_behalf("SITECORE");
    setup.settings.insert("OSIER_AUTH__MODE".to_owned(), "direct".to_owned());
    let app = twinned(setup).await;
    assert!(!app.as_user("ben").await.call("list_sites", json!({})).await.is_error());
    assert_eq!(exchanges(&app), 1);
    let metadata = format!("{}/.well-known/oauth-authorization-server", app.url);
    assert_eq!(app.http.get(metadata).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn while_entra_is_away_services_of_our_own_audience_go_on() {
    let app = twinned(on_behalf("SITECORE")).await;
    let ben = app.as_user("ben").await;
    ben.call("list_tickets", json!({})).await;
    app.around.entra().inject(Endpoint::Token, Fault::answer(503, ""));
    assert!(ben.call("list_sites", json!({})).await.is_error());
    assert!(!ben.call("list_tickets", json!({})).await.is_error());
}
