//! What a code is good for, and for whom.

use std::time::Duration;

use futures::future::join_all;
use osier::clock::Clock;

use super::LOOPBACK;
use crate::harness::{Assistant, Front, Setup, TestApp};

#[tokio::test]
async fn case_040_a_code_is_redeemed_once() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let code = assistant.code("ben").await;
    let first = assistant.redeem(&code).await;
    assert_eq!(first.status, 200);
    assert_eq!(assistant.redeem(&code).await.error(), "invalid_grant");
    // Whoever has the code twice is two: what came of the first is over too.
    assert_eq!(assistant.refresh(&first.refresh_token()).await.error(), "invalid_grant");
}

#[tokio::test]
async fn case_040_on_another_replica_entra_refuses_the_second() {
    let front = Front::new().await;
    let app = TestApp::with(front.setup(Setup::default())).await;
    let other = app.behind(&front).await;
    front.send_to(&app);
    let assistant = Assistant::behind(&front, LOOPBACK).await;
    let code = assistant.code("ben").await;
    let first = assistant.redeem(&code).await;
    front.send_to(&other);
    assert_eq!(assistant.redeem(&code).await.error(), "invalid_grant");
    // Replicas share no memory: the first's refresh token lives on until it expires.
    assert_eq!(assistant.refresh(&first.refresh_token()).await.status, 200);
}

#[tokio::test]
async fn case_040_fifty_at_once_are_one() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let code = assistant.code("ben").await;
    let answers = join_all((0..50).map(|_| assistant.redeem(&code))).await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(good, 1);
    assert!(answers.iter().all(|a| a.status == 200 || a.error() == "invalid_grant"));
}

#[tokio::test]
async fn case_040_a_code_is_bound_to_its_client_address_and_time() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let another = Assistant::registered(&app, "http://127.0.0.1:9/callback").await;
    let code = assistant.code("ben").await;
    let stolen = Assistant { client_id: another.client_id.clone(), ..assistant.clone() };
    assert_eq!(stolen.redeem(&code).await.error(), "invalid_grant");
    let elsewhere = Assistant { redirect_uri: another.redirect_uri, ..assistant.clone() };
    assert_eq!(elsewhere.redeem(&code).await.error(), "invalid_grant");
    for at in [0, code.len() / 2, code.len() - 1] {
        let mut altered = code.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        assert_eq!(assistant.redeem(&altered).await.error(), "invalid_grant");
    }
    clock.advance(Duration::from_secs(61));
    assert_eq!(assistant.redeem(&code).await.error(), "invalid_grant");
    let code = assistant.code("ben").await;
    clock.advance(Duration::from_secs(59));
    assert_eq!(assistant.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn case_041_a_code_of_one_flow_is_worth_nothing_in_another() {
    let app = TestApp::new().await;
    let ben = Assistant::registered(&app, LOOPBACK).await;
    let verifier = "another-verifier-of-at-least-forty-three-characters".to_owned();
    let chloe = Assistant { verifier, ..ben.clone() };
    let (of_ben, of_chloe) = (ben.code("ben").await, chloe.code("chloe").await);
    assert_eq!(ben.redeem(&of_chloe).await.error(), "invalid_grant");
    assert_eq!(chloe.redeem(&of_ben).await.error(), "invalid_grant");
    let token = ben.redeem(&of_ben).await.access_token();
    let identity = app.authenticator.authenticate_token(&token).await.unwrap();
    assert_eq!(identity.subject(), osier::demo::BEN.oid);
}

#[tokio::test]
async fn case_053_the_token_endpoint_takes_forms_once_and_keeps_nothing() {
    let app = TestApp::new().await;
    let assistant = Assistant::registered(&app, LOOPBACK).await;
    let code = assistant.code("ben").await;
    let json: serde_json::Map<_, _> = assistant
        .redemption(&code)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let url = format!("{}/token", app.url);
    let answer = app.http.post(&url).json(&json).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert!(answer.headers().get("access-control-allow-credentials").is_none());
    for name in ["grant_type", "code", "client_id", "code_verifier", "redirect_uri"] {
        let mut form = assistant.redemption(&code);
        let (_, value) = form.iter().find(|(known, _)| *known == name).unwrap().clone();
        form.push((name, value));
        assert_eq!(assistant.token(&form).await.error(), "invalid_request", "{name}");
    }
    for (grant, error) in [
        ("password", "unsupported_grant_type"),
        ("client_credentials", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("", "invalid_request"),
    ] {
        let mut form = assistant.redemption(&code);
        form[0].1 = grant.to_owned();
        assert_eq!(assistant.token(&form).await.error(), error, "{grant}");
    }
    // A secret that a client sends all the same changes nothing; its id may come by Basic.
    let form: Vec<_> = assistant
        .redemption(&code)
        .into_iter()
        .filter(|(name, _)| *name != "client_id")
        .chain([("client_secret", "whatever".to_owned())])
        .collect();
    let request = app.http.post(&url).basic_auth(&assistant.client_id, Some("whatever"));
    assert_eq!(request.form(&form).send().await.unwrap().status(), 200);
    let request = app.http.post(&url).basic_auth("dcr1.nobody", Some("whatever"));
    let told = request.form(&form).send().await.unwrap();
    assert_eq!(told.status(), 401);
    assert_eq!(told.headers()["www-authenticate"], "Basic realm=\"Osier\"");
    let preflight = app
        .http
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "https://some.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let preflight = preflight.send().await.unwrap();
    assert!(preflight.status().is_success());
    assert_eq!(preflight.headers()["access-control-allow-origin"], "*");
}
