//! `[access]`: where permissions come from, and for how long an answer holds. `access/fields.rs` says
//! where things stand in an `http` answer, `access/lists.rs` how `openfga` and `authzen` are asked.

mod fields;
mod lists;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;
use validator::Validate;

use super::network::read_service_url;
use super::problems::Report;

pub use fields::Fields;
pub use lists::{AuthZen, Objects, OpenFga, Service};

use fields::pointer;
use lists::{RawAuthzen, RawOpenfga};

/// Where permissions come from, and for how long an answer holds.
#[derive(Clone, Debug)]
pub struct Access {
    /// The source.
    pub adapter: Adapter,
    /// How old a snapshot may be when a person lists or reads.
    pub max_age_read: Duration,
    /// How old a snapshot may be when a person writes.
    pub max_age_write: Duration,
    /// What the source puts in front of our permissions' names.
    pub name_prefix: String,
    /// Our permissions' names -> the source's, where that isn't the prefix and the name.
    pub names: BTreeMap<String, String>,
    /// Where the source tells of changes.
    pub changes: Option<Changes>,
}

/// A source of permissions.
#[derive(Clone, Debug)]
pub enum Adapter {
    /// The customer's authorisation service, asked with the person's own token.
    Http(Box<HttpAdapter>),
    /// A file of permissions by person.
    File(PathBuf),
    /// An OpenFGA store.
    OpenFga(Box<OpenFga>),
    /// A policy decision point of AuthZEN 1.0.
    AuthZen(Box<AuthZen>),
    /// The roles and groups of the person's token, and the file that says what they stand for.
    Claims(PathBuf),
}

impl Adapter {
    /// The file that permissions or rules are read from, where they come from one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Claims(path) => Some(path),
            Self::Http(_) | Self::OpenFga(_) | Self::AuthZen(_) => None,
        }
    }
}

/// The customer's authorisation service.
#[derive(Clone, Debug)]
pub struct HttpAdapter {
    /// The full URL that answers with the caller's permissions.
    pub url: Url,
    /// How long to wait for an answer.
    pub timeout: Duration,
    /// Where things stand in the answer.
    pub fields: Fields,
    /// Whether the URL's host may be, or resolve to, a private address.
    pub allow_private_network: bool,
}

/// Where the source tells of changes.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The full URL.
    pub url: Url,
    /// What goes out in `Authorization`, if anything.
    pub token: Option<SecretString>,
    /// Whether the URL's host may be, or resolve to, a private address.
    pub allow_private_network: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The service at `url`.
    #[default]
    Http,
    /// The file `file`.
    File,
    /// The OpenFGA server at `url`.
    Openfga,
    /// The AuthZEN 1.0 decision point at `url`.
    Authzen,
    /// The token's roles and groups, by the file `file`.
    Claims,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAccess {
    /// Where permissions come from: the service at `url`, the file `file`, the OpenFGA server or
    /// the AuthZEN decision point at `url`, or the roles and groups of the token by the file
    /// `file`. `OSIER_ACCESS__ADAPTER`
    adapter: Kind,
    /// Required for `http`, `openfga` and `authzen`. The service's base URL. `OSIER_ACCESS__URL`
    url: Option<String>,
    /// For `http`: the path, below `url`, of the caller's own permissions. `OSIER_ACCESS__PATH`
    #[validate(custom(function = "pointer"))]
    path: String,
    /// Required for `http`. The audience of that service's tokens: the person's token goes there,
    /// so it must be `identity.audience`. `OSIER_ACCESS__AUDIENCE`
    audience: Option<String>,
    /// Secret. What `openfga`, `authzen` and `changes_url` are sent in `Authorization: Bearer`;
    /// nothing where it isn't set. `OSIER_ACCESS__TOKEN` or `OSIER_ACCESS__TOKEN_FILE`
    #[schemars(with = "Option<String>", extend("writeOnly" = true))]
    token: Option<SecretString>,
    /// Seconds to wait for an answer. `OSIER_ACCESS__TIMEOUT`
    #[validate(range(min = 1, max = 60))]
    timeout: u32,
    /// For `openfga` and `authzen`: milliseconds after which the service may cut a list without
    /// saying so. One that took as long isn't believed. `OSIER_ACCESS__LIST_DEADLINE_MS`
    #[validate(range(min = 50, max = 60_000))]
    list_deadline_ms: u32,
    /// Let `url` and `changes_url` be plain http, or a loopback or private address.
    /// `OSIER_ACCESS__ALLOW_PRIVATE_NETWORK`
    allow_private_network: bool,
    /// Required for `file` and `claims`. The file of permissions by person, or by role and group.
    /// `OSIER_ACCESS__FILE`
    file: Option<PathBuf>,
    /// Seconds that an answer holds for lists and reads. `OSIER_ACCESS__MAX_AGE_READ`
    #[validate(range(min = 0, max = 60))]
    max_age_read: u32,
    /// Seconds that an answer holds for writes. `OSIER_ACCESS__MAX_AGE_WRITE`
    #[validate(range(min = 0, max = 5))]
    max_age_write: u32,
    /// What the source puts in front of the definitions' permission names.
    /// `OSIER_ACCESS__NAME_PREFIX`
    name_prefix: String,
    /// The definitions' permission names and the source's, where these aren't prefix and name.
    names: BTreeMap<String, String>,
    /// Where the source tells of changes, so that they count at once. `OSIER_ACCESS__CHANGES_URL`
    changes_url: Option<String>,
    /// Where things stand in the service's answer, as JSON pointers.
    #[validate(nested)]
    fields: Fields,
    /// How an OpenFGA store is asked.
    #[validate(nested)]
    openfga: RawOpenfga,
    /// How an AuthZEN decision point is asked.
    authzen: RawAuthzen,
}

impl Default for RawAccess {
    fn default() -> Self {
        Self {
            adapter: Kind::default(),
            url: None,
            path: "/v1/me/permissions".to_owned(),
            audience: None,
            token: None,
            timeout: 5,
            list_deadline_ms: 3000,
            allow_private_network: false,
            file: None,
            max_age_read: 60,
            max_age_write: 5,
            name_prefix: String::new(),
            names: BTreeMap::new(),
            changes_url: None,
            fields: Fields::default(),
            openfga: RawOpenfga::default(),
            authzen: RawAuthzen::default(),
        }
    }
}

impl RawAccess {
    pub(super) fn resolve(self, audience: Option<&str>, report: &mut Report) -> Option<Access> {
        let max_age_read = Duration::from_secs(self.max_age_read.into());
        let max_age_write = Duration::from_secs(self.max_age_write.into());
        if max_age_write > max_age_read {
            report.say("access.max_age_write", "must not be longer than access.max_age_read");
        }
        let (name_prefix, names) = (self.name_prefix.clone(), self.names.clone());
        for (ours, _) in names.iter().filter(|(ours, theirs)| ours.is_empty() || theirs.is_empty())
        {
            report.say("access.names", format!("'{ours}': neither name may be empty"));
        }
        let changes = self.changes(report);
        let what = |what: &str, kind: &str| format!("{what}, because access.adapter is \"{kind}\"");
        let adapter = match self.adapter {
            Kind::Http => self.http(audience, report),
            Kind::File => {
                let what = what("the file of permissions", "file");
                report.require("access.file", self.file, &what).map(Adapter::File)
            }
            Kind::Claims => {
                let what = what("the file of what roles and groups stand for", "claims");
                report.require("access.file", self.file, &what).map(Adapter::Claims)
            }
            Kind::Openfga => {
                let what = what("the OpenFGA server's base URL", "openfga");
                let service = self.service(&what, report);
                let openfga = self.openfga.resolve(service, report);
                openfga.map(Box::new).map(Adapter::OpenFga)
            }
            Kind::Authzen => {
                let what = what("the decision point's base URL", "authzen");
                let service = self.service(&what, report);
                let authzen = self.authzen.resolve(service, report);
                authzen.map(Box::new).map(Adapter::AuthZen)
            }
        };
        let adapter = adapter?;
        Some(Access { adapter, max_age_read, max_age_write, name_prefix, names, changes })
    }

    fn changes(&self, report: &mut Report) -> Option<Changes> {
        let key = "access.changes_url";
        let text = self.changes_url.as_ref()?;
        if matches!(self.adapter, Kind::File | Kind::Claims) {
            report.say(key, "is not used: no service stands behind this adapter");
            return None;
        }
        let url = read_service_url(report, key, text, self.allow_private_network)?;
        let allow_private_network = self.allow_private_network;
        Some(Changes { url, token: self.token.clone(), allow_private_network })
    }

    fn service(&self, what: &str, report: &mut Report) -> Option<Service> {
        let base = report.require("access.url", self.url.clone(), what)?;
        let url = read_service_url(report, "access.url", &base, self.allow_private_network)?;
        Some(Service {
            url,
            token: self.token.clone(),
            timeout: Duration::from_secs(self.timeout.into()),
            list_deadline: Duration::from_millis(self.list_deadline_ms.into()),
            allow_private_network: self.allow_private_network,
        })
    }

    fn http(self, audience: Option<&str>, report: &mut Report) -> Option<Adapter> {
        let what = "the authorisation service's base URL, because access.adapter is \"http\"";
        let base = report.require("access.url", self.url, what).and_then(|text| {
            read_service_url(report, "access.url", &text, self.allow_private_network)
        });
        same_audience(report, "access.audience", self.audience, audience);
        Some(Adapter::Http(Box::new(HttpAdapter {
            url: below(base?, &self.path),
            timeout: Duration::from_secs(self.timeout.into()),
            fields: self.fields,
            allow_private_network: self.allow_private_network,
        })))
    }
}

/// A person's token goes only to an API of the same audience (MCP forbids any other passing on).
pub(super) fn same_audience(
    report: &mut Report,
    key: &str,
    theirs: Option<String>,
    ours: Option<&str>,
) {
    let what = "the audience that this service takes tokens for";
    let theirs = report.require(key, theirs, what);
    if let (Some(theirs), Some(ours)) = (theirs, ours)
        && theirs != ours
    {
        let says = "differs from identity.audience, so a person's token must not go there; \
                    a forwarded token goes only to services of the same audience";
        report.say(key, says);
    }
}

fn below(mut base: Url, path: &str) -> Url {
    let path = format!("{}{path}", base.path().trim_end_matches('/'));
    base.set_path(&path);
    base
}
