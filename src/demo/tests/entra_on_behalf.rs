//! The look-alike's grant on behalf of a person: whose assertion is taken, and what comes of it.

use std::fmt::Write as _;

use super::entra_sign_in::{Answer, Client, payload};
use super::*;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

impl Client {
    async fn on_behalf(&self, assertion: &str, changes: &[(&str, &str)]) -> Answer {
        let scope = format!("{TWINS_AUDIENCE}/.default");
        let usual = [
            ("grant_type", GRANT),
            ("assertion", assertion),
            ("scope", &scope),
            ("requested_token_use", "on_behalf_of"),
        ];
        self.ask(&usual, changes).await
    }
}

#[tokio::test]
async fn a_persons_token_is_exchanged_for_one_of_another_api_and_a_bad_one_is_not() {
    let client = Client::start().await;
    let entra = client.entra();
    let token = entra.token(&BEN);
    let answer = client.on_behalf(&token, &[]).await;
    let claims = payload(answer.field("access_token"));
    assert_eq!((&claims["aud"], &claims["oid"]), (&json!(TWINS_AUDIENCE), &json!(BEN.oid)));
    assert_eq!((&claims["tid"], &claims["scp"]), (&json!(TENANT_ID), &json!("user_impersonation")));
    assert_eq!(claims["upn"], BEN.email);
    let stranger = entra.mint(&BEN, |claims| {
        claims.insert("oid".to_owned(), "7d0f2c1e-8d35-4c56-a2bb-0b8a4f3b9c11".into());
    });
    let answer = client.on_behalf(&stranger, &[]).await;
    let claims = payload(answer.field("access_token"));
    assert_eq!(claims["oid"], "7d0f2c1e-8d35-4c56-a2bb-0b8a4f3b9c11");

    let mut verdicts = String::new();
    let api = format!("api://{API_CLIENT_ID}/Mcp.Access");
    for changes in [
        &[("requested_token_use", "")][..],
        &[("requested_token_use", "other")],
        &[("assertion", "")],
        &[("assertion", "a.b.c")],
        &[("client_secret", "guess")],
        &[("client_id", CLI_CLIENT_ID), ("client_secret", "")],
        &[("scope", "https://another.example/.default")],
        &[("scope", &api)],
    ] {
        let answer = client.on_behalf(&token, changes).await;
        let shown = format!("{changes:?}").replace(API_CLIENT_ID, "API");
        writeln!(verdicts, "{} {}: {shown}", answer.status, answer.verdict()).unwrap();
    }
    let of_another = entra.token_for(&BEN, TWINS_AUDIENCE);
    let without = entra.mint(&BEN, |claims| drop(claims.remove("scp")));
    let old = entra.mint(&BEN, |claims| drop(claims.insert("exp".to_owned(), 1.into())));
    for (what, bad) in [("audience", of_another), ("an app's", without), ("old", old)] {
        let answer = client.on_behalf(&bad, &[]).await;
        writeln!(verdicts, "{} {}: {what}", answer.status, answer.verdict()).unwrap();
    }
    for obstacle in [Obstacle::Consent, Obstacle::SecondFactor, Obstacle::Block] {
        entra.set_obstacle(&BEN, Some(obstacle));
        let answer = client.on_behalf(&token, &[]).await;
        writeln!(verdicts, "{} {}: {obstacle:?}", answer.status, answer.verdict()).unwrap();
    }
    entra.set_obstacle(&BEN, None);
    assert_eq!(client.on_behalf(&token, &[]).await.verdict(), "ok");
    insta::assert_snapshot!(verdicts, @r#"
    400 invalid_request 900144: [("requested_token_use", "")]
    400 invalid_request 900382: [("requested_token_use", "other")]
    400 invalid_request 900144: [("assertion", "")]
    400 invalid_grant 50013: [("assertion", "a.b.c")]
    401 invalid_client 7000215: [("client_secret", "guess")]
    401 invalid_client 7000218: [("client_id", "c6e5e890-22a1-548b-9645-5cac0d47aa53"), ("client_secret", "")]
    400 invalid_resource 500011: [("scope", "https://another.example/.default")]
    400 invalid_resource 500011: [("scope", "api://API/Mcp.Access")]
    400 invalid_grant 500131: audience
    400 invalid_grant 7000114: an app's
    400 invalid_grant 50013: old
    400 invalid_grant 65001: Consent
    400 interaction_required 50076: SecondFactor
    400 invalid_grant 53003: Block
    "#);
}

#[tokio::test]
async fn a_service_of_our_audience_takes_no_token_of_another() {
    let client = Client::start().await;
    let token = client.entra().token_for(&ANA, TWINS_AUDIENCE);
    let url = format!("{}/sites", client.demo.around.services().sitecore_url());
    let answer = client.demo.client.get(url).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}
