//! The app registrations of the look-alike's tenant: who may ask for tokens, where browsers may be
//! sent back to, and by what an app proves itself. A test registers what it needs.

use serde_json::Value;

use super::errors::Failure;
use super::scopes::Asked;
use super::{Entra, lock};
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
    /// Certificates in PEM, whose keys its assertions are signed with.
    pub certificates: Vec<String>,
    /// Whose assertions count as its own.
    pub federated: Vec<Federated>,
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

/// A federated identity credential: another issuer's token stands for the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Federated {
    /// The assertion's `iss`, byte for byte.
    pub issuer: String,
    /// Its `sub`, byte for byte.
    pub subject: String,
    /// Its `aud`, byte for byte.
    pub audience: String,
    /// The issuer's JWK set. Entra fetches it; here it is handed in.
    pub keys: Value,
}

impl Federated {
    /// With the audience that Entra recommends, `api://AzureADTokenExchange`.
    pub fn new(issuer: &str, subject: &str, keys: Value) -> Self {
        Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            audience: "api://AzureADTokenExchange".to_owned(),
            keys,
        }
    }
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
fn without_port(uri: &str) -> (&str, &str) {
    for host in ["http://localhost", "http://127.0.0.1", "https://localhost"] {
        let Some(rest) = uri.strip_prefix(host) else { continue };
        let path = rest.strip_prefix(':').map_or(rest, |port_and_path| {
            port_and_path.trim_start_matches(|digit: char| digit.is_ascii_digit())
        });
        if path.starts_with('/') {
            return (host, path);
        }
    }
    ("", uri)
}

/// The registrations that are there from the start: Osier's own, which is the API and the
/// confidential client at once, and the public client of `osier token`.
pub(super) fn demo_apps() -> Vec<App> {
    let osier = App::confidential(API_CLIENT_ID, "Osier", CLIENT_SECRET)
        .with_redirect_uri("http://127.0.0.1/oauth/callback")
        .with_redirect_uri("http://localhost/oauth/callback")
        .with_redirect_uri("https://localhost/oauth/callback");
    let cli = App { consented_for_all: true, ..App::public(CLI_CLIENT_ID, "Osier CLI") };
    vec![osier, cli]
}

impl Entra {
    /// An app registration.
    pub fn app(&self, client_id: &str) -> Option<App> {
        lock(&self.0.apps).get(client_id).cloned()
    }

    /// All app registrations.
    pub fn apps(&self) -> Vec<App> {
        lock(&self.0.apps).values().cloned().collect()
    }

    /// Adds an app registration, or replaces the one with the same client id.
    pub fn register_app(&self, app: App) {
        lock(&self.0.apps).insert(app.client_id.clone(), app);
    }

    /// Changes an app registration; an unknown client id changes nothing.
    pub fn alter_app(&self, client_id: &str, alter: impl FnOnce(&mut App)) {
        if let Some(app) = lock(&self.0.apps).get_mut(client_id) {
            alter(app);
        }
    }

    /// Another App ID URI for the API (`identifierUris`), by which scopes and `resource` may name it.
    pub fn add_identifier_uri(&self, uri: &str) {
        lock(&self.0.api).identifier_uris.push(uri.to_owned());
    }

    /// Every secret of an app is past its end date from now on.
    pub fn expire_secrets(&self, client_id: &str) {
        self.alter_app(client_id, |app| {
            app.secrets.iter_mut().for_each(|secret| secret.expired = true);
        });
    }

    pub(super) fn read_scope(&self, text: &str, app: &App) -> Result<Asked, Failure> {
        Asked::read(text, &lock(&self.0.api), &app.name)
    }

    /// Entra takes RFC 8707's `resource` only where it is one of the API's own names, to the letter.
    pub(super) fn check_resource(&self, resource: Option<&str>) -> Result<(), Failure> {
        match resource {
            Some(resource)
                if !lock(&self.0.api).identifier_uris.iter().any(|uri| uri == resource) =>
            {
                Err(Failure::resource())
            }
            _ => Ok(()),
        }
    }

    /// The API's first App ID URI, by which its scopes are named.
    pub(super) fn api_name(&self) -> String {
        lock(&self.0.api).identifier_uris.first().cloned().unwrap_or_default()
    }
}
