//! `[clients]`: which clients may ask people to sign in, and where they may be sent back to. What
//! `/register` and `/authorize` judge with is read here, so that an unsafe line is a problem at
//! start and not an open door later.

mod defaults;
mod document_id;
mod moment;
mod redirect;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

use super::problems::Report;
pub use document_id::{DocumentId, DocumentIdFault, DocumentIds};
pub use redirect::{RedirectFault, RedirectRule, RedirectRules, RedirectUri};

/// Which clients may ask people to sign in, and where they may be sent back to.
#[derive(Clone, Debug)]
pub struct Clients {
    /// Where a browser may be sent with an authorization code, whichever client asks.
    pub redirects: RedirectRules,
    /// The clients that are named by their metadata document (CIMD).
    pub documents: DocumentIds,
    /// Whether the documents of the built-in clients are fetched too.
    pub fetch_known: bool,
    /// Whether clients may register themselves (RFC 7591).
    pub registration: bool,
    /// How long a registration holds.
    pub registration_life: Duration,
    /// Registrations before this moment are void, in unix seconds; 0 voids none.
    pub not_before: u64,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawClients {
    /// Where a browser may be sent with an authorization code, whichever client asks. The whole
    /// list: what isn't in it is refused. `OSIER_CLIENTS__REDIRECT_URIS`
    redirect_uris: Vec<String>,
    /// Clients that are named by their metadata document: its exact `https://` address.
    /// `OSIER_CLIENTS__CIMD`
    cimd: Vec<String>,
    /// Fetch the documents of the built-in clients too, and take the built-in copy only where that
    /// fails. `OSIER_CLIENTS__FETCH_KNOWN`
    fetch_known: bool,
    /// Let clients register themselves at `/register`. Where not, registrations that were made
    /// before don't count either. `OSIER_CLIENTS__REGISTRATION`
    registration: bool,
    /// Days that a registration holds. `OSIER_CLIENTS__REGISTRATION_DAYS`
    #[validate(range(min = 1, max = 3650))]
    registration_days: u32,
    /// Registrations before this moment are void: RFC 3339, or unix seconds.
    /// `OSIER_CLIENTS__NOT_BEFORE`
    not_before: moment::Moment,
}

impl Default for RawClients {
    fn default() -> Self {
        Self {
            redirect_uris: defaults::REDIRECT_URIS.map(str::to_owned).to_vec(),
            cimd: defaults::CIMD.map(str::to_owned).to_vec(),
            fetch_known: false,
            registration: true,
            registration_days: 400,
            not_before: moment::Moment::default(),
        }
    }
}

impl RawClients {
    pub(super) fn resolve(self, report: &mut Report) -> Option<Clients> {
        let redirects = each(report, "clients.redirect_uris", &self.redirect_uris, |line| {
            RedirectRule::parse(line).map_err(|fault| fault.to_string())
        });
        if self.redirect_uris.is_empty() && !report.is_spoiled("clients.redirect_uris") {
            let says = "is empty, which would refuse every client; leave it out for the usual ones";
            report.say("clients.redirect_uris", says);
        }
        let documents = each(report, "clients.cimd", &self.cimd, |line| {
            DocumentIds::check(line).map_err(|fault| fault.to_string())
        });
        let not_before = self.not_before.unix_seconds();
        if not_before.is_none() {
            let says = "must be a moment such as 2026-11-01T00:00:00Z, or unix seconds";
            report.say("clients.not_before", says);
        }
        Some(Clients {
            redirects: RedirectRules::new(redirects?),
            documents: DocumentIds::new(documents?),
            fetch_known: self.fetch_known,
            registration: self.registration,
            registration_life: Duration::from_hours(24 * u64::from(self.registration_days)),
            not_before: not_before?,
        })
    }
}

/// Reads each line of a list; every faulty one is a problem.
fn each<T>(
    report: &mut Report,
    key: &str,
    lines: &[String],
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<Vec<T>> {
    let read: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| read(line).map_err(|says| report.say(&format!("{key}.{at}"), says)).ok())
        .collect();
    read.into_iter().collect()
}
