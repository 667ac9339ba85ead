//! `[access.openfga]` and `[access.authzen]`: sources that are asked, permission by permission, for
//! the places where a person holds it.

use std::time::Duration;

use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;
use validator::Validate;

use crate::config::problems::Report;

/// The service that is asked.
#[derive(Clone, Debug)]
pub struct Service {
    /// What every path is put behind.
    pub url: Url,
    /// What goes out in `Authorization`, if anything.
    pub token: Option<SecretString>,
    /// How long all questions about one person may take together.
    pub timeout: Duration,
    /// A list that took as long may be cut.
    pub list_deadline: Duration,
    /// Whether the URL's host may be, or resolve to, a private address.
    pub allow_private_network: bool,
}

/// How places are called there.
#[derive(Clone, Debug)]
pub struct Objects {
    /// The type of sites.
    pub site: String,
    /// The type of locations, if there are any.
    pub location: Option<String>,
    /// What stands between site and location in a location's id.
    pub separator: String,
    /// Type and id of what stands for everywhere, with `{tid}` and `{oid}`.
    pub global: Option<(String, String)>,
}

/// An OpenFGA store.
#[derive(Clone, Debug)]
pub struct OpenFga {
    /// The server.
    pub service: Service,
    /// The store's id.
    pub store: String,
    /// The model's id; the newest where there is none.
    pub model: Option<String>,
    /// The person there, with `{oid}` and `{tid}`.
    pub user: String,
    /// The places there.
    pub objects: Objects,
    /// A list of exactly so many was cut; 0 where the server cuts none.
    pub max_results: usize,
}

/// A decision point.
#[derive(Clone, Debug)]
pub struct AuthZen {
    /// The server.
    pub service: Service,
    /// The type of people.
    pub subject_type: String,
    /// The person there, with `{oid}` and `{tid}`.
    pub subject_id: String,
    /// The places there.
    pub objects: Objects,
    /// Sites, and locations behind their site, that are asked for one by one.
    pub places: Vec<(String, Option<String>)>,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawOpenfga {
    /// Required for `openfga`. The store's id. `OSIER_ACCESS__OPENFGA__STORE`
    store: Option<String>,
    /// The authorization model's id; the store's newest where it isn't set.
    /// `OSIER_ACCESS__OPENFGA__MODEL`
    model: Option<String>,
    /// The person, with `{oid}` and `{tid}`. `OSIER_ACCESS__OPENFGA__USER`
    user: String,
    /// The type of sites. `OSIER_ACCESS__OPENFGA__SITE_TYPE`
    site_type: String,
    /// The type of locations below a site; empty where there are none.
    /// `OSIER_ACCESS__OPENFGA__LOCATION_TYPE`
    location_type: String,
    /// What stands between site and location in a location's id.
    /// `OSIER_ACCESS__OPENFGA__LOCATION_SEPARATOR`
    location_separator: String,
    /// The object on which a permission means everywhere, with `{tid}`: `TYPE:ID`.
    /// `OSIER_ACCESS__OPENFGA__GLOBAL`
    global: Option<String>,
    /// A list of exactly so many objects was cut by the server; 0 where it cuts none.
    /// `OSIER_ACCESS__OPENFGA__MAX_RESULTS`
    #[validate(range(min = 0, max = 1_000_000))]
    max_results: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAuthzen {
    /// The type of people. `OSIER_ACCESS__AUTHZEN__SUBJECT_TYPE`
    subject_type: String,
    /// The person's id, with `{oid}` and `{tid}`. `OSIER_ACCESS__AUTHZEN__SUBJECT_ID`
    subject_id: String,
    /// The type of sites. `OSIER_ACCESS__AUTHZEN__SITE_TYPE`
    site_type: String,
    /// The type of locations below a site; empty where there are none.
    /// `OSIER_ACCESS__AUTHZEN__LOCATION_TYPE`
    location_type: String,
    /// What stands between site and location in a location's id.
    /// `OSIER_ACCESS__AUTHZEN__LOCATION_SEPARATOR`
    location_separator: String,
    /// The resource on which a permission means everywhere, with `{tid}`: `TYPE:ID`.
    /// `OSIER_ACCESS__AUTHZEN__GLOBAL`
    global: Option<String>,
    /// Every site, and every location as site, separator and location, where the decision point
    /// offers no resource search: each is asked for. `OSIER_ACCESS__AUTHZEN__PLACES`
    places: Vec<String>,
}

impl Default for RawOpenfga {
    fn default() -> Self {
        Self {
            store: None,
            model: None,
            user: "user:{oid}".to_owned(),
            site_type: "site".to_owned(),
            location_type: "location".to_owned(),
            location_separator: "/".to_owned(),
            global: None,
            max_results: 1000,
        }
    }
}

impl Default for RawAuthzen {
    fn default() -> Self {
        Self {
            subject_type: "user".to_owned(),
            subject_id: "{oid}".to_owned(),
            site_type: "site".to_owned(),
            location_type: "location".to_owned(),
            location_separator: "/".to_owned(),
            global: None,
            places: Vec::new(),
        }
    }
}

impl RawOpenfga {
    pub(super) fn resolve(self, service: Option<Service>, report: &mut Report) -> Option<OpenFga> {
        let what = "the store's id, because access.adapter is \"openfga\"";
        let store = report.require("access.openfga.store", self.store, what);
        names_the_person("access.openfga.user", &self.user, report);
        let raw = (self.site_type, self.location_type, self.location_separator, self.global);
        let objects = objects("access.openfga", raw, report);
        Some(OpenFga {
            service: service?,
            store: store?,
            model: self.model,
            user: self.user,
            objects: objects?,
            max_results: usize::try_from(self.max_results).ok()?,
        })
    }
}

impl RawAuthzen {
    pub(super) fn resolve(self, service: Option<Service>, report: &mut Report) -> Option<AuthZen> {
        names_the_person("access.authzen.subject_id", &self.subject_id, report);
        let raw = (self.site_type, self.location_type, self.location_separator, self.global);
        let objects = objects("access.authzen", raw, report)?;
        let mut places = Vec::new();
        for (at, place) in self.places.iter().enumerate() {
            let key = format!("access.authzen.places.{at}");
            let (site, location) = match place.split_once(&objects.separator) {
                Some((site, location)) => (site, Some(location.to_owned())),
                None => (place.as_str(), None),
            };
            if site.is_empty() || location.as_ref().is_some_and(String::is_empty) {
                report.say(&key, "must be a site, or a site, the separator and a location");
            } else if location.is_some() && objects.location.is_none() {
                report.say(&key, "is a location, and access.authzen.location_type is empty");
            }
            places.push((site.to_owned(), location));
        }
        Some(AuthZen {
            service: service?,
            subject_type: self.subject_type,
            subject_id: self.subject_id,
            objects,
            places,
        })
    }
}

/// Without the person's id in it, everybody would be the same person.
fn names_the_person(key: &str, template: &str, report: &mut Report) {
    if !template.contains("{oid}") {
        report.say(key, "must hold {oid}, the person's object id");
    }
}

type Raw = (String, String, String, Option<String>);

fn objects(
    section: &str,
    (site, location, separator, global): Raw,
    report: &mut Report,
) -> Option<Objects> {
    if site.is_empty() {
        report.say(&format!("{section}.site_type"), "must not be empty");
    }
    if !location.is_empty() && separator.is_empty() {
        let says = "must not be empty: a location without its site isn't held";
        report.say(&format!("{section}.location_separator"), says);
        return None;
    }
    let global = match global {
        None => None,
        Some(text) => match text.split_once(':') {
            Some((kind, id)) if !kind.is_empty() && !id.is_empty() => {
                Some((kind.to_owned(), id.to_owned()))
            }
            _ => {
                report.say(&format!("{section}.global"), "must be TYPE:ID, such as tenant:{tid}");
                return None;
            }
        },
    };
    let location = (!location.is_empty()).then_some(location);
    Some(Objects { site, location, separator, global })
}
