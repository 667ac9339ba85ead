//! The sample authorisation service: what the caller may do and where, from assignments in the
//! `file` adapter's format. A test replaces the assignments while it runs, or spoils its answers.

mod changes;

pub(super) use changes::{CHANGES_PATH, changes};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::bearer::Caller;
use super::claims::short_digest;
use super::people::TENANT_ID;
use super::problem::Problem;
use super::services::Services;
use super::wire::{Fault, Wire};
use crate::access::{Assignments, Scopes};

/// The path of the one question that it answers, below the services' base URL.
pub const PERMISSIONS_PATH: &str = "/authz/v1/me/permissions";

type Spoil = Box<dyn Fn(&mut Value) + Send + Sync>;

/// The authorisation service's handle. Clones are the same service.
#[derive(Clone)]
pub struct Authz(Arc<Inner>);

struct Inner {
    assignments: RwLock<Assignments>,
    history: changes::History,
    spoil: Mutex<Option<Spoil>>,
    wire: Wire,
}

impl Authz {
    pub(super) fn new(assignments: Assignments, wire: Wire) -> Self {
        let assignments = RwLock::new(assignments);
        let history = changes::History::new();
        Self(Arc::new(Inner { assignments, history, spoil: Mutex::default(), wire }))
    }

    /// Replaces who may do what, from now on; all problems of the text at once, and then nothing
    /// changes.
    pub fn replace(&self, yaml: &str) -> Result<(), Vec<String>> {
        let assignments = Assignments::from_yaml(yaml)?;
        let mut present = self.0.assignments.write().unwrap_or_else(PoisonError::into_inner);
        let people: BTreeSet<&str> = present.people().chain(assignments.people()).collect();
        let other = |oid: &&str| {
            present.knows(oid) != assignments.knows(oid)
                || present.grants(oid) != assignments.grants(oid)
        };
        let affected = people.into_iter().filter(other).map(str::to_owned).collect();
        *present = assignments;
        self.0.history.add(affected);
        Ok(())
    }

    /// The path of its feed of changes, below the services' base URL, was asked so often.
    pub fn feed_hits(&self) -> usize {
        self.0.wire.count(CHANGES_PATH)
    }

    fn history(&self) -> changes::History {
        self.0.history.clone()
    }

    /// What a person holds now. The strict services ask this too.
    pub fn grants(&self, oid: &str) -> BTreeMap<String, Scopes> {
        self.0.assignments.read().unwrap_or_else(PoisonError::into_inner).grants(oid)
    }

    /// Alters every answer before it is sent: a lost `global`, a scope without its id, …
    pub fn spoil(&self, alter: impl Fn(&mut Value) + Send + Sync + 'static) {
        *self.0.spoil.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(alter));
    }

    /// Makes it fail or wait until [`Authz::heal`].
    pub fn inject(&self, fault: Fault) {
        self.0.wire.inject(PERMISSIONS_PATH, fault);
    }

    /// Ends the spoiling of answers and the injected faults of both sample services.
    pub fn heal(&self) {
        *self.0.spoil.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.wire.heal();
    }

    /// How often it was asked since the start or the last `wire().forget()`.
    pub fn hits(&self) -> usize {
        self.0.wire.count(PERMISSIONS_PATH)
    }

    /// The answer of `/v1/me/permissions` without its `expiresAt`; nothing for a stranger.
    fn snapshot(&self, oid: &str) -> Option<Value> {
        let assignments = self.0.assignments.read().unwrap_or_else(PoisonError::into_inner);
        if !assignments.knows(oid) {
            return None;
        }
        let permissions: Vec<Value> =
            assignments.grants(oid).iter().map(|(name, scopes)| permission(name, scopes)).collect();
        Some(json!({
            "subject": oid,
            "tenant": TENANT_ID,
            "version": self.0.history.version(),
            "permissions": permissions,
        }))
    }
}

fn permission(name: &str, scopes: &Scopes) -> Value {
    let sites = scopes
        .sites()
        .map(|site| json!({"type": "site", "id": site, "siteId": site, "inherit": true}));
    let locations = scopes
        .locations()
        .map(|(id, site)| json!({"type": "location", "id": id, "siteId": site, "inherit": true}));
    let scopes_of: Vec<Value> = sites.chain(locations).collect();
    json!({"name": name, "global": scopes.is_global(), "scopes": scopes_of})
}

/// `GET /authz/v1/me/permissions`
pub(super) async fn my_permissions(
    State(services): State<Services>,
    caller: Caller,
    headers: HeaderMap,
) -> Response {
    let authz = services.authz();
    let Some(mut answer) = authz.snapshot(&caller.oid) else {
        return Problem::forbidden("This person is not known here.").into_response();
    };
    let etag = format!("\"{}\"", short_digest(answer.to_string().as_bytes()));
    let cache = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, "private, max-age=60")];
    let held = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let spoil = authz.0.spoil.lock().unwrap_or_else(PoisonError::into_inner);
    let unchanged = held.is_some_and(|held| held.split(',').any(|one| one.trim() == etag));
    if unchanged && spoil.is_none() {
        return (StatusCode::NOT_MODIFIED, cache).into_response();
    }
    let expires = DateTime::<Utc>::from(services.clock().now() + Duration::from_mins(5));
    if let Value::Object(fields) = &mut answer {
        let expires = expires.to_rfc3339_opts(SecondsFormat::Secs, true);
        fields.insert("expiresAt".to_owned(), Value::String(expires));
    }
    if let Some(alter) = &*spoil {
        alter(&mut answer);
    }
    (cache, Json(answer)).into_response()
}
