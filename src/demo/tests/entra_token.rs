//! The look-alike's token endpoint: each refusal by its code, codes that are good once, refresh
//! tokens that outlive their use.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::entra_sign_in::{CALLBACK, Client, SCOPES, VERIFIER};
use super::*;

const OTHER_APP: &str = "7d0f2c1e-8d35-4c56-a2bb-0b8a4f3b9c11";

#[tokio::test]
async fn a_request_that_is_refused_leaves_the_code_good_and_a_good_one_spends_it() {
    let client = Client::start().await;
    let other = App::confidential(OTHER_APP, "Other", "hush").with_redirect_uri(CALLBACK);
    client.entra().register_app(other);
    let code = client.code(&BEN).await;
    let api = format!("api://{API_CLIENT_ID}");
    let two = format!("{api}/Mcp.Access https://graph.microsoft.com/User.Read");
    let unknown = format!("{api}/Mcp.Admin");
    let mut verdicts = String::new();
    for other in [
        &[("grant_type", "")][..],
        &[("grant_type", "client_credentials")],
        &[("client_id", "")],
        &[("client_id", "00000000-0000-0000-0000-000000000000")],
        &[("client_id", OTHER_APP), ("client_secret", "hush")],
        &[("client_secret", "")],
        &[("client_secret", "guess")],
        &[("client_id", CLI_CLIENT_ID)],
        &[("client_id", CLI_CLIENT_ID), ("client_secret", "")],
        &[("code", "")],
        &[("code", "guess")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "http://127.0.0.1:8081/oauth/callback")],
        &[("code_verifier", "")],
        &[("code_verifier", &VERIFIER.to_lowercase())],
        &[("resource", "http://127.0.0.1:8080/mcp")],
        &[("scope", "Mcp.Access")],
        &[("scope", &unknown)],
        &[("scope", &two)],
        &[("scope", "api://another/Mcp.Access")],
        &[("scope", &format!("{api}/Other.Read"))],
    ] {
        let answer = client.redeem(&code, other).await;
        let shown = format!("{other:?}").replace(API_CLIENT_ID, "API");
        writeln!(verdicts, "{} {}: {shown}", answer.status, answer.verdict()).unwrap();
    }
    insta::assert_snapshot!(verdicts, @r#"
    400 invalid_request 900144: [("grant_type", "")]
    400 invalid_scope 1002012: [("grant_type", "client_credentials")]
    400 invalid_request 900144: [("client_id", "")]
    400 unauthorized_client 700016: [("client_id", "00000000-0000-0000-0000-000000000000")]
    400 invalid_grant 70000: [("client_id", "7d0f2c1e-8d35-4c56-a2bb-0b8a4f3b9c11"), ("client_secret", "hush")]
    401 invalid_client 7000218: [("client_secret", "")]
    401 invalid_client 7000215: [("client_secret", "guess")]
    401 invalid_client 700025: [("client_id", "c6e5e890-22a1-548b-9645-5cac0d47aa53")]
    400 invalid_grant 70000: [("client_id", "c6e5e890-22a1-548b-9645-5cac0d47aa53"), ("client_secret", "")]
    400 invalid_request 900144: [("code", "")]
    400 invalid_grant 70000: [("code", "guess")]
    400 invalid_request 900144: [("redirect_uri", "")]
    401 invalid_client 500112: [("redirect_uri", "http://127.0.0.1:8081/oauth/callback")]
    400 invalid_grant 501481: [("code_verifier", "")]
    400 invalid_grant 501481: [("code_verifier", "dbjftjez4cvp-mb92k27uhbuju1p1r_ww1gfwfoejxk")]
    400 invalid_target 9010010: [("resource", "http://127.0.0.1:8080/mcp")]
    401 invalid_client 650053: [("scope", "Mcp.Access")]
    401 invalid_client 650053: [("scope", "api://API/Mcp.Admin")]
    400 invalid_request 28000: [("scope", "api://API/Mcp.Access https://graph.microsoft.com/User.Read")]
    400 invalid_resource 500011: [("scope", "api://another/Mcp.Access")]
    400 invalid_grant 65001: [("scope", "api://API/Other.Read")]
    "#);
    assert_eq!(client.redeem(&code, &[("resource", &api)]).await.verdict(), "ok");
    assert_eq!(client.redeem(&code, &[]).await.verdict(), "invalid_grant 54005");
    let code = client.code(&BEN).await;
    client.clock.advance(Duration::from_secs(599));
    assert_eq!(client.redeem(&code, &[]).await.verdict(), "ok");
    let code = client.code(&BEN).await;
    client.clock.advance(Duration::from_mins(10));
    assert_eq!(client.redeem(&code, &[]).await.verdict(), "invalid_grant 70008");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_that_bring_the_same_code_one_gets_tokens() {
    let client = Client::start().await;
    let code = client.code(&BEN).await;
    let all = futures::future::join_all((0..50).map(|_| client.redeem(&code, &[]))).await;
    let mut verdicts: Vec<_> = all.iter().map(entra_sign_in::Answer::verdict).collect();
    verdicts.sort();
    assert_eq!(verdicts.pop().unwrap(), "ok");
    assert_eq!(verdicts, vec!["invalid_grant 54005"; 49]);
}

#[tokio::test]
async fn a_plain_challenge_and_none_at_all_are_kept_to() {
    let client = Client::start().await;
    let plain = [("code_challenge", VERIFIER), ("code_challenge_method", "")];
    let code = client.signed_in(&BEN, &plain).await["code"].clone();
    let wrong = [("code_verifier", entra_sign_in::CHALLENGE)];
    assert_eq!(client.redeem(&code, &wrong).await.verdict(), "invalid_grant 501481");
    assert_eq!(client.redeem(&code, &[]).await.verdict(), "ok");
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = client.signed_in(&BEN, &none).await["code"].clone();
    assert_eq!(client.redeem(&code, &[("code_verifier", "")]).await.verdict(), "ok");
}

#[tokio::test]
async fn a_refresh_token_is_replaced_and_stays_good() {
    let client = Client::start().await;
    let first = client.tokens(&BEN).await.field("refresh_token").to_owned();
    let mut seen = vec![first.clone()];
    for _ in 0..3 {
        let answer = client.refresh(&first, &[]).await;
        assert_eq!(answer.verdict(), "ok");
        seen.push(answer.field("refresh_token").to_owned());
    }
    for token in &seen {
        assert_eq!(client.refresh(token, &[]).await.verdict(), "ok");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
    assert_eq!(client.refresh("guess", &[]).await.verdict(), "invalid_grant 70000");
    let other = App::confidential(OTHER_APP, "Other", "hush");
    client.entra().register_app(other);
    let theirs = [("client_id", OTHER_APP), ("client_secret", "hush")];
    assert_eq!(client.refresh(&first, &theirs).await.verdict(), "invalid_grant 70000");
    // A code that was brought twice ends nothing (Entra revokes no family).
    let code = client.code(&BEN).await;
    let tokens = client.redeem(&code, &[]).await;
    assert_eq!(client.redeem(&code, &[]).await.verdict(), "invalid_grant 54005");
    assert_eq!(client.refresh(tokens.field("refresh_token"), &[]).await.verdict(), "ok");
}

#[tokio::test]
async fn a_refresh_token_ends_with_disuse_or_with_revocation() {
    let client = Client::start().await;
    let bens = client.tokens(&BEN).await.field("refresh_token").to_owned();
    let anas = client.tokens(&ANA).await.field("refresh_token").to_owned();
    let code = client.code(&BEN).await;
    client.entra().revoke(&BEN);
    assert_eq!(client.refresh(&bens, &[]).await.verdict(), "invalid_grant 50173");
    assert_eq!(client.redeem(&code, &[]).await.verdict(), "invalid_grant 50173");
    assert_eq!(client.refresh(&anas, &[]).await.verdict(), "ok");
    let again = client.tokens(&BEN).await.field("refresh_token").to_owned();
    assert_eq!(client.refresh(&again, &[]).await.verdict(), "ok");
    client.clock.advance(Duration::from_hours(24 * 90));
    assert_eq!(client.refresh(&again, &[]).await.verdict(), "invalid_grant 700082");
}

#[tokio::test]
async fn who_a_person_is_allowed_to_be_is_asked_at_every_token() {
    let client = Client::start().await;
    let entra = client.entra();
    let token = client.tokens(&BEN).await.field("refresh_token").to_owned();
    let refresh = || async { client.refresh(&token, &[]).await };
    entra.set_assignment_required(Some(&[&ANA]));
    assert_eq!(refresh().await.verdict(), "invalid_grant 50105");
    entra.set_assignment_required(None);
    entra.set_policy(&BEN, Some(Policy::Block));
    assert_eq!(refresh().await.verdict(), "invalid_grant 53003");
    entra.set_policy(&BEN, Some(Policy::SecondFactor));
    let answer = refresh().await;
    assert_eq!(answer.verdict(), "interaction_required 50076");
    let claims: Value = serde_json::from_str(answer.field("claims")).unwrap();
    assert!(claims["access_token"]["capolids"]["values"][0].is_string());
    // Signing in again shows the second factor.
    let strong = client.tokens(&BEN).await.field("refresh_token").to_owned();
    assert_eq!(client.refresh(&strong, &[]).await.verdict(), "ok");
    entra.restore();
    entra.withdraw_consent(&BEN, API_CLIENT_ID);
    let answer = refresh().await;
    assert_eq!(answer.verdict(), "invalid_grant 65001");
    assert_eq!(answer.field("suberror"), "consent_required");
    entra.consent(&BEN, API_CLIENT_ID, &["Mcp.Access"]);
    assert_eq!(refresh().await.verdict(), "ok");
}

#[tokio::test]
async fn a_secret_comes_in_the_body_or_the_header_and_ends() {
    let client = Client::start().await;
    let url = client.entra().url(Endpoint::Token);
    let odd = "s e%c:r+et/=";
    client.entra().alter_app(API_CLIENT_ID, |app| {
        app.secrets.push(Secret { value: odd.to_owned(), expired: false });
    });
    let basic = async |secret: String| {
        let code = client.code(&BEN).await;
        let form = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("redirect_uri", CALLBACK),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("scope", SCOPES),
        ]);
        let request = client.demo.client.post(&url).basic_auth(API_CLIENT_ID, Some(secret));
        let reply = request.form(&form).send().await.unwrap();
        let status = reply.status().as_u16();
        entra_sign_in::Answer { status, body: reply.json().await.unwrap() }
    };
    let encoded: String = url::form_urlencoded::byte_serialize(odd.as_bytes()).collect();
    let answer = basic(encoded.clone()).await;
    assert_eq!(client.claims(answer.field("access_token")).await["azpacr"], "1");
    assert_eq!(basic(CLIENT_SECRET.to_owned()).await.verdict(), "ok");
    assert_eq!(basic("guess".to_owned()).await.verdict(), "invalid_client 7000215");
    let sent = [("client_secret", odd)];
    let code = client.code(&BEN).await;
    assert_eq!(client.redeem(&code, &sent).await.verdict(), "ok");
    client.entra().expire_secrets(API_CLIENT_ID);
    let code = client.code(&BEN).await;
    let expired = client.redeem(&code, &sent).await;
    assert_eq!((expired.status, expired.verdict().as_str()), (401, "invalid_client 7000222"));
    assert_eq!(basic(encoded).await.verdict(), "invalid_client 7000222");
    // A new secret beside the expired one is what an operator adds.
    client.entra().alter_app(API_CLIENT_ID, |app| {
        app.secrets.push(Secret { value: "new".to_owned(), expired: false });
    });
    assert_eq!(client.redeem(&code, &[("client_secret", "new")]).await.verdict(), "ok");
}

#[tokio::test]
async fn a_password_needs_no_page_but_the_apps_credential() {
    let client = Client::start().await;
    let usual = [("grant_type", "password"), ("username", "ben"), ("password", PASSWORD)];
    let ask = async |other: &[(&str, &str)]| client.ask(&usual, other).await.verdict();
    assert_eq!(ask(&[]).await, "invalid_grant 65001");
    client.entra().consent(&BEN, API_CLIENT_ID, &["Mcp.Access"]);
    assert_eq!(ask(&[]).await, "ok");
    assert_eq!(ask(&[("client_secret", "")]).await, "invalid_client 7000218");
    let cli = [("client_id", CLI_CLIENT_ID), ("client_secret", "")];
    assert_eq!(ask(&cli).await, "ok");
    client.entra().set_policy(&BEN, Some(Policy::SecondFactor));
    assert_eq!(ask(&cli).await, "interaction_required 50076");
}

#[tokio::test]
async fn an_outage_is_a_fault_of_the_wire() {
    let client = Client::start().await;
    let code = client.code(&BEN).await;
    let fault = Fault::json(&json!({"error": "temporarily_unavailable", "error_codes": [90033]}));
    client.entra().inject(Endpoint::Token, fault.times(1));
    assert_eq!(client.redeem(&code, &[]).await.verdict(), "temporarily_unavailable 90033");
    assert_eq!(client.redeem(&code, &[]).await.verdict(), "ok");
    assert_eq!(client.entra().hits(Endpoint::Token), 2);
    assert!(client.entra().hits(Endpoint::Authorize) >= 2);
}
