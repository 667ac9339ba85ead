//! A client of the look-alike, for the tests of its endpoints; and the whole way once.

use std::collections::BTreeMap;

use super::*;

/// The verifier and its S256 challenge of RFC 7636 Appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(super) const CALLBACK: &str = "http://127.0.0.1:8080/oauth/callback";
pub(super) const SCOPES: &str =
    "api://0221c1d6-cf53-53e0-819c-4878edf8c1d4/Mcp.Access openid profile offline_access";

/// The default app, as Osier uses it.
pub(super) struct Client {
    pub(super) demo: Demo,
    pub(super) clock: Clock,
}

/// An answer of the token endpoint, or a refusal there or in a redirect.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    pub(super) fn field(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.body))
    }

    /// `error code`, as in `invalid_grant 54005`; or `ok`.
    pub(super) fn verdict(&self) -> String {
        match self.body["error"].as_str() {
            Some(error) => format!("{error} {}", self.body["error_codes"][0]),
            None => "ok".to_owned(),
        }
    }
}

impl Client {
    pub(super) async fn start() -> Self {
        let clock = Clock::manual();
        let options = Options { clock: clock.clone(), ..Options::default() };
        let around = Surroundings::start_anywhere(options).await.unwrap();
        Self { demo: Demo { around, client: client() }, clock }
    }

    pub(super) fn entra(&self) -> &Entra {
        self.demo.around.entra()
    }

    /// The usual authorization request, with these parameters instead; an empty one is left out.
    pub(super) fn authorize_url(&self, other: &[(&str, &str)]) -> String {
        let mut all = BTreeMap::from([
            ("client_id", API_CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", CALLBACK),
            ("scope", SCOPES),
            ("state", "s t&te"),
            ("nonce", "n"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        all.extend(other.iter().copied());
        all.retain(|_, value| !value.is_empty());
        url::Url::parse_with_params(&self.entra().url(Endpoint::Authorize), all).unwrap().into()
    }

    /// Where the browser is sent back to after a person signed in.
    pub(super) async fn signed_in(
        &self,
        person: &Person,
        other: &[(&str, &str)],
    ) -> BTreeMap<String, String> {
        let url = self.authorize_url(other);
        let back = sign_in(&self.demo.client, &url, person).await.unwrap();
        let back = url::Url::parse(&back).unwrap();
        back.query_pairs().into_owned().collect()
    }

    /// A code for a person.
    pub(super) async fn code(&self, person: &Person) -> String {
        self.signed_in(person, &[]).await["code"].clone()
    }

    /// The tokens that a person's sign-in gets.
    pub(super) async fn tokens(&self, person: &Person) -> Answer {
        let code = self.code(person).await;
        let answer = self.redeem(&code, &[]).await;
        assert_eq!(answer.verdict(), "ok", "{}", answer.body);
        answer
    }

    pub(super) async fn redeem(&self, code: &str, other: &[(&str, &str)]) -> Answer {
        let usual = [
            ("grant_type", "authorization_code"),
            ("redirect_uri", CALLBACK),
            ("code", code),
            ("code_verifier", VERIFIER),
        ];
        self.ask(&usual, other).await
    }

    pub(super) async fn refresh(&self, token: &str, other: &[(&str, &str)]) -> Answer {
        let usual = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.ask(&usual, other).await
    }

    /// Asks the token endpoint with the client's id, secret and scopes, or with others; an empty
    /// parameter is left out.
    pub(super) async fn ask(&self, usual: &[(&str, &str)], other: &[(&str, &str)]) -> Answer {
        let mut form = BTreeMap::from([
            ("client_id", API_CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("scope", SCOPES),
        ]);
        form.extend(usual.iter().chain(other).copied());
        form.retain(|_, value| !value.is_empty());
        self.post(&form).await
    }

    pub(super) async fn post(&self, form: &BTreeMap<&str, &str>) -> Answer {
        let url = self.entra().url(Endpoint::Token);
        let reply = self.demo.client.post(url).form(form).send().await.unwrap();
        Answer { status: reply.status().as_u16(), body: reply.json().await.unwrap() }
    }

    /// The claims of a token that verifies.
    pub(super) async fn claims(&self, token: &str) -> Value {
        entra::verify(&self.demo, token).await.unwrap()
    }
}

/// The payload of a token, unverified.
pub(super) fn payload(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap())
        .unwrap()
}

#[tokio::test]
async fn a_person_signs_in_and_the_client_gets_and_refreshes_tokens() {
    let client = Client::start().await;
    let back = client.signed_in(&BEN, &[]).await;
    assert_eq!(back["state"], "s t&te");
    assert!(back["session_state"].len() == 36 && back["code"].len() > 500);
    let answer = client.redeem(&back["code"], &[]).await;
    let claims = client.claims(answer.field("access_token")).await;
    assert_eq!((&claims["oid"], &claims["azp"]), (&json!(BEN.oid), &json!(API_CLIENT_ID)));
    assert_eq!((&claims["azpacr"], &claims["scp"]), (&json!("1"), &json!("Mcp.Access")));
    assert_eq!(answer.field("scope"), format!("api://{API_CLIENT_ID}/Mcp.Access"));
    let lifetime = answer.body["expires_in"].as_u64().unwrap();
    assert!((3600..5400).contains(&lifetime));
    assert_eq!(claims["exp"].as_u64().unwrap(), client.clock.unix_seconds() + lifetime);
    let id = client.claims(answer.field("id_token")).await;
    assert_eq!((&id["nonce"], &id["oid"]), (&json!("n"), &json!(BEN.oid)));
    assert!(id.get("scp").is_none() && id.get("azp").is_none());
    client.clock.advance(std::time::Duration::from_hours(3));
    let again = client.refresh(answer.field("refresh_token"), &[]).await;
    let newer = client.claims(again.field("access_token")).await;
    assert_ne!(newer["uti"], claims["uti"]);
    assert!(newer["exp"].as_u64() > claims["exp"].as_u64());
    assert_ne!(again.field("refresh_token"), answer.field("refresh_token"));
}

#[tokio::test]
async fn without_its_scopes_a_client_gets_less() {
    let client = Client::start().await;
    let bare = format!("api://{API_CLIENT_ID}/.default");
    let code = client.signed_in(&ANA, &[("scope", &bare)]).await["code"].clone();
    let answer = client.redeem(&code, &[("scope", &bare)]).await;
    assert_eq!(answer.verdict(), "ok");
    // What was consented to under that name is everything that the API exposes.
    let code = client.code(&ANA).await;
    assert_eq!(client.redeem(&code, &[("scope", &bare)]).await.verdict(), "ok");
    for absent in ["refresh_token", "id_token"] {
        assert!(answer.body.get(absent).is_none(), "{absent}");
    }
    // A refresh that forgets the scope gets a token for somebody else.
    let tokens = client.tokens(&ANA).await;
    let graph = client.refresh(tokens.field("refresh_token"), &[("scope", "")]).await;
    let claims = payload(graph.field("access_token"));
    assert_eq!(claims["aud"], "00000003-0000-0000-c000-000000000000");
    assert_eq!((&claims["ver"], &claims["appid"]), (&json!("1.0"), &json!(API_CLIENT_ID)));
}
