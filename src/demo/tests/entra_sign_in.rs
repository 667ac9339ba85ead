//! Sign-in at the look-alike as a browser and a client walk it: authorize, code, token, refresh.

use super::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The S256 of [`VERIFIER`] (RFC 7636 Appendix B).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "http://127.0.0.1:8080/oauth/callback";

fn scope() -> String {
    format!("api://{API_CLIENT_ID}/Mcp.Access openid profile offline_access")
}

#[tokio::test]
async fn a_person_signs_in_consents_and_the_client_gets_and_refreshes_tokens() {
    let demo = Demo::start(true).await;
    let url = demo.around.entra().url(Endpoint::Authorize);
    let url = url::Url::parse_with_params(
        &url,
        [
            ("client_id", API_CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", &scope()),
            ("state", "s t&te"),
            ("nonce", "n"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ],
    )
    .unwrap();
    let page = demo.client.get(url.clone()).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains(">ben</button>"), "{page}");
    let page = demo.client.post(url.clone()).form(&[("person", "ben")]).send().await.unwrap();
    let page = page.text().await.unwrap();
    let ctx = page.split_once("name=\"ctx\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let form = [("consent", "accept"), ("ctx", ctx)];
    let back = demo.client.post(url).form(&form).send().await.unwrap();
    assert_eq!(back.status(), 302);
    let back = url::Url::parse(back.headers()["location"].to_str().unwrap()).unwrap();
    assert!(back.as_str().starts_with(&format!("{CALLBACK}?code=")), "{back}");
    let query: std::collections::HashMap<_, _> = back.query_pairs().into_owned().collect();
    assert_eq!(query["state"], "s t&te");
    let token = demo.around.entra().url(Endpoint::Token);
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", API_CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("redirect_uri", CALLBACK),
        ("code", &query["code"]),
        ("code_verifier", VERIFIER),
        ("scope", &scope()),
    ];
    let answer = demo.client.post(&token).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let claims = entra::verify(&demo, answer["access_token"].as_str().unwrap()).await.unwrap();
    assert_eq!((&claims["oid"], &claims["azp"]), (&json!(BEN.oid), &json!(API_CLIENT_ID)));
    assert_eq!(claims["azpacr"], "1");
    assert!(answer["id_token"].is_string());
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", API_CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("refresh_token", answer["refresh_token"].as_str().unwrap()),
        ("scope", &scope()),
    ];
    let again: Value =
        demo.client.post(&token).form(&form).send().await.unwrap().json().await.unwrap();
    assert_ne!(again["refresh_token"], answer["refresh_token"]);
    assert!(entra::verify(&demo, again["access_token"].as_str().unwrap()).await.is_ok());
}
