//! An OAuth client as assistants have one, small enough to be bent: it registers, sends people to
//! sign in, redeems codes and refreshes.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::app::TestApp;
use super::browser::{Browser, Page};
use super::front::Front;

/// An assistant that signs people in at one server.
#[derive(Clone)]
pub struct Assistant {
    pub http: reqwest::Client,
    /// The server's origin.
    pub url: String,
    pub client_id: String,
    pub redirect_uri: String,
    pub scope: Option<String>,
    pub resource: Option<String>,
    pub state: String,
    pub verifier: String,
}

/// What `/token` answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn access_token(&self) -> String {
        self.text("access_token")
    }

    pub fn refresh_token(&self) -> String {
        self.text("refresh_token")
    }

    pub fn error(&self) -> String {
        self.text("error")
    }

    fn text(&self, name: &str) -> String {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }
}

impl Assistant {
    /// One with this id and address.
    pub fn new(app: &TestApp, client_id: &str, redirect_uri: &str) -> Self {
        Self::at(&app.http, &app.url, client_id, redirect_uri)
    }

    fn at(http: &reqwest::Client, url: &str, client_id: &str, redirect_uri: &str) -> Self {
        Self {
            http: http.clone(),
            url: url.to_owned(),
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            scope: Some("Mcp.Access offline_access".to_owned()),
            resource: Some(format!("{url}/mcp")),
            state: "the client's own state".to_owned(),
            verifier: "a-verifier-of-at-least-forty-three-characters".to_owned(),
        }
    }

    /// One that registered itself.
    pub async fn registered(app: &TestApp, redirect_uri: &str) -> Self {
        Self::registered_at(&app.http, &app.url, redirect_uri).await
    }

    /// The same behind a front.
    pub async fn behind(front: &Front, redirect_uri: &str) -> Self {
        Self::registered_at(&front.http, &front.url, redirect_uri).await
    }

    async fn registered_at(http: &reqwest::Client, url: &str, redirect_uri: &str) -> Self {
        let body = json!({"client_name": "Some assistant", "redirect_uris": [redirect_uri]});
        let answer = http.post(format!("{url}/register")).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let answer: Value = answer.json().await.unwrap();
        Self::at(http, url, answer["client_id"].as_str().unwrap(), redirect_uri)
    }

    pub fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(digest(&SHA256, self.verifier.as_bytes()).as_ref())
    }

    /// The parameters of its authorization request.
    pub fn request(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client_id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("state", self.state.clone()),
            ("code_challenge", self.challenge()),
            ("code_challenge_method", "S256".to_owned()),
        ];
        all.extend(self.scope.clone().map(|scope| ("scope", scope)));
        all.extend(self.resource.clone().map(|resource| ("resource", resource)));
        all
    }

    /// Where it sends people.
    pub fn authorize_url(&self) -> String {
        self.authorize_with(&self.request())
    }

    /// The same with parameters of the test's own.
    pub fn authorize_with(&self, parameters: &[(&str, String)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        format!("{}/authorize?{}", self.url, query.finish())
    }

    /// The whole way in a browser: consent, sign-in as `name`, and back. Returns the redirect to the
    /// client.
    pub async fn walk(&self, browser: &mut Browser, name: &str) -> Page {
        let page = browser.open(&self.authorize_url(), &self.redirect_uri).await;
        self.go_on(browser, page, name).await
    }

    /// From whatever page is open on to the redirect to the client.
    pub async fn go_on(&self, browser: &mut Browser, mut page: Page, name: &str) -> Page {
        for _ in 0..4 {
            if page.location().is_some() {
                return page;
            }
            let button = if page.body.contains("value=\"allow\"") {
                "allow"
            } else if page.body.contains(&format!("value=\"{name}\"")) {
                name
            } else if page.body.contains("value=\"accept\"") {
                "accept"
            } else {
                return page;
            };
            let pressed = browser.press(&page, button).await;
            page = browser.follow(pressed, &self.redirect_uri).await;
        }
        page
    }

    /// A code, by the whole way in a fresh browser.
    pub async fn code(&self, name: &str) -> String {
        let page = self.walk(&mut Browser::new(&self.http), name).await;
        page.parameter("code").unwrap_or_else(|| panic!("no code: {page:?}"))
    }

    /// The form of a code's redemption.
    pub fn redemption(&self, code: &str) -> Vec<(&'static str, String)> {
        vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("client_id", self.client_id.clone()),
            ("redirect_uri", self.redirect_uri.clone()),
            ("code_verifier", self.verifier.clone()),
        ]
    }

    pub async fn redeem(&self, code: &str) -> Answer {
        self.token(&self.redemption(code)).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", refresh_token.to_owned()),
            ("client_id", self.client_id.clone()),
        ])
        .await
    }

    /// `POST /token` with any form.
    pub async fn token(&self, form: &[(&str, String)]) -> Answer {
        let sent = self.http.post(format!("{}/token", self.url)).form(form).send().await.unwrap();
        let (status, headers) = (sent.status().as_u16(), sent.headers().clone());
        Answer { status, headers, body: sent.json().await.unwrap() }
    }

    /// Tokens, by the whole way.
    pub async fn sign_in(&self, name: &str) -> Answer {
        let answer = self.redeem(&self.code(name).await).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }
}
