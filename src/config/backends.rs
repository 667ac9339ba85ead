//! `[backends.NAME]`: the customer's services, by the name that a `_service.yaml` gives. A person's
//! token is forwarded only to a service of our own audience, on the configured origin. What goes out
//! in `Authorization` is read in `backends/token.rs`, how much a service's trouble may cost in
//! `backends/resilience.rs`.

mod resilience;
mod token;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;
use uuid::Uuid;
use validator::Validate;

use super::auth::Auth;
use super::identity::Identity;
use super::network::read_service_url;
use super::problems::Report;

pub use resilience::Resilience;
pub use token::OutgoingToken;

/// One service.
#[derive(Clone, Debug)]
pub enum Backend {
    /// A JSON-over-HTTP API.
    Rest(Rest),
    /// A GraphQL API; the base URL is its endpoint.
    Graphql(Rest),
    /// The data plane of Azure Digital Twins.
    Adt(Rest),
    /// Snowflake's SQL API, for saved queries.
    Snowflake(Snowflake),
    /// The caller's own record, from their identity and permissions; no service is called.
    Caller,
    /// Scripted answers for the conformance suite's tools.
    #[cfg(feature = "conformance")]
    Scripted,
}

/// Snowflake's SQL API.
#[derive(Clone, Debug)]
pub struct Snowflake {
    /// Where it is, and how it is spoken to.
    pub http: Rest,
    /// The database in which statements run.
    pub database: Option<String>,
    /// The schema.
    pub schema: Option<String>,
    /// The warehouse that does the work.
    pub warehouse: Option<String>,
    /// The role, of those that the person holds.
    pub role: Option<String>,
}

impl Backend {
    /// How the service is spoken to; none where there is no service.
    pub fn http(&self) -> Option<&Rest> {
        match self {
            Self::Rest(rest) | Self::Graphql(rest) | Self::Adt(rest) => Some(rest),
            Self::Snowflake(snowflake) => Some(&snowflake.http),
            Self::Caller => None,
            #[cfg(feature = "conformance")]
            Self::Scripted => None,
        }
    }
}

/// An API over HTTP.
#[derive(Clone, Debug)]
pub struct Rest {
    /// What every path is put behind; its path part has no slash at its end, unless it is the root.
    pub base_url: Url,
    /// What goes out in `Authorization`.
    pub token: OutgoingToken,
    /// How long one request may take, all its attempts and waits included.
    pub deadline: Duration,
    /// How much the service's trouble may cost.
    pub resilience: Resilience,
    /// Largest answer, in bytes.
    pub max_response_bytes: usize,
    /// Whether the host may be, or resolve to, a private address.
    pub allow_private_network: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// A JSON-over-HTTP API.
    #[default]
    Rest,
    /// A GraphQL API.
    Graphql,
    /// The data plane of Azure Digital Twins.
    Adt,
    /// Snowflake's SQL API, for saved queries.
    Snowflake,
    /// The caller's own record; no service is called.
    Caller,
    /// Scripted answers for the conformance suite's tools.
    #[cfg(feature = "conformance")]
    Scripted,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawBackend {
    /// What the service is. `OSIER_BACKENDS__NAME__KIND`
    kind: Kind,
    /// Required for every kind but `caller`. What every path is put behind; of `graphql` its
    /// endpoint. `OSIER_BACKENDS__NAME__BASE_URL`
    base_url: Option<String>,
    /// What goes out in `Authorization`: the person's own token, one for another audience in the
    /// person's name, a credential of Osier's own, or nothing. `OSIER_BACKENDS__NAME__TOKEN`
    token: token::Kind,
    /// Required for `forward`. The audience of this service's tokens, which must be
    /// `identity.audience`. `OSIER_BACKENDS__NAME__AUDIENCE`
    audience: Option<String>,
    /// Required for `on_behalf_of`. The scopes that Entra is asked for: the audience's `/.default`, or
    /// scopes by name. `OSIER_BACKENDS__NAME__SCOPE`
    scope: Option<String>,
    /// Required for `service`, secret. The credential that goes out with every request.
    /// `OSIER_BACKENDS__NAME__SERVICE_TOKEN` or `OSIER_BACKENDS__NAME__SERVICE_TOKEN_FILE`
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    service_token: Option<SecretString>,
    /// For `service`: the word before the credential. `OSIER_BACKENDS__NAME__SCHEME`
    scheme: token::Scheme,
    /// Milliseconds that one request may take, its retries and waits included.
    /// `OSIER_BACKENDS__NAME__DEADLINE_MS`
    #[validate(range(min = 10, max = 120_000))]
    deadline_ms: u32,
    /// Requests that may be on their way at once. `OSIER_BACKENDS__NAME__MAX_IN_FLIGHT`
    #[validate(range(min = 1, max = 1024))]
    max_in_flight: u32,
    /// Milliseconds that a further request waits for its turn before it is told that the service is
    /// busy. `OSIER_BACKENDS__NAME__MAX_WAIT_MS`
    #[validate(range(min = 0, max = 30_000))]
    max_wait_ms: u32,
    /// How often one request is tried again; 0 turns retries off. Over all requests they stay under a
    /// tenth. `OSIER_BACKENDS__NAME__RETRIES`
    #[validate(range(min = 0, max = 5))]
    retries: u32,
    /// Failures in a row after which the service is left alone for a while; 0 never leaves it alone.
    /// `OSIER_BACKENDS__NAME__FAILURES_TO_OPEN`
    #[validate(range(min = 0, max = 1000))]
    failures_to_open: u32,
    /// Milliseconds for which it is left alone, before one request tries it.
    /// `OSIER_BACKENDS__NAME__OPEN_MS`
    #[validate(range(min = 100, max = 600_000))]
    open_ms: u32,
    /// Largest answer, in bytes. `OSIER_BACKENDS__NAME__MAX_RESPONSE_BYTES`
    #[validate(range(min = 1024, max = 67_108_864))]
    max_response_bytes: u32,
    /// Let `base_url` be plain http, or a loopback or private address.
    /// `OSIER_BACKENDS__NAME__ALLOW_PRIVATE_NETWORK`
    allow_private_network: bool,
    /// For `snowflake`: the database in which statements run; the person's default where it isn't
    /// set. `OSIER_BACKENDS__NAME__DATABASE`
    database: Option<String>,
    /// For `snowflake`: the schema. `OSIER_BACKENDS__NAME__SCHEMA`
    schema: Option<String>,
    /// For `snowflake`: the warehouse that does the work. `OSIER_BACKENDS__NAME__WAREHOUSE`
    warehouse: Option<String>,
    /// For `snowflake`: the role, of those that the person holds. `OSIER_BACKENDS__NAME__ROLE`
    role: Option<String>,
}

impl Default for RawBackend {
    fn default() -> Self {
        Self {
            kind: Kind::default(),
            base_url: None,
            token: token::Kind::default(),
            audience: None,
            scope: None,
            service_token: None,
            scheme: token::Scheme::default(),
            deadline_ms: 10_000,
            max_in_flight: 32,
            max_wait_ms: 3000,
            retries: 2,
            failures_to_open: 5,
            open_ms: 5000,
            max_response_bytes: 2 * 1024 * 1024,
            allow_private_network: false,
            database: None,
            schema: None,
            warehouse: None,
            role: None,
        }
    }
}

pub(super) fn resolve(
    raw: BTreeMap<String, RawBackend>,
    audience: Option<&str>,
    report: &mut Report,
) -> Option<BTreeMap<String, Backend>> {
    let backends: Vec<_> = raw
        .into_iter()
        .map(|(name, raw)| {
            let section = format!("backends.{name}");
            if !is_name(&name) {
                let says = "must be named by lower-case letters, digits and single underscores";
                report.say(&section, says);
            }
            Some((name, raw.resolve(&section, audience, report)?))
        })
        .collect();
    backends.into_iter().collect()
}

/// A token in a person's name is asked for with Osier's own registration, to which the person's token
/// was issued.
pub(super) fn can_ask_on_behalf(
    backends: &BTreeMap<String, Backend>,
    auth: &Auth,
    identity: &Identity,
    report: &mut Report,
) {
    let asks = |backend: &Backend| {
        let token = backend.http().map(|service| &service.token);
        matches!(token, Some(OutgoingToken::OnBehalfOf { .. }))
    };
    for (name, _) in backends.iter().filter(|(_, backend)| asks(backend)) {
        let key = format!("backends.{name}.token");
        if !identity.policies.is_empty() {
            let says = "can't be \"on_behalf_of\" with identity.policies: B2C and its user flows have \
                        no such tokens";
            report.say(&key, says);
        }
        match auth.registration() {
            None => {
                let says = format!(
                    "is required, because {key} is \"on_behalf_of\": what proves to Entra that it \
                     is Osier (\"secret\", \"certificate\", \"federated_file\" or \
                     \"managed_identity\"), also with mode = \"direct\""
                );
                report.say("auth.credential", says);
            }
            Some((id, _)) => {
                let audience = Uuid::try_parse(&identity.audience).ok();
                if audience.is_some_and(|audience| Uuid::try_parse(id).ok() != Some(audience)) {
                    let says = format!(
                        "must be identity.audience, because {key} is \"on_behalf_of\": Entra \
                         exchanges only tokens that were issued for the registration that asks"
                    );
                    report.say("auth.client_id", says);
                }
            }
        }
    }
}

/// Two underscores together would end the section in a variable's name.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(plain)
        && !name.contains("__")
        && !name.ends_with('_')
}

impl RawBackend {
    fn resolve(
        self,
        section: &str,
        audience: Option<&str>,
        report: &mut Report,
    ) -> Option<Backend> {
        match self.kind {
            Kind::Snowflake => {
                self.resolve_snowflake(section, audience, report).map(Backend::Snowflake)
            }
            _ if self.sets_session(section, report) => None,
            Kind::Rest => self.resolve_rest(section, audience, report).map(Backend::Rest),
            Kind::Graphql => self.resolve_rest(section, audience, report).map(Backend::Graphql),
            Kind::Adt => self.resolve_rest(section, audience, report).map(Backend::Adt),
            Kind::Caller => self.resolve_local(section, "caller", report, Backend::Caller),
            #[cfg(feature = "conformance")]
            Kind::Scripted => self.resolve_local(section, "scripted", report, Backend::Scripted),
        }
    }

    /// Keys that are for Snowflake alone, where it is something else.
    fn sets_session(&self, section: &str, report: &mut Report) -> bool {
        let keys = [
            ("database", &self.database),
            ("schema", &self.schema),
            ("warehouse", &self.warehouse),
            ("role", &self.role),
        ];
        let set: Vec<_> = keys.iter().filter(|(_, value)| value.is_some()).collect();
        for (key, _) in &set {
            report.say(&format!("{section}.{key}"), "is for kind = \"snowflake\"");
        }
        !set.is_empty()
    }

    fn resolve_snowflake(
        mut self,
        section: &str,
        audience: Option<&str>,
        report: &mut Report,
    ) -> Option<Snowflake> {
        let (database, schema) = (self.database.take(), self.schema.take());
        let (warehouse, role) = (self.warehouse.take(), self.role.take());
        let http = self.resolve_rest(section, audience, report)?;
        Some(Snowflake { http, database, schema, warehouse, role })
    }

    fn resolve_rest(
        self,
        section: &str,
        audience: Option<&str>,
        report: &mut Report,
    ) -> Option<Rest> {
        let key = format!("{section}.base_url");
        let token = self.outgoing(section, audience, report);
        let resilience = self.resilience();
        let base_url = report
            .require(&key, self.base_url, "where the service is, such as https://api.example.com")
            .and_then(|text| read_service_url(report, &key, &text, self.allow_private_network));
        let mut base_url = base_url?;
        let path = base_url.path().trim_end_matches('/').to_owned();
        base_url.set_path(&path);
        Some(Rest {
            base_url,
            token: token?,
            resilience,
            deadline: Duration::from_millis(self.deadline_ms.into()),
            max_response_bytes: usize::try_from(self.max_response_bytes).ok()?,
            allow_private_network: self.allow_private_network,
        })
    }

    fn resolve_local(
        self,
        section: &str,
        kind: &str,
        report: &mut Report,
        backend: Backend,
    ) -> Option<Backend> {
        if self.base_url.is_none() {
            return Some(backend);
        }
        report.say(&format!("{section}.base_url"), format!("is not used by kind = \"{kind}\""));
        None
    }
}
