//! The look-alike, an authenticator at its discovery document, and a person at its sign-in page.

use std::sync::Arc;
use std::time::Duration;

use osier::clock::Clock;
use osier::config::{Credential, Facade};
use osier::demo::{self, API_CLIENT_ID, CLIENT_SECRET, Endpoint, Options, Surroundings, TENANT_ID};
use osier::identity::{Authenticator, Settings};
use osier::oauth::upstream::{Leg, Upstream};
use osier::outbound::{self, Limits, Reach};
use secrecy::SecretString;
use url::Url;

/// The look-alike knows it with any port.
pub(crate) const CALLBACK: &str = "http://127.0.0.1:8080/oauth/callback";
/// RFC 7636 Appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct World {
    pub(crate) around: Surroundings,
    pub(crate) clock: Clock,
    pub(crate) http: reqwest::Client,
}

/// Settings of a registration with a secret.
pub(crate) fn facade() -> Facade {
    Facade {
        client_id: API_CLIENT_ID.to_owned(),
        credential: Credential::Secret(SecretString::from(CLIENT_SECRET)),
        upstream_scope: format!("api://{API_CLIENT_ID}/Mcp.Access"),
        prompt: None,
        domain_hint: None,
        refresh_life: Duration::from_hours(30 * 24),
        consent_life: Duration::from_hours(30 * 24),
    }
}

pub(crate) fn with_secret(secret: &str) -> Facade {
    Facade { credential: Credential::Secret(SecretString::from(secret)), ..facade() }
}

impl World {
    pub(crate) async fn new() -> Self {
        let clock = Clock::manual();
        let options = Options { clock: clock.clone(), ..Options::default() };
        let around = Surroundings::start_anywhere(options).await.unwrap();
        let limits = Limits::calls(Duration::from_secs(30), Reach::Private);
        Self { around, clock, http: outbound::client(&limits).unwrap() }
    }

    pub(crate) fn settings(&self) -> Settings {
        let discovery = self.around.entra().url(Endpoint::Discovery).parse().unwrap();
        Settings::new(API_CLIENT_ID.to_owned(), TENANT_ID.to_owned(), discovery)
    }

    pub(crate) fn authenticator(&self, settings: Settings) -> Arc<Authenticator> {
        let http = outbound::client(&Limits::documents()).unwrap();
        Arc::new(Authenticator::new(settings, http, self.clock.clone()))
    }

    pub(crate) fn upstream(&self, facade: &Facade) -> Upstream {
        let authenticator = self.authenticator(self.settings());
        let callback = CALLBACK.parse().unwrap();
        Upstream::new(facade, &callback, authenticator, self.clock.clone()).unwrap()
    }

    /// Ben signs in and consents; gives Entra's code.
    pub(crate) async fn code(&self, upstream: &Upstream) -> String {
        let leg =
            Leg { state: "nonce", challenge: CHALLENGE, login_hint: None, select_account: false };
        let url = upstream.authorize_url(&leg).await.unwrap();
        self.around.entra().consent(&demo::BEN, API_CLIENT_ID, &["Mcp.Access"]);
        let back = self.http.post(url).form(&[("person", "ben")]).send().await.unwrap();
        let location = back.headers()["location"].to_str().unwrap();
        let back = Url::parse(location).unwrap();
        assert!(location.starts_with(CALLBACK), "{location}");
        let code = back.query_pairs().find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("no code: {location}")).1.into_owned()
    }
}
