//! `[auth]`: how people's assistants sign in. As a facade, Osier is their authorization server and
//! signs people in with Entra under a registration and a credential of its own; directly, they go to
//! Entra themselves. The credential's files and secrets are in `auth/credential.rs`.

mod credential;

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use uuid::Uuid;
use validator::Validate;

use super::environment::Environment;
use super::identity::{AllowedClients, Identity, read_id};
use super::problems::Report;

pub use credential::{Certificate, Credential, ManagedIdentity};

use credential::Kind;

/// How people's assistants sign in.
#[derive(Clone, Debug)]
pub enum Auth {
    /// Osier is their authorization server, in front of Entra.
    Facade(Box<Facade>),
    /// They go to Entra themselves. Osier's own registration, where it is to ask for tokens of other
    /// APIs in their name.
    Direct(Option<Box<Registration>>),
}

/// Who Osier is to Entra.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The registration's application id.
    pub client_id: String,
    /// What proves to Entra that it is us.
    pub credential: Credential,
}

impl Auth {
    /// Osier's own registration and its credential, where it has one.
    pub fn registration(&self) -> Option<(&str, &Credential)> {
        match self {
            Self::Facade(facade) => Some((&facade.client_id, &facade.credential)),
            Self::Direct(registration) => {
                registration.as_deref().map(|of| (of.client_id.as_str(), &of.credential))
            }
        }
    }
}

/// Osier's own registration with Entra.
#[derive(Clone, Debug)]
pub struct Facade {
    /// The registration's application id.
    pub client_id: String,
    /// What proves to Entra that it is us.
    pub credential: Credential,
    /// What is asked of Entra besides the OIDC scopes, e.g. `api://{app}/Mcp.Access`.
    pub upstream_scope: String,
    /// What Entra's page is to ask people, whatever it knows of them.
    pub prompt: Option<Prompt>,
    /// The domain whose sign-in page people get at once.
    pub domain_hint: Option<String>,
    /// How long a sign-in can be refreshed before the person signs in anew.
    pub refresh_life: Duration,
    /// How long a browser's consent to a client holds.
    pub consent_life: Duration,
}

/// What Entra's page is to ask people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Which of their accounts.
    SelectAccount,
    /// Their credentials, also with a session.
    Login,
}

impl Prompt {
    /// The parameter's value (`OpenID` Connect Core §3.1.2.1).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SelectAccount => "select_account",
            Self::Login => "login",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Osier is the assistants' authorization server and signs people in with Entra.
    #[default]
    Facade,
    /// Assistants go to Entra themselves, each with a registration of its own.
    Direct,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAuth {
    /// Whom assistants go to in order to sign people in. With `direct`, `client_id` and the credential
    /// are for backends with `token = "on_behalf_of"`, and the other keys don't apply.
    /// `OSIER_AUTH__MODE`
    mode: Mode,
    /// The application id of Osier's registration; `identity.audience` where that is an id.
    /// `OSIER_AUTH__CLIENT_ID`
    client_id: Option<String>,
    /// Required for `facade`, and for `on_behalf_of`. What proves to Entra that it is Osier. `OSIER_AUTH__CREDENTIAL`
    credential: Option<Kind>,
    /// Required for `secret`, secret. The client secret's value.
    /// `OSIER_AUTH__CLIENT_SECRET` or `OSIER_AUTH__CLIENT_SECRET_FILE`
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    client_secret: Option<SecretString>,
    /// Required for `certificate`. The certificate, in PEM. `OSIER_AUTH__CERTIFICATE_FILE`
    certificate_file: Option<String>,
    /// The certificate's RSA key, in PEM; `certificate_file` where that holds both.
    /// `OSIER_AUTH__CERTIFICATE_KEY_FILE`
    certificate_key_file: Option<String>,
    /// For `federated_file`: the file of the workload's token, read at each use; that of
    /// `AZURE_FEDERATED_TOKEN_FILE` where it isn't given. `OSIER_AUTH__FEDERATED_TOKEN_FILE`
    federated_token_file: Option<String>,
    /// For `managed_identity`: the client id of a user-assigned identity, where there are several.
    /// `OSIER_AUTH__MANAGED_IDENTITY_CLIENT_ID`
    managed_identity_client_id: Option<String>,
    /// For `managed_identity`: where its tokens come from; `IDENTITY_ENDPOINT` in App Service and
    /// Container Apps, else the machine's metadata service.
    /// `OSIER_AUTH__MANAGED_IDENTITY_ENDPOINT`
    managed_identity_endpoint: Option<String>,
    /// For `managed_identity`: the audience of its tokens; made from the cloud of
    /// `identity.discovery_url`. `OSIER_AUTH__FEDERATION_AUDIENCE`
    federation_audience: Option<String>,
    /// The scope that is asked of Entra; made from `identity.audience` and `identity.scope`.
    /// `OSIER_AUTH__UPSTREAM_SCOPE`
    upstream_scope: Option<String>,
    /// What Entra's page asks people each time: `select_account` or `login`.
    /// `OSIER_AUTH__PROMPT`
    prompt: Option<String>,
    /// The domain whose sign-in page people get at once. `OSIER_AUTH__DOMAIN_HINT`
    domain_hint: Option<String>,
    /// Days after which people sign in anew, however often they were refreshed.
    /// `OSIER_AUTH__REFRESH_DAYS`
    #[validate(range(min = 1, max = 90))]
    refresh_days: u32,
    /// Days that a browser's consent to a client holds. `OSIER_AUTH__CONSENT_DAYS`
    #[validate(range(min = 1, max = 365))]
    consent_days: u32,
}

impl Default for RawAuth {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            client_id: None,
            credential: None,
            client_secret: None,
            certificate_file: None,
            certificate_key_file: None,
            federated_token_file: None,
            managed_identity_client_id: None,
            managed_identity_endpoint: None,
            federation_audience: None,
            upstream_scope: None,
            prompt: None,
            domain_hint: None,
            refresh_days: 30,
            consent_days: 30,
        }
    }
}

const DAY: u64 = 24 * 60 * 60;

impl RawAuth {
    /// `audience` is known also where something else of the identity is wrong.
    pub(super) fn resolve(
        self,
        audience: Option<&str>,
        identity: Option<&Identity>,
        environment: &Environment,
        report: &mut Report,
    ) -> Option<Auth> {
        if self.mode == Mode::Direct {
            let registration = if self.credential.is_some() {
                let client_id = self.client_id(audience, report);
                let credential = self.credential(identity, environment, report);
                Some(Box::new(Registration { client_id: client_id?, credential: credential? }))
            } else {
                None
            };
            return Some(Auth::Direct(registration));
        }
        let client_id = self.client_id(audience, report);
        if let (Some(id), Some(identity)) = (&client_id, identity) {
            lets_itself_in(id, &identity.allowed_clients, report);
        }
        let upstream_scope = self.upstream_scope(audience, identity, report);
        let prompt = self.prompt.as_deref().map(|text| read_prompt(report, text));
        let domain_hint = self.domain_hint.as_deref().map(|text| read_domain(report, text));
        let credential = self.credential(identity, environment, report);
        Some(Auth::Facade(Box::new(Facade {
            client_id: client_id?,
            credential: credential?,
            upstream_scope: upstream_scope?,
            prompt: prompt.map_or(Some(None), |prompt| prompt.map(Some))?,
            domain_hint: domain_hint.map_or(Some(None), |domain| domain.map(Some))?,
            refresh_life: Duration::from_secs(u64::from(self.refresh_days) * DAY),
            consent_life: Duration::from_secs(u64::from(self.consent_days) * DAY),
        })))
    }

    fn client_id(&self, audience: Option<&str>, report: &mut Report) -> Option<String> {
        if let Some(text) = &self.client_id {
            return read_id(report, "auth.client_id", text);
        }
        // A missing audience is told where it is missing.
        let audience = audience?;
        let what =
            "the application id of Osier's own registration, since identity.audience isn't one";
        let id = Uuid::try_parse(audience).ok().map(|id| id.hyphenated().to_string());
        report.require("auth.client_id", id, what)
    }

    fn upstream_scope(
        &self,
        audience: Option<&str>,
        identity: Option<&Identity>,
        report: &mut Report,
    ) -> Option<String> {
        let key = "auth.upstream_scope";
        let made = match (&self.upstream_scope, identity) {
            (Some(text), _) => Some(text.clone()),
            (None, Some(identity)) if !identity.policies.is_empty() => report.require(
                key,
                None,
                "the whole scope, because user flows (identity.policies) name it in their own way: \
                 https://<tenant>.onmicrosoft.com/<application id>/<scope>",
            ),
            (None, identity) => {
                let audience = audience?;
                let of = if Uuid::try_parse(audience).is_ok() { "api://" } else { "" };
                Some(format!("{of}{}/{}", audience.trim_end_matches('/'), identity?.scope))
            }
        }?;
        let plain = made.chars().all(|sign| sign.is_ascii_graphic() && !matches!(sign, '"' | '\\'));
        if made.is_empty() || !plain {
            report.say(key, "must be one scope, without spaces, quotes or backslashes");
            return None;
        }
        Some(made)
    }
}

/// Whoever signs in here gets a token of Osier's own registration, which must then be let in.
fn lets_itself_in(client_id: &str, allowed: &AllowedClients, report: &mut Report) {
    if let AllowedClients::Only(ids) = allowed
        && !ids.contains(client_id)
    {
        let says = "lacks auth.client_id: people who sign in at Osier get tokens of its registration, \
                    which would be refused; add it";
        report.say("identity.allowed_clients", says);
    }
}

fn read_prompt(report: &mut Report, text: &str) -> Option<Prompt> {
    let says = match text {
        "select_account" => return Some(Prompt::SelectAccount),
        "login" => return Some(Prompt::Login),
        "consent" => {
            "can't be \"consent\": Entra would ask for an administrator's consent at each sign-in; \
             consent is given once, in the portal or with `az ad app permission admin-consent`"
        }
        _ => "must be \"select_account\" or \"login\", or left out",
    };
    report.say("auth.prompt", says);
    None
}

fn read_domain(report: &mut Report, text: &str) -> Option<String> {
    let known = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-');
    if text.is_empty() || text.len() > 253 || !text.chars().all(known) {
        report.say("auth.domain_hint", "must be a domain such as contoso.com");
        return None;
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests;
