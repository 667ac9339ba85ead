//! `[identity]`: whose tokens are accepted, and what they must carry.

mod cloud;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;
use validator::Validate;

use super::network::{is_loopback, read_url};
use super::problems::Report;

pub use cloud::Cloud;

/// Whose tokens are accepted, and what they must carry.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The one Entra tenant, as its id is written in tokens (lower case).
    pub tenant_id: String,
    /// The discovery document (OIDC Discovery 1.0).
    pub discovery_url: Url,
    /// The `aud` that a token must have, byte for byte.
    pub audience: String,
    /// Which of scope and role a token must carry.
    pub require: Require,
    /// The delegated scope in `scp`.
    pub scope: String,
    /// The app role in `roles`.
    pub role: String,
    /// Whether a token of an application without a person may read.
    pub allow_app_only: bool,
    /// The client applications whose tokens are accepted.
    pub allowed_clients: AllowedClients,
    /// The origins that the discovery document may name, that of `discovery_url` first.
    pub authority_origins: Vec<String>,
    /// The issuer that the discovery document must name; where absent, the first one decides.
    pub issuer: Option<String>,
    /// The issuer of v1 tokens, where they are accepted.
    pub v1_issuer: Option<String>,
    /// B2C: the user flows whose tokens are accepted. Empty where there are none.
    pub policies: BTreeSet<String>,
}

/// Which of scope and role a token must carry.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Require {
    /// One of them.
    #[default]
    Either,
    /// The scope.
    Scope,
    /// The role.
    Role,
    /// Both of them.
    Both,
}

/// The client applications (`azp`, `appid`) whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedClients {
    /// Each client that Entra gave a token for our audience, said out loud as `["any"]`.
    Any,
    /// These application ids, lower case.
    Only(BTreeSet<String>),
}

impl Identity {
    /// The cloud of the tenant.
    pub fn cloud(&self) -> Cloud {
        Cloud::of(&self.discovery_url)
    }
}

impl AllowedClients {
    /// Is this application one of them?
    pub fn contains(&self, client: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(ids) => ids.contains(&client.to_ascii_lowercase()),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawIdentity {
    /// Required. The Entra tenant's id (a GUID). `OSIER_IDENTITY__TENANT_ID`
    tenant_id: Option<String>,
    /// The tenant's discovery document; made from `tenant_id` for the public cloud.
    /// `OSIER_IDENTITY__DISCOVERY_URL`
    discovery_url: Option<String>,
    /// Required. The `aud` of our tokens: the API's application id or its URI.
    /// `OSIER_IDENTITY__AUDIENCE`
    #[validate(length(min = 1, max = 256, message = "must not be empty"))]
    pub(super) audience: Option<String>,
    /// What a token must carry: the scope, the role, either or both. `OSIER_IDENTITY__REQUIRE`
    require: Require,
    /// The delegated scope, as it stands in `scp`. `OSIER_IDENTITY__SCOPE`
    #[validate(custom(function = "one_word"))]
    scope: String,
    /// The app role, as it stands in `roles`. `OSIER_IDENTITY__ROLE`
    #[validate(custom(function = "one_word"))]
    role: String,
    /// Let tokens of applications without a person read; they never write.
    /// `OSIER_IDENTITY__ALLOW_APP_ONLY`
    allow_app_only: bool,
    /// Application ids of the clients whose tokens are accepted, or `["any"]`.
    /// `OSIER_IDENTITY__ALLOWED_CLIENTS`
    allowed_clients: Vec<String>,
    /// Origins besides that of `discovery_url` that the document may name for its keys and
    /// endpoints. `OSIER_IDENTITY__AUTHORITY_ORIGINS`
    authority_origins: Vec<String>,
    /// The issuer that the document must name; else the first document decides.
    /// `OSIER_IDENTITY__ISSUER`
    #[validate(length(min = 1, max = 512, message = "must not be empty"))]
    issuer: Option<String>,
    /// Accept v1 tokens too. `OSIER_IDENTITY__ACCEPT_V1`
    accept_v1: bool,
    /// Their issuer; made from `tenant_id`. `OSIER_IDENTITY__V1_ISSUER`
    #[validate(length(min = 1, max = 512, message = "must not be empty"))]
    v1_issuer: Option<String>,
    /// For B2C: the user flows or policies whose tokens are accepted. `OSIER_IDENTITY__POLICIES`
    policies: Vec<String>,
}

impl Default for RawIdentity {
    fn default() -> Self {
        Self {
            tenant_id: None,
            discovery_url: None,
            audience: None,
            require: Require::default(),
            scope: "Mcp.Access".to_owned(),
            role: "Mcp.Access".to_owned(),
            allow_app_only: false,
            allowed_clients: vec!["any".to_owned()],
            authority_origins: Vec::new(),
            issuer: None,
            accept_v1: false,
            v1_issuer: None,
            policies: Vec::new(),
        }
    }
}

fn one_word(text: &str) -> Result<(), validator::ValidationError> {
    // Wildcards stand for nothing here; one would be a name that nobody has.
    let is_plain = |c: char| c.is_ascii_graphic() && !r#""\*"#.contains(c);
    let plain = !text.is_empty() && text.chars().all(is_plain);
    let says = "must be one word without spaces, quotes, backslashes or asterisks";
    if plain {
        Ok(())
    } else {
        Err(validator::ValidationError::new("word").with_message(says.into()))
    }
}

impl RawIdentity {
    pub(super) fn resolve(self, report: &mut Report) -> Option<Identity> {
        let what = "the Entra tenant's id";
        let tenant_id = report
            .require("identity.tenant_id", self.tenant_id, what)
            .and_then(|text| read_id(report, "identity.tenant_id", &text));
        let what = "the application id or URI that our tokens are made for";
        let audience = report.require("identity.audience", self.audience, what);
        let allowed_clients = read_clients(report, &self.allowed_clients);
        let discovery_url = self
            .discovery_url
            .or_else(|| tenant_id.as_deref().map(public_cloud))
            .and_then(|text| read_authority(report, "identity.discovery_url", &text));
        let extra: Vec<_> = self
            .authority_origins
            .iter()
            .enumerate()
            .map(|(at, text)| {
                let url = read_authority(report, &format!("identity.authority_origins.{at}"), text);
                Some(url?.origin().ascii_serialization())
            })
            .collect();
        // Compared byte for byte with what tokens and the document say, so the text itself is kept.
        let issuers = [("identity.issuer", &self.issuer), ("identity.v1_issuer", &self.v1_issuer)];
        for (key, issuer) in issuers {
            issuer.as_deref().and_then(|text| read_authority(report, key, text));
        }
        let policies = read_policies(report, &self.policies);
        let (discovery_url, tenant_id) = (discovery_url?, tenant_id?);
        let v1_issuer = self.v1_issuer.unwrap_or_else(|| {
            let host = Cloud::of(&discovery_url).v1_host();
            format!("https://{host}/{tenant_id}/")
        });
        let own = Some(discovery_url.origin().ascii_serialization());
        Some(Identity {
            tenant_id,
            authority_origins: std::iter::once(own).chain(extra).collect::<Option<_>>()?,
            discovery_url,
            audience: audience?,
            require: self.require,
            scope: self.scope,
            role: self.role,
            allow_app_only: self.allow_app_only,
            allowed_clients: allowed_clients?,
            issuer: self.issuer,
            v1_issuer: self.accept_v1.then_some(v1_issuer),
            policies: policies?,
        })
    }
}

/// A user flow's name, as it stands in `tfp` or `acr`; case doesn't matter there.
fn read_policies(report: &mut Report, policies: &[String]) -> Option<BTreeSet<String>> {
    let known = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '.');
    let mut all = Some(BTreeSet::new());
    for (at, name) in policies.iter().enumerate() {
        if name.is_empty() || name.len() > 128 || !name.chars().all(known) {
            let key = format!("identity.policies.{at}");
            report.say(&key, "must be a user flow's name such as B2C_1_sign_in");
            all = None;
        } else if let Some(all) = &mut all {
            all.insert(name.to_ascii_lowercase());
        }
    }
    all
}

fn public_cloud(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration")
}

pub(super) fn read_id(report: &mut Report, key: &str, text: &str) -> Option<String> {
    let id = Uuid::try_parse(text).ok().filter(|id| text.len() == 36 && !id.is_nil());
    if id.is_none() {
        report.say(key, "must be an id such as 8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34");
    }
    id.map(|id| id.hyphenated().to_string())
}

/// Entra's own hosts: `https`, or a stand-in on loopback.
fn read_authority(report: &mut Report, key: &str, text: &str) -> Option<Url> {
    let url = read_url(report, key, text)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        report.say(key, "must begin with https://; plain http is for a stand-in on loopback only");
        return None;
    }
    Some(url)
}

/// An empty list accepts nobody, which nobody means; 'any' is said out loud.
fn read_clients(report: &mut Report, clients: &[String]) -> Option<AllowedClients> {
    let key = "identity.allowed_clients";
    if clients.is_empty() && !report.is_spoiled(key) {
        report.say(key, "is empty, which would refuse every client; write [\"any\"] or their ids");
    }
    if clients == ["any"] {
        return Some(AllowedClients::Any);
    }
    let ids: Vec<_> = clients
        .iter()
        .enumerate()
        .map(|(at, text)| read_id(report, &format!("{key}.{at}"), text))
        .collect();
    Some(AllowedClients::Only(ids.into_iter().collect::<Option<_>>()?))
}
