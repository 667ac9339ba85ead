//! Tokens and keys of the look-alike, judged as a resource server would.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};

use super::*;

/// Verifies a token against the keys that are served now.
pub(super) async fn verify(demo: &Demo, token: &str) -> Result<Value, String> {
    let keys = demo.client.get(demo.around.entra().url(Endpoint::Keys)).send().await.unwrap();
    let keys: JwkSet = keys.json().await.map_err(|error| error.to_string())?;
    let kid = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let key = keys.find(&kid).ok_or("unknown key")?;
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_audience(&[API_CLIENT_ID]);
    rules.set_issuer(&[demo.around.entra().issuer()]);
    let key = DecodingKey::from_jwk(key).unwrap();
    let verified = jsonwebtoken::decode::<Value>(token, &key, &rules);
    verified.map(|token| token.claims).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_password_gets_a_token_that_verifies_against_the_served_keys() {
    let demo = Demo::start(true).await;
    let entra = demo.around.entra();
    let token = token(&demo.client, entra.base_url(), "ben").await.unwrap();
    let claims = verify(&demo, &token).await.unwrap();
    assert_eq!(claims["oid"], BEN.oid);
    assert_eq!(claims["scp"], "Mcp.Access");
    assert_eq!(claims["tid"], TENANT_ID);
    assert_eq!(claims["ver"], "2.0");
    assert_eq!(claims["iat"], claims["nbf"]);
    assert!(claims.get("roles").is_none());
    let unknown = super::token(&demo.client, entra.base_url(), "zoe").await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no 'zoe' in the demo; there are ana, ben, chloe, dan, erin, finn"
    );
    let dan = verify(&demo, &entra.token(&DAN)).await.unwrap();
    assert_eq!((&dan["scp"], dan.get("roles")), (&json!("Other.Read"), None));
    let document = demo.client.get(entra.url(Endpoint::Discovery)).send().await.unwrap();
    let document: Value = document.json().await.unwrap();
    assert_eq!(document["issuer"], entra.issuer());
    assert_eq!(document["jwks_uri"], entra.url(Endpoint::Keys));
    assert!(document.get("code_challenge_methods_supported").is_none());
    assert_eq!((entra.hits(Endpoint::Discovery), entra.hits(Endpoint::Keys)), (1, 2));
    assert_eq!(entra.hits(Endpoint::Token), 1);
}

#[tokio::test]
async fn rotation_drops_the_old_key_and_a_foreign_key_is_unknown_to_it() {
    let demo = Demo::start(true).await;
    let entra = demo.around.entra();
    let old = entra.token(&ANA);
    entra.add_key().unwrap();
    let new = entra.token(&ANA);
    assert!(verify(&demo, &old).await.is_ok() && verify(&demo, &new).await.is_ok());
    entra.drop_old_keys();
    assert_eq!(verify(&demo, &old).await.unwrap_err(), "unknown key");
    assert!(verify(&demo, &new).await.is_ok());
    let (header, rest) = new.split_once('.').unwrap();
    let payload = rest.split_once('.').unwrap().0;
    let decode = |part: &str| data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
    let forged = entra.sign_with_a_foreign_key(decode(header), decode(payload)).unwrap();
    assert_eq!(verify(&demo, &forged).await.unwrap_err(), "InvalidSignature");
}

#[tokio::test]
async fn claims_and_headers_can_be_altered_before_they_are_signed() {
    let demo = Demo::start(true).await;
    let token = demo.around.entra().mint_with(&ANA, |header, claims| {
        header.insert("typ".into(), json!("at+jwt"));
        claims.insert("roles".into(), json!(["Mcp.Access"]));
        claims.shift_remove("scp");
    });
    let claims = verify(&demo, &token).await.unwrap();
    assert_eq!((&claims["roles"], claims.get("scp")), (&json!(["Mcp.Access"]), None));
    let expired = demo.around.entra().mint(&ANA, |claims| {
        claims.insert("exp".into(), json!(1));
    });
    assert_eq!(verify(&demo, &expired).await.unwrap_err(), "ExpiredSignature");
}

#[tokio::test]
async fn refusals_read_as_entras_do() {
    let demo = Demo::start(true).await;
    let url = demo.around.entra().url(Endpoint::Token);
    let scope = format!("api://{API_CLIENT_ID}/.default");
    let good = [
        ("grant_type", "password"),
        ("client_id", CLI_CLIENT_ID),
        ("scope", scope.as_str()),
        ("username", "ana"),
        ("password", "demo"),
    ];
    let mut codes = Vec::new();
    for (field, value) in [
        ("password", "guess"),
        ("username", "zoe"),
        ("client_id", "00000000-0000-0000-0000-000000000000"),
        ("scope", "User\"Read"),
        ("grant_type", "client_credentials"),
        ("username", ""),
        ("resource", "https://example.org"),
    ] {
        let mut form: Vec<_> = good.into_iter().filter(|(name, _)| *name != field).collect();
        form.push((field, value));
        let reply = demo.client.post(&url).form(&form).send().await.unwrap();
        assert_eq!(reply.status(), 400);
        let body: Value = reply.json().await.unwrap();
        let said = body["error_description"].as_str().unwrap();
        assert!(said.contains("Correlation ID: ") && said.contains("Trace ID: "), "{said}");
        codes.push(format!("{} {}", body["error"].as_str().unwrap(), body["error_codes"][0]));
    }
    insta::assert_snapshot!(codes.join("\n"), @r"
    invalid_grant 50126
    invalid_grant 50034
    unauthorized_client 700016
    invalid_scope 70011
    invalid_scope 1002012
    invalid_request 900144
    invalid_target 9010010
    ");
}

#[tokio::test]
async fn discovery_and_keys_can_be_spoilt_and_restored() {
    let demo = Demo::start(true).await;
    let entra = demo.around.entra();
    entra.alter_discovery("issuer", json!("https://elsewhere.example"));
    let fetch = || async {
        let reply = demo.client.get(entra.url(Endpoint::Discovery)).send().await.unwrap();
        reply.json::<Value>().await.unwrap()
    };
    assert_eq!(fetch().await["issuer"], "https://elsewhere.example");
    entra.restore_discovery();
    assert_eq!(fetch().await["issuer"], entra.issuer());
    entra.inject(Endpoint::Keys, Fault::json(&json!({"keys": []})));
    assert_eq!(verify(&demo, &entra.token(&ANA)).await.unwrap_err(), "unknown key");
    entra.wire().heal();
    assert!(verify(&demo, &entra.token(&ANA)).await.is_ok());
}
