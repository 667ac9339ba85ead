//! `[backends.NAME]`: the customer's services, by the name that a `_service.yaml` gives. A person's
//! token is forwarded only to a service of our own audience, on the configured origin.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;
use validator::Validate;

use super::access::same_audience;
use super::network::read_service_url;
use super::problems::Report;

/// One service.
#[derive(Clone, Debug)]
pub enum Backend {
    /// A JSON-over-HTTP API.
    Rest(Rest),
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
            Self::Rest(rest) => Some(rest),
            Self::Snowflake(snowflake) => Some(&snowflake.http),
            Self::Caller => None,
            #[cfg(feature = "conformance")]
            Self::Scripted => None,
        }
    }
}

/// A JSON-over-HTTP API.
#[derive(Clone, Debug)]
pub struct Rest {
    /// What every path is put behind; its path part has no slash at its end, unless it is the root.
    pub base_url: Url,
    /// What goes out in `Authorization`.
    pub token: OutgoingToken,
    /// How long one request may take.
    pub deadline: Duration,
    /// Largest answer, in bytes.
    pub max_response_bytes: usize,
    /// Whether the host may be, or resolve to, a private address.
    pub allow_private_network: bool,
}

/// What goes out in `Authorization`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OutgoingToken {
    /// The person's own token; only to a service of the same audience.
    #[default]
    Forward,
    /// Nothing.
    None,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// A JSON-over-HTTP API.
    #[default]
    Rest,
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
    /// Required for `rest` and `snowflake`. What every path is put behind.
    /// `OSIER_BACKENDS__NAME__BASE_URL`
    base_url: Option<String>,
    /// What goes out in `Authorization`: the person's own token, or nothing.
    /// `OSIER_BACKENDS__NAME__TOKEN`
    token: OutgoingToken,
    /// Required for `forward`. The audience of this service's tokens, which must be
    /// `identity.audience`. `OSIER_BACKENDS__NAME__AUDIENCE`
    audience: Option<String>,
    /// Milliseconds that one request may take. `OSIER_BACKENDS__NAME__DEADLINE_MS`
    #[validate(range(min = 10, max = 120_000))]
    deadline_ms: u32,
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
            token: OutgoingToken::default(),
            audience: None,
            deadline_ms: 10_000,
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
        let base_url = report
            .require(&key, self.base_url, "where the service is, such as https://api.example.com")
            .and_then(|text| read_service_url(report, &key, &text, self.allow_private_network));
        if self.token == OutgoingToken::Forward {
            same_audience(report, &format!("{section}.audience"), self.audience, audience);
        }
        let mut base_url = base_url?;
        let path = base_url.path().trim_end_matches('/').to_owned();
        base_url.set_path(&path);
        Some(Rest {
            base_url,
            token: self.token,
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
