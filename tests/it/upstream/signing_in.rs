//! Sign-in and refresh with a client secret, and each of Entra's refusals as the facade gets it.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use osier::aadsts::Mender;
use osier::demo::{API_CLIENT_ID, BEN, Endpoint, Fault};
use osier::oauth::upstream::{EntraFault, Leg, Tokens, Upstream};
use secrecy::{ExposeSecret, SecretString};

use super::world::{CALLBACK, CHALLENGE, VERIFIER, World, facade, with_secret};
use crate::harness::Written;

fn bearer(tokens: &Tokens) -> HeaderMap {
    let value = format!("Bearer {}", tokens.access_token.expose_secret());
    HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])
}

/// The fields of the token endpoint's last request.
fn last_form(world: &World) -> BTreeMap<String, String> {
    let path = url::Url::parse(&world.around.entra().url(Endpoint::Token)).unwrap();
    let all = world.around.entra().wire().requests();
    let last = all.iter().rfind(|one| one.path == path.path()).unwrap();
    assert!(last.query.is_empty(), "{}", last.query);
    url::form_urlencoded::parse(&last.body).into_owned().collect()
}

#[tokio::test]
async fn a_code_becomes_tokens_and_they_are_refreshed() {
    let world = World::new().await;
    let upstream = world.upstream(&facade());
    let code = world.code(&upstream).await;
    let tokens = upstream.redeem(&code, VERIFIER).await.unwrap();
    let judge = world.authenticator(world.settings());
    let identity = judge.authenticate(&bearer(&tokens)).await.unwrap();
    assert_eq!(identity.subject(), BEN.oid);
    assert_eq!(identity.client(), Some(API_CLIENT_ID));
    assert!(tokens.expires_in >= Duration::from_hours(1), "{:?}", tokens.expires_in);
    let form = last_form(&world);
    let scope = format!("api://{API_CLIENT_ID}/Mcp.Access openid profile offline_access");
    assert_eq!(form["scope"], scope);
    assert_eq!(form["redirect_uri"], CALLBACK);
    let names: Vec<_> = form.keys().map(String::as_str).collect();
    let expected = [
        "client_id",
        "client_secret",
        "code",
        "code_verifier",
        "grant_type",
        "redirect_uri",
        "scope",
    ];
    assert_eq!(names, expected);

    let first = tokens.refresh_token.unwrap();
    let again = upstream.refresh(&first).await.unwrap();
    let form = last_form(&world);
    let names: Vec<_> = form.keys().map(String::as_str).collect();
    assert_eq!(names, ["client_id", "client_secret", "grant_type", "refresh_token", "scope"]);
    assert_eq!(form["scope"], scope);
    assert_eq!(judge.authenticate(&bearer(&again)).await.unwrap().subject(), BEN.oid);
    assert_ne!(again.refresh_token.unwrap().expose_secret(), first.expose_secret());
    // Entra gives a new one and doesn't revoke the old one; a facade may not rely on either.
    assert!(upstream.refresh(&first).await.is_ok());
}

/// Case 54 at the look-alike: what it got is what is listed, whatever the client hinted at.
#[tokio::test]
async fn case_054_the_authorize_page_gets_what_is_listed() {
    let world = World::new().await;
    let upstream = world.upstream(&facade());
    let hint = Some("ben.osei@willow-demo.example&resource=https://x&prompt=consent");
    let leg = Leg { state: "nonce", challenge: CHALLENGE, login_hint: hint, select_account: false };
    let url = upstream.authorize_url(&leg).await.unwrap();
    let endpoint = world.around.entra().url(Endpoint::Authorize);
    assert!(url.as_str().starts_with(&format!("{endpoint}?")), "{url}");
    let page = world.http.get(url.clone()).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert!(!names.iter().any(|name| matches!(name.as_str(), "resource" | "prompt")), "{names:?}");
}

async fn redeemed(world: &World, upstream: &Upstream, verifier: &str) -> EntraFault {
    let code = world.code(&world.upstream(&facade())).await;
    upstream.redeem(&code, verifier).await.unwrap_err()
}

fn aadsts(fault: &EntraFault) -> Option<u32> {
    assert!(fault.said().correlation.is_some(), "{fault}");
    fault.said().aadsts
}

#[tokio::test]
async fn case_055_refusals_of_a_grant_ask_for_another_sign_in() {
    let world = World::new().await;
    let upstream = world.upstream(&facade());
    let other = redeemed(&world, &upstream, &VERIFIER.replace('d', "e")).await;
    assert!(matches!(other, EntraFault::Grant(_)), "{other}");
    assert_eq!(aadsts(&other), Some(501_481));

    let code = world.code(&upstream).await;
    upstream.redeem(&code, VERIFIER).await.unwrap();
    let twice = upstream.redeem(&code, VERIFIER).await.unwrap_err();
    assert!(matches!(twice, EntraFault::Grant(_)), "{twice}");
    assert_eq!(aadsts(&twice), Some(54005));

    let code = world.code(&upstream).await;
    world.clock.advance(Duration::from_mins(11));
    let late = upstream.redeem(&code, VERIFIER).await.unwrap_err();
    assert_eq!((aadsts(&late), late.authorization_error()), (Some(70008), "access_denied"));

    let code = world.code(&upstream).await;
    let refresh = upstream.redeem(&code, VERIFIER).await.unwrap().refresh_token.unwrap();
    let entra = world.around.entra();
    entra.withdraw_consent(&BEN, API_CLIENT_ID);
    let unasked = upstream.refresh(&refresh).await.unwrap_err();
    assert!(matches!(unasked, EntraFault::Grant(_)), "{unasked}");
    assert_eq!(aadsts(&unasked), Some(65001));
    assert_eq!(unasked.meaning().unwrap().who, Mender::Administrator);
    entra.revoke(&BEN);
    let revoked = upstream.refresh(&refresh).await.unwrap_err();
    assert!(matches!(revoked, EntraFault::Grant(_)), "{revoked}");
    assert_eq!(aadsts(&revoked), Some(50173));
    let made_up = upstream.refresh(&SecretString::from("made-up")).await.unwrap_err();
    assert_eq!(aadsts(&made_up), Some(70000));
}

#[tokio::test]
async fn case_055_refusals_of_ourselves_are_the_operators() {
    let world = World::new().await;
    let entra = world.around.entra();
    let wrong = redeemed(&world, &world.upstream(&with_secret("wrong")), VERIFIER).await;
    assert!(matches!(wrong, EntraFault::Misconfigured(_)), "{wrong}");
    assert_eq!((aadsts(&wrong), wrong.authorization_error()), (Some(7_000_215), "server_error"));
    assert!(wrong.meaning().unwrap().how.contains("az ad app credential reset"));

    let code = world.code(&world.upstream(&facade())).await;
    entra.alter_app(API_CLIENT_ID, |app| app.secrets[0].expired = true);
    let expired = world.upstream(&facade()).redeem(&code, VERIFIER).await.unwrap_err();
    assert!(matches!(expired, EntraFault::Misconfigured(_)), "{expired}");
    assert_eq!(aadsts(&expired), Some(7_000_222));

    let mut unknown = facade();
    unknown.client_id = "11111111-1111-4111-8111-111111111111".to_owned();
    let unknown = world.upstream(&unknown).redeem(&code, VERIFIER).await.unwrap_err();
    assert!(matches!(unknown, EntraFault::Misconfigured(_)), "{unknown}");
    assert_eq!(aadsts(&unknown), Some(700_016));
}

/// A refusal in the callback, whose description holds what must not go on.
#[test]
fn case_055_a_refusal_at_the_callback_keeps_only_numbers() {
    let text = "AADSTS50105: Your administrator has configured the application Osier ('0221c1d6') \
                to block users: <b>dan@willow-demo.example</b> is not assigned.\r\nTrace ID: \
                0a1b2c3d-0000-4000-8000-00000000000a\r\nCorrelation ID: \
                0a1b2c3d-0000-4000-8000-00000000000b\r\nTimestamp: 2026-11-21 10:00:00Z";
    let fault = EntraFault::at_callback("access_denied", Some(text));
    let shown = format!("{fault} {fault:?}");
    assert!(!shown.contains("dan") && !shown.contains("0221c1d6"), "{shown}");
    assert_eq!(
        fault.to_string(),
        "Entra refused the grant: access_denied AADSTS50105, \
         correlation id 0a1b2c3d-0000-4000-8000-00000000000b, \
         trace id 0a1b2c3d-0000-4000-8000-00000000000a"
    );
    assert_eq!(fault.authorization_error(), "access_denied");
    assert!(fault.meaning().unwrap().what.contains("isn't assigned"));
    let odd = EntraFault::at_callback("<script>", Some("AADSTS: ben@contoso.example"));
    assert_eq!(odd.to_string(), "Entra refused us: an error that isn't known");
    let busy = EntraFault::at_callback("temporarily_unavailable", None);
    assert_eq!(busy.authorization_error(), "temporarily_unavailable");
}

#[tokio::test]
async fn case_055_logs_name_the_code_and_no_person() {
    let pages = Written::default();
    let _reading = pages.read_everything();
    let world = World::new().await;
    let upstream = world.upstream(&facade());
    let code = world.code(&upstream).await;
    let tokens = upstream.redeem(&code, VERIFIER).await.unwrap();
    let said = "AADSTS50034: The user account canary@willow-demo.example does not exist.";
    let refusal = serde_json::json!({
        "error": "invalid_grant", "error_description": said, "error_codes": [50034],
        "correlation_id": "0a1b2c3d-0000-4000-8000-00000000000b",
    });
    let fault = Fault::answer(400, refusal.to_string()).header("content-type", "application/json");
    world.around.entra().inject(Endpoint::Token, fault);
    let refresh = tokens.refresh_token.unwrap();
    upstream.refresh(&refresh).await.unwrap_err();
    world.around.entra().inject(Endpoint::Token, Fault::answer(500, "canary"));
    upstream.refresh(&refresh).await.unwrap_err();
    world.around.entra().wire().heal();
    world.upstream(&with_secret("canary-secret")).refresh(&refresh).await.unwrap_err();
    let text = pages.text();
    assert!(text.contains("AADSTS50034") && text.contains("AADSTS7000215"), "{text}");
    assert!(text.contains("0a1b2c3d-0000-4000-8000-00000000000b"), "{text}");
    assert!(text.contains("az ad app credential reset"), "{text}");
    let secrets = [code.as_str(), VERIFIER, refresh.expose_secret(), "canary", "demo-secret"];
    for secret in secrets.into_iter().chain(tokens.access_token.expose_secret().split('.')) {
        assert!(!text.contains(secret), "{secret} was written");
    }
}
