//! `[access]`: where permissions come from, and for how long an answer holds.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;
use validator::{Validate, ValidationError};

use super::network::read_service_url;
use super::problems::Report;

/// Where permissions come from, and for how long an answer holds.
#[derive(Clone, Debug)]
pub struct Access {
    /// The source.
    pub adapter: Adapter,
    /// How old a snapshot may be when a person lists or reads.
    pub max_age_read: Duration,
    /// How old a snapshot may be when a person writes.
    pub max_age_write: Duration,
}

/// A source of permissions.
#[derive(Clone, Debug)]
pub enum Adapter {
    /// The customer's authorisation service, asked with the person's own token.
    Http(Box<HttpAdapter>),
    /// A file of permissions by person.
    File(PathBuf),
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

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The service at `url`.
    #[default]
    Http,
    /// The file `file`.
    File,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAccess {
    /// Where permissions come from: the service at `url`, or the file `file`.
    /// `OSIER_ACCESS__ADAPTER`
    adapter: Kind,
    /// Required for `http`. The authorisation service's base URL. `OSIER_ACCESS__URL`
    url: Option<String>,
    /// The path, below `url`, of the caller's own permissions. `OSIER_ACCESS__PATH`
    #[validate(custom(function = "pointer"))]
    path: String,
    /// Required for `http`. The audience of that service's tokens: the person's token goes there,
    /// so it must be `identity.audience`. `OSIER_ACCESS__AUDIENCE`
    audience: Option<String>,
    /// Seconds to wait for an answer. `OSIER_ACCESS__TIMEOUT`
    #[validate(range(min = 1, max = 60))]
    timeout: u32,
    /// Let `url` be plain http, or a loopback or private address.
    /// `OSIER_ACCESS__ALLOW_PRIVATE_NETWORK`
    allow_private_network: bool,
    /// Required for `file`. The file of permissions by person. `OSIER_ACCESS__FILE`
    file: Option<PathBuf>,
    /// Seconds that an answer holds for lists and reads. `OSIER_ACCESS__MAX_AGE_READ`
    #[validate(range(min = 0, max = 60))]
    max_age_read: u32,
    /// Seconds that an answer holds for writes. `OSIER_ACCESS__MAX_AGE_WRITE`
    #[validate(range(min = 0, max = 5))]
    max_age_write: u32,
    /// Where things stand in the service's answer, as JSON pointers.
    #[validate(nested)]
    fields: Fields,
}

/// Where things stand in the authorisation service's answer: JSON pointers (RFC 6901).
#[derive(Clone, Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// In the answer: the person's object id. `OSIER_ACCESS__FIELDS__SUBJECT`
    #[validate(custom(function = "pointer"))]
    pub subject: String,
    /// In the answer: the person's tenant. `OSIER_ACCESS__FIELDS__TENANT`
    #[validate(custom(function = "pointer"))]
    pub tenant: String,
    /// In the answer: the list of permissions. `OSIER_ACCESS__FIELDS__PERMISSIONS`
    #[validate(custom(function = "pointer"))]
    pub permissions: String,
    /// In a permission: its name. `OSIER_ACCESS__FIELDS__NAME`
    #[validate(custom(function = "pointer"))]
    pub name: String,
    /// In a permission: whether it holds everywhere. `OSIER_ACCESS__FIELDS__GLOBAL`
    #[validate(custom(function = "pointer"))]
    pub global: String,
    /// In a permission: the list of places. `OSIER_ACCESS__FIELDS__SCOPES`
    #[validate(custom(function = "pointer"))]
    pub scopes: String,
    /// In a place: its type, `site` or `location`. `OSIER_ACCESS__FIELDS__TYPE`
    #[serde(rename = "type")]
    #[validate(custom(function = "pointer"))]
    pub kind: String,
    /// In a place: its id. `OSIER_ACCESS__FIELDS__ID`
    #[validate(custom(function = "pointer"))]
    pub id: String,
    /// In a location: the site that it is part of. `OSIER_ACCESS__FIELDS__SITE_ID`
    #[validate(custom(function = "pointer"))]
    pub site_id: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            subject: "/subject".to_owned(),
            tenant: "/tenant".to_owned(),
            permissions: "/permissions".to_owned(),
            name: "/name".to_owned(),
            global: "/global".to_owned(),
            scopes: "/scopes".to_owned(),
            kind: "/type".to_owned(),
            id: "/id".to_owned(),
            site_id: "/siteId".to_owned(),
        }
    }
}

impl Default for RawAccess {
    fn default() -> Self {
        Self {
            adapter: Kind::default(),
            url: None,
            path: "/v1/me/permissions".to_owned(),
            audience: None,
            timeout: 5,
            allow_private_network: false,
            file: None,
            max_age_read: 60,
            max_age_write: 5,
            fields: Fields::default(),
        }
    }
}

fn pointer(text: &str) -> Result<(), ValidationError> {
    let plain = text.starts_with('/') && !text.contains(['?', '#', ' ']);
    let says = "must begin with / and hold no spaces, ? or #";
    if plain { Ok(()) } else { Err(ValidationError::new("pointer").with_message(says.into())) }
}

impl RawAccess {
    pub(super) fn resolve(self, audience: Option<&str>, report: &mut Report) -> Option<Access> {
        let max_age_read = Duration::from_secs(self.max_age_read.into());
        let max_age_write = Duration::from_secs(self.max_age_write.into());
        if max_age_write > max_age_read {
            report.say("access.max_age_write", "must not be longer than access.max_age_read");
        }
        let adapter = match self.adapter {
            Kind::Http => self.resolve_http(audience, report),
            Kind::File => {
                let what = "the file of permissions, because access.adapter is \"file\"";
                report.require("access.file", self.file, what).map(Adapter::File)
            }
        };
        Some(Access { adapter: adapter?, max_age_read, max_age_write })
    }

    fn resolve_http(self, audience: Option<&str>, report: &mut Report) -> Option<Adapter> {
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
