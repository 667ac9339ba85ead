//! The look-alike's authorize endpoint: what stays in the browser, what goes back to the client, and
//! when a person is asked.

use std::fmt::Write as _;

use super::entra_sign_in::{Client, SCOPES};
use super::*;

/// A browser: one cookie at most.
struct Browser<'a> {
    client: &'a Client,
    cookie: Option<String>,
}

/// What a browser sees.
#[derive(Debug)]
enum Seen {
    Accounts(String),
    Consent(String),
    Error(String),
    Back(url::Url),
}

impl Browser<'_> {
    async fn open(&mut self, other: &[(&str, &str)]) -> Seen {
        let url = self.client.authorize_url(other);
        self.send(self.client.demo.client.get(url)).await
    }

    async fn submit(&mut self, other: &[(&str, &str)], form: &[(&str, &str)]) -> Seen {
        let url = self.client.authorize_url(other);
        self.send(self.client.demo.client.post(url).form(form)).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Seen {
        let request = match &self.cookie {
            Some(cookie) => request.header("cookie", format!("other=1; {cookie}")),
            None => request,
        };
        let reply = request.send().await.unwrap();
        if let Some(cookie) = reply.headers().get("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains(&format!("; Path=/{TENANT_ID}; HttpOnly; SameSite=Lax")));
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        let status = reply.status().as_u16();
        if let Some(back) = reply.headers().get("location") {
            assert_eq!(status, 302);
            return Seen::Back(url::Url::parse(back.to_str().unwrap()).unwrap());
        }
        let policy = reply.headers()["x-frame-options"].to_str().unwrap().to_owned();
        let page = reply.text().await.unwrap();
        assert!(policy == "DENY" && !page.contains("<script"));
        match status {
            200 if page.contains("Pick an account") => Seen::Accounts(page),
            200 => Seen::Consent(page),
            _ => Seen::Error(page),
        }
    }

    /// Picks ben and, if asked, consents.
    async fn sign_in(&mut self, other: &[(&str, &str)]) -> Seen {
        match self.submit(other, &[("person", "ben")]).await {
            Seen::Consent(page) => {
                self.submit(other, &[("consent", "accept"), ("ctx", &ctx(&page))]).await
            }
            seen => seen,
        }
    }
}

impl Client {
    fn browser(&self) -> Browser<'_> {
        Browser { client: self, cookie: None }
    }
}

fn ctx(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"ctx\" value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

impl Seen {
    /// What was seen, in short.
    fn verdict(&self) -> String {
        let code = |text: &str| {
            let (_, rest) = text.split_once("AADSTS").unwrap_or_else(|| panic!("{text}"));
            rest.split_once(':').unwrap().0.to_owned()
        };
        match self {
            Self::Accounts(_) => "accounts".to_owned(),
            Self::Consent(_) => "consent".to_owned(),
            Self::Error(page) => format!("page {}", code(page)),
            Self::Back(url) => {
                let query: std::collections::BTreeMap<_, _> = url.query_pairs().collect();
                assert_eq!(query["state"], "s t&te");
                match query.get("error") {
                    Some(error) => format!("back {error} {}", code(&query["error_description"])),
                    None => {
                        format!("back {}", if query.contains_key("code") { "code" } else { "?" })
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_to_whom_it_concerns() {
    let client = Client::start().await;
    let api = format!("api://{API_CLIENT_ID}");
    let two = format!("{api}/Mcp.Access https://graph.microsoft.com/User.Read");
    let two_defaults = format!("{api}/.default https://graph.microsoft.com/.default");
    let unknown = format!("{api}/Mcp.Admin");
    let long = "x".repeat(9000);
    let mut verdicts = String::new();
    for (name, value) in [
        ("client_id", ""),
        ("client_id", "00000000-0000-0000-0000-000000000000"),
        ("redirect_uri", ""),
        ("redirect_uri", "http://127.0.0.1:8080/oauth/Callback"),
        ("redirect_uri", "http://127.0.0.1:8080/oauth/callback/"),
        ("redirect_uri", "http://127.0.0.1:8080/oauth/callback?x=1"),
        ("redirect_uri", "http://[::1]:8080/oauth/callback"),
        ("redirect_uri", "http://127.0.0.2/oauth/callback"),
        ("redirect_uri", "https://127.0.0.1/oauth/callback"),
        ("redirect_uri", "http://user@127.0.0.1/oauth/callback"),
        ("redirect_uri", "http://127.0.0.1/x/../oauth/callback"),
        ("redirect_uri", "http://127.0.0.1:@elsewhere.example/oauth/callback"),
        ("redirect_uri", "javascript:alert(1)"),
        ("login_hint", &long),
        ("response_type", ""),
        ("response_type", "token"),
        ("response_mode", "fragment"),
        ("scope", ""),
        ("scope", "Mcp.Access"),
        ("scope", &unknown),
        ("scope", &api),
        ("scope", "api://another/Mcp.Access"),
        ("scope", &two),
        ("scope", &two_defaults),
        ("scope", "a\"b"),
        ("resource", "http://127.0.0.1:8080/mcp"),
        ("resource", &format!("{api}/")),
        ("code_challenge", "short"),
        ("code_challenge_method", "S512"),
        ("prompt", "sometimes"),
    ] {
        let seen = client.browser().open(&[(name, value)]).await;
        let value = value.replace(API_CLIENT_ID, "API");
        let shown = if value.len() > 99 { "…" } else { &value };
        writeln!(verdicts, "{name}={shown}: {}", seen.verdict()).unwrap();
    }
    insta::assert_snapshot!(verdicts, @r#"
    client_id=: page 900144
    client_id=00000000-0000-0000-0000-000000000000: page 700016
    redirect_uri=: page 900144
    redirect_uri=http://127.0.0.1:8080/oauth/Callback: page 50011
    redirect_uri=http://127.0.0.1:8080/oauth/callback/: page 50011
    redirect_uri=http://127.0.0.1:8080/oauth/callback?x=1: page 50011
    redirect_uri=http://[::1]:8080/oauth/callback: page 50011
    redirect_uri=http://127.0.0.2/oauth/callback: page 50011
    redirect_uri=https://127.0.0.1/oauth/callback: page 50011
    redirect_uri=http://user@127.0.0.1/oauth/callback: page 50011
    redirect_uri=http://127.0.0.1/x/../oauth/callback: page 50011
    redirect_uri=http://127.0.0.1:@elsewhere.example/oauth/callback: page 50011
    redirect_uri=javascript:alert(1): page 50011
    login_hint=…: page 90015
    response_type=: back invalid_request 900144
    response_type=token: back unsupported_response_type 700054
    response_mode=fragment: back unsupported_response_mode 70007
    scope=: back invalid_request 900144
    scope=Mcp.Access: back invalid_client 650053
    scope=api://API/Mcp.Admin: back invalid_client 650053
    scope=api://API: back invalid_scope 70011
    scope=api://another/Mcp.Access: back invalid_resource 500011
    scope=api://API/Mcp.Access https://graph.microsoft.com/User.Read: back invalid_request 28000
    scope=api://API/.default https://graph.microsoft.com/.default: back invalid_scope 70011
    scope=a"b: back invalid_scope 70011
    resource=http://127.0.0.1:8080/mcp: back invalid_target 9010010
    resource=api://API/: back invalid_target 9010010
    code_challenge=short: back invalid_request 501491
    code_challenge_method=S512: back invalid_request 50147
    prompt=sometimes: back invalid_request 90023
    "#);
    for good in [
        ("redirect_uri", "http://localhost:1234/oauth/callback"),
        ("redirect_uri", "http://127.0.0.1/oauth/callback"),
        ("resource", &api),
        ("scope", &format!("  {SCOPES}")),
        ("scope", &format!("{API_CLIENT_ID}/Mcp.Access")),
        ("scope", "openid"),
        ("response_mode", "query"),
        ("code_challenge", ""),
    ] {
        assert_eq!(client.browser().open(&[good]).await.verdict(), "accounts", "{good:?}");
    }
    // Other tenants, other paths, other verbs.
    let base = client.entra().base_url();
    for (path, status, code) in [
        ("/other/oauth2/v2.0/authorize?client_id=x", 400, "AADSTS90002"),
        ("/nothing", 404, "AADSTS90020"),
        (&format!("/{TENANT_ID}/oauth2/v2.0/token"), 405, "AADSTS900561"),
    ] {
        let reply = client.demo.client.get(format!("{base}{path}")).send().await.unwrap();
        assert_eq!(reply.status(), status);
        assert!(reply.text().await.unwrap().contains(code));
    }
}

#[tokio::test]
async fn a_duplicated_parameter_is_refused() {
    let client = Client::start().await;
    let url = format!("{}&scope=openid", client.authorize_url(&[]));
    let seen = client.browser().send(client.demo.client.get(url)).await;
    assert_eq!(seen.verdict(), "page 9000411");
}

#[tokio::test]
async fn what_a_request_says_is_escaped_on_every_page() {
    let client = Client::start().await;
    let nasty = "\"><script>alert(1)</script>";
    let mut app = client.entra().app(API_CLIENT_ID).unwrap();
    app.name = nasty.to_owned();
    client.entra().register_app(app);
    let mut browser = client.browser();
    for other in [("client_id", nasty), ("redirect_uri", nasty), ("login_hint", nasty)] {
        let (Seen::Error(page) | Seen::Accounts(page)) = browser.open(&[other]).await else {
            panic!("{other:?}")
        };
        assert!(page.contains("alert(1)") && !page.contains("<script"), "{page}");
    }
    let Seen::Consent(page) = browser.submit(&[], &[("person", "ben")]).await else { panic!() };
    assert!(page.contains("alert(1)") && !page.contains("<script"), "{page}");
}

#[tokio::test]
async fn an_error_page_carries_what_support_asks_for() {
    let client = Client::start().await;
    let id = "5f8ab1d6-cf53-43e0-819c-4878edf8c1d4";
    let url = client.authorize_url(&[("redirect_uri", "https://elsewhere.example/")]);
    let reply = client.demo.client.get(url).header("client-request-id", id).send().await.unwrap();
    let page = reply.text().await.unwrap();
    for shown in
        ["AADSTS50011: The redirect URI &#39;https://elsewhere.example/&#39;", "Timestamp: "]
    {
        assert!(page.contains(shown), "{page}");
    }
    assert!(page.contains(&format!("Correlation Id: {id}")), "{page}");
}

#[tokio::test]
async fn consent_is_asked_for_once_and_can_be_declined() {
    let client = Client::start().await;
    let mut browser = client.browser();
    let Seen::Consent(page) = browser.submit(&[], &[("person", "ben")]).await else { panic!() };
    assert!(page.contains("<li>use Mcp.Access on your behalf</li>") && page.contains(BEN.email));
    let declined = [("consent", "cancel"), ("ctx", &ctx(&page))];
    let seen = browser.submit(&[], &declined).await;
    assert_eq!(seen.verdict(), "back access_denied 65004");
    // The page is answered once.
    assert_eq!(browser.submit(&[], &declined).await.verdict(), "accounts");
    let forged = [("consent", "accept"), ("ctx", "guess")];
    assert_eq!(browser.submit(&[], &forged).await.verdict(), "accounts");
    assert_eq!(browser.sign_in(&[]).await.verdict(), "back code");
    assert_eq!(browser.submit(&[], &[("person", "ben")]).await.verdict(), "back code");
    assert_eq!(browser.submit(&[], &[("person", "ana")]).await.verdict(), "consent");
    // Another scope is another consent, and `prompt=consent` asks whatever was said.
    let other = format!("api://{API_CLIENT_ID}/Other.Read");
    let other = [("scope", other.as_str())];
    assert_eq!(browser.submit(&other, &[("person", "ben")]).await.verdict(), "consent");
    let again = [("prompt", "consent")];
    assert_eq!(browser.submit(&again, &[("person", "ben")]).await.verdict(), "consent");
    assert_eq!(browser.sign_in(&again).await.verdict(), "back code");
    client.entra().withdraw_consent(&BEN, API_CLIENT_ID);
    assert_eq!(browser.submit(&[], &[("person", "ben")]).await.verdict(), "consent");
    client.entra().consent(&BEN, API_CLIENT_ID, &["Mcp.Access"]);
    assert_eq!(browser.submit(&[], &[("person", "ben")]).await.verdict(), "back code");
    assert_eq!(browser.submit(&[], &[("person", "zoe")]).await.verdict(), "page 50034");
}

#[tokio::test]
async fn a_browser_stays_signed_in_until_it_is_told_otherwise() {
    let client = Client::start().await;
    let none = [("prompt", "none")];
    let mut browser = client.browser();
    assert_eq!(browser.open(&none).await.verdict(), "back login_required 50058");
    browser.submit(&[], &[("person", "ben")]).await;
    assert_eq!(browser.open(&none).await.verdict(), "back consent_required 65001");
    browser.sign_in(&[]).await;
    for (other, verdict) in [
        (("prompt", ""), "back code"),
        (("prompt", "none"), "back code"),
        (("prompt", "login"), "accounts"),
        (("prompt", "select_account"), "accounts"),
        (("prompt", "consent"), "consent"),
        (("login_hint", "ben"), "back code"),
        (("login_hint", ANA.email), "accounts"),
    ] {
        assert_eq!(browser.open(&[other]).await.verdict(), verdict, "{other:?}");
    }
    let mut other = client.browser();
    assert_eq!(other.open(&none).await.verdict(), "back login_required 50058");
    client.clock.advance(std::time::Duration::from_hours(24));
    assert_eq!(browser.open(&none).await.verdict(), "back login_required 50058");
    browser.sign_in(&[]).await;
    assert_eq!(browser.open(&none).await.verdict(), "back code");
    client.entra().revoke(&BEN);
    assert_eq!(browser.open(&none).await.verdict(), "back login_required 50058");
}

#[tokio::test]
async fn a_hint_puts_the_person_first() {
    let client = Client::start().await;
    let hint = [("login_hint", CHLOE.email)];
    let Seen::Accounts(page) = client.browser().open(&hint).await else { panic!() };
    let names: Vec<_> = page.split("class=\"person\" name=\"person\" value=\"").skip(1).collect();
    let names: Vec<_> = names.iter().map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(names, ["chloe", "ana", "ben", "dan", "erin", "finn"]);
    assert_eq!(page.matches("autofocus").count(), 1);
}

#[tokio::test]
async fn a_redirect_uri_keeps_its_own_query() {
    let client = Client::start().await;
    let uri = "https://osier.example/oauth/callback?tenant=a%20b";
    client.entra().alter_app(API_CLIENT_ID, |app| app.redirect_uris.push(uri.to_owned()));
    let other = [("redirect_uri", uri)];
    let Seen::Back(back) = client.browser().sign_in(&other).await else { panic!() };
    assert!(back.as_str().starts_with(&format!("{uri}&code=1.AX0A")), "{back}");
    let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let refused = client.redeem(&code, &[]).await;
    assert_eq!(refused.verdict(), "invalid_client 500112");
    assert_eq!(client.redeem(&code, &other).await.verdict(), "ok");
}

#[tokio::test]
async fn a_policy_or_a_missing_assignment_keeps_the_browser_here() {
    let client = Client::start().await;
    let none = [("prompt", "none")];
    let entra = client.entra();
    let mut browser = client.browser();
    browser.sign_in(&[]).await;
    entra.set_assignment_required(Some(&[&ANA]));
    assert_eq!(browser.open(&[]).await.verdict(), "page 50105");
    assert_eq!(browser.open(&none).await.verdict(), "back interaction_required 50105");
    entra.set_assignment_required(Some(&[&ANA, &BEN]));
    assert_eq!(browser.open(&[]).await.verdict(), "back code");
    entra.set_policy(&BEN, Some(Policy::Block));
    assert_eq!(browser.sign_in(&[]).await.verdict(), "page 53003");
    entra.set_policy(&BEN, Some(Policy::SecondFactor));
    assert_eq!(browser.open(&none).await.verdict(), "back interaction_required 50076");
    assert_eq!(browser.open(&[]).await.verdict(), "accounts");
    assert_eq!(browser.sign_in(&[]).await.verdict(), "back code");
    assert_eq!(browser.open(&none).await.verdict(), "back code");
}
