//! Cursors: opaque, sealed, bound to person, tool, filter and scope.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{Permit, Scopes};
use crate::call::Refusal;
use crate::clock::Clock;
use crate::seal::{KeyRing, Purpose};

use super::canonical::digest;

/// A cursor opens for this long.
const LIFE_SECONDS: u64 = 60 * 60;

/// Where in a list a call goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The page's number, for a service that numbers its pages; none on the first.
    #[serde(rename = "p", skip_serializing_if = "Option::is_none", default)]
    pub page: Option<u64>,
    /// The service's continuation token; none on the first page.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
    /// How many of that page's rows were already given, counted before any were dropped.
    #[serde(rename = "s", default)]
    pub given: usize,
}

impl Position {
    /// The start of a list.
    pub fn start() -> Self {
        Self::default()
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    /// Who, which tool, which filter, which scope.
    bound: String,
    expires: u64,
    #[serde(flatten)]
    position: Position,
    /// Fills up to a step of length, so that the cursor's own length doesn't tell how far into the
    /// service's rows it leads.
    #[serde(default)]
    pad: String,
}

/// The steps of length that cursors come in, in bytes.
const STEP: usize = 128;

pub(super) fn seal(
    position: Position,
    permit: &Permit,
    filter: &str,
    keys: &KeyRing,
    clock: &Clock,
) -> Result<String, Refusal> {
    let expires = clock.unix_seconds() + LIFE_SECONDS;
    let bound = bound_to(permit, filter);
    let mut sealed = Sealed { bound, expires, position, pad: String::new() };
    let length = serde_json::to_vec(&sealed).map_err(|_| Refusal::Internal)?.len();
    sealed.pad = " ".repeat(length.next_multiple_of(STEP) - length);
    keys.seal(Purpose::Cursor, &sealed).map_err(|_| Refusal::Internal)
}

pub(super) fn open(
    text: &str,
    permit: &Permit,
    filter: &str,
    keys: &KeyRing,
    clock: &Clock,
) -> Result<Position, Refusal> {
    let sealed: Sealed = keys.open(Purpose::Cursor, text).map_err(|_| Refusal::InvalidCursor)?;
    if sealed.bound == bound_to(permit, filter) && clock.unix_seconds() < sealed.expires {
        Ok(sealed.position)
    } else {
        Err(Refusal::InvalidCursor)
    }
}

fn bound_to(permit: &Permit, filter: &str) -> String {
    let person = permit.identity().person_key();
    digest(&json!([
        person.tenant(),
        person.subject(),
        permit.tool().id.to_string(),
        filter,
        scope_text(permit.scopes()),
    ]))
}

fn scope_text(scopes: &Scopes) -> serde_json::Value {
    let locations: Vec<_> = scopes.locations().collect();
    json!([scopes.is_global(), scopes.sites().collect::<Vec<_>>(), locations])
}
