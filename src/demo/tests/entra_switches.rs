//! What a test can make different in the look-alike's tokens, and that it is the same through every
//! door.

use super::entra_sign_in::{Client, payload};
use super::*;

impl Client {
    /// The claims of the token that a sign-in gets, and of one that is minted.
    async fn both(&self, person: &Person) -> [Value; 2] {
        let issued = self.tokens(person).await;
        [payload(issued.field("access_token")), payload(&self.entra().token(person))]
    }
}

#[tokio::test]
async fn v1_tokens_look_like_v1_and_their_keys_are_found() {
    let client = Client::start().await;
    let entra = client.entra();
    entra.tokens_are_v1(true);
    let answer = client.tokens(&ERIN).await;
    let token = answer.field("access_token");
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert!(header.x5t.is_some() && header.x5t == header.kid);
    for claims in client.both(&ERIN).await {
        assert_eq!(claims["iss"], format!("{}/sts/{TENANT_ID}/", entra.base_url()));
        assert_eq!(claims["aud"], format!("api://{API_CLIENT_ID}"));
        assert_eq!((&claims["ver"], &claims["scp"]), (&json!("1.0"), &json!("Mcp.Access")));
        assert_eq!((&claims["upn"], &claims["roles"]), (&json!(ERIN.email), &json!(["Mcp.Admin"])));
        assert!(claims["appid"].is_string() && claims.get("azp").is_none());
    }
    assert_eq!(payload(token)["appidacr"], "1");
    // The ID token stays v2: it isn't the resource's.
    assert_eq!(payload(answer.field("id_token"))["ver"], "2.0");
    let url = format!("{}.well-known/openid-configuration", entra.v1_issuer());
    let document: Value = client.demo.client.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!(document["issuer"], entra.v1_issuer());
    let keys = document["jwks_uri"].as_str().unwrap();
    let keys: Value = client.demo.client.get(keys).send().await.unwrap().json().await.unwrap();
    assert_eq!(keys["keys"][0]["kid"], header.kid.unwrap());
    assert_eq!(keys["keys"][0]["issuer"], entra.v1_issuer());
    // The sample services take both.
    assert_eq!(client.demo.get(&ERIN, "/sitecore/sites").await.status, 200);
    entra.restore();
    assert_eq!(client.both(&ERIN).await[0]["ver"], "2.0");
}

#[tokio::test]
async fn roles_scopes_groups_tenant_and_audience_are_what_a_test_says() {
    let client = Client::start().await;
    let entra = client.entra();
    for claims in client.both(&DAN).await {
        assert_eq!((&claims["scp"], claims.get("roles")), (&json!("Other.Read"), None));
    }
    entra.set_roles(&DAN, &["Mcp.Access"]);
    entra.set_scope(&DAN, "");
    entra.set_group_overage(&DAN, true);
    entra.set_token_tenant(Some("11111111-1111-4111-8111-111111111111"));
    entra.set_token_audience(Some("api://another"));
    for claims in client.both(&DAN).await {
        assert_eq!((&claims["roles"], claims.get("scp")), (&json!(["Mcp.Access"]), None));
        assert_eq!(claims["_claim_names"], json!({"groups": "src1"}));
        assert!(claims.get("groups").is_none());
        assert_eq!(claims["tid"], "11111111-1111-4111-8111-111111111111");
        assert_eq!(claims["aud"], "api://another");
    }
    let [bens, _] = client.both(&BEN).await;
    assert!(bens.get("roles").is_none() && bens.get("_claim_names").is_none());
    entra.restore();
    let [dans, _] = client.both(&DAN).await;
    assert_eq!((&dans["aud"], &dans["tid"]), (&json!(API_CLIENT_ID), &json!(TENANT_ID)));
    assert!(dans.get("roles").is_none());
}

#[tokio::test]
async fn a_clock_that_is_off_shows_in_tokens_and_dates_and_nowhere_else() {
    let client = Client::start().await;
    let now = client.clock.unix_seconds();
    for skew in [600_i64, -600] {
        client.entra().set_skew(skew);
        let shown = now.saturating_add_signed(skew);
        for claims in client.both(&BEN).await {
            assert_eq!(claims["nbf"], shown - 300);
        }
        let reply = client.demo.client.get(client.entra().url(Endpoint::Keys)).send().await;
        let date = reply.unwrap().headers()["date"].to_str().unwrap().to_owned();
        let date = httpdate::parse_http_date(&date).unwrap();
        assert_eq!(date.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(), shown);
    }
}

#[tokio::test]
async fn an_api_can_have_more_names() {
    let client = Client::start().await;
    let name = "http://127.0.0.1:8080/mcp";
    client.entra().add_identifier_uri(name);
    let scope = format!("{name}/Mcp.Access openid");
    let other = [("resource", name), ("scope", scope.as_str())];
    let code = client.signed_in(&BEN, &other).await["code"].clone();
    let answer = client.redeem(&code, &other).await;
    // Still the client id: that is what v2 tokens name.
    assert_eq!(payload(answer.field("access_token"))["aud"], API_CLIENT_ID);
    let url = client.authorize_url(&[("resource", &format!("{name}/"))]);
    let back = sign_in(&client.demo.client, &url, &BEN).await.unwrap();
    assert!(back.contains("error=invalid_target&error_description=AADSTS9010010"), "{back}");
}
