//! The app registrations of the look-alike's tenant: who may ask for tokens, where browsers may be
//! sent back to, and by what an app proves itself. A test registers what it needs.

use url::Url;

use crate::demo::people::{API_CLIENT_ID, CLI_CLIENT_ID, CLIENT_SECRET};

/// One app registration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct App {
    /// The application (client) id.
    pub client_id: String,
    /// What the sign-in and consent pages call it.
    pub name: String,
    /// A public client has no credential and mustn't send one.
    pub public: bool,
    /// Its client secrets.
    pub secrets: Vec<Secret>,
    /// Where a browser may be sent back to. Compared as strings, but the port of `localhost` and
    /// `127.0.0.1` doesn't count.
    pub redirect_uris: Vec<String>,
    /// An administrator consented for everybody: nobody is asked.
    pub consented_for_all: bool,
}

/// One client secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// The secret's value.
    pub value: String,
    /// Its end date has passed.
    pub expired: bool,
}

impl App {
    /// A confidential client with one secret.
    pub fn confidential(client_id: &str, name: &str, secret: &str) -> Self {
        let secret = Secret { value: secret.to_owned(), expired: false };
        Self {
            client_id: client_id.to_owned(),
            name: name.to_owned(),
            secrets: vec![secret],
            ..Self::default()
        }
    }

    /// A public client: a program on somebody's machine.
    pub fn public(client_id: &str, name: &str) -> Self {
        Self {
            client_id: client_id.to_owned(),
            name: name.to_owned(),
            public: true,
            ..Self::default()
        }
    }

    /// With this redirect URI too.
    pub fn with_redirect_uri(mut self, uri: &str) -> Self {
        self.redirect_uris.push(uri.to_owned());
        self
    }

    /// Is this one of its redirect URIs?
    pub(super) fn may_return_to(&self, asked: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|known| known == asked || without_port(known) == without_port(asked))
    }
}

/// A loopback redirect without its port, which Entra doesn't compare; `[::1]` isn't among them.
/// Any other URI as it is.
fn without_port(uri: &str) -> String {
    let Ok(mut url) = Url::parse(uri) else { return uri.to_owned() };
    let loopback =
        url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1"));
    if loopback && url.set_port(None).is_ok() { url.into() } else { uri.to_owned() }
}

/// The registrations that are there from the start: Osier's own, which is the API and the
/// confidential client at once, and the public client of `osier token`.
pub(super) fn demo_apps() -> Vec<App> {
    let osier = App::confidential(API_CLIENT_ID, "Osier", CLIENT_SECRET)
        .with_redirect_uri("http://127.0.0.1/oauth/callback")
        .with_redirect_uri("http://localhost/oauth/callback");
    let cli = App { consented_for_all: true, ..App::public(CLI_CLIENT_ID, "Osier CLI") };
    vec![osier, cli]
}
