//! What outlives a change of the settings: sessions, what was used, the calls that run; and parts whose
//! settings stayed as they were, with what they have learnt. `assembly` takes from here before it makes
//! a part anew.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Means;
use super::limits::Taken;
use crate::access::Access;
use crate::audit::Denials;
use crate::backend::Backends;
use crate::config::{Config, Fingerprint};
use crate::identity::Authenticator;
use crate::mcp::Door;
use crate::oauth::client::Clients;
use crate::oauth::families::Families;
use crate::oauth::seen::Seen;

/// What lasts as long as the process.
#[derive(Clone)]
pub(super) struct Lasting {
    pub(super) means: Means,
    pub(super) running: TaskTracker,
    pub(super) streams: CancellationToken,
    pub(super) stopping: CancellationToken,
    pub(super) seen: Arc<Seen>,
    pub(super) families: Arc<Families>,
    pub(super) denials: Denials,
}

/// The parts of one assembly, for the next one to take over.
pub(super) struct Parts {
    pub(super) fingerprint: Fingerprint,
    pub(super) known: BTreeSet<String>,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) access: Arc<Access>,
    pub(super) backends: Arc<Backends>,
    pub(super) clients: Option<Arc<Clients>>,
    pub(super) door: Arc<Door>,
    pub(super) taken: Taken,
}

impl Lasting {
    pub(super) fn new(means: Means) -> Self {
        let families = Arc::new(Families::new(&means.store));
        let denials = Denials::new(means.audit.clone(), means.clock.clone());
        Self {
            means,
            denials,
            running: TaskTracker::new(),
            streams: CancellationToken::new(),
            stopping: CancellationToken::new(),
            seen: Arc::default(),
            families,
        }
    }
}

impl Parts {
    fn same(&self, config: &Config, sections: &[&str]) -> bool {
        sections.iter().all(|section| config.fingerprint.same_section(&self.fingerprint, section))
    }

    /// The signing keys and the tokens that were verified with them.
    pub(super) fn authenticator(&self, config: &Config) -> Option<Arc<Authenticator>> {
        self.same(config, &["identity"]).then(|| Arc::clone(&self.authenticator))
    }

    /// The permission source and its cache. A file of permissions is read anew each time.
    pub(super) fn access(&self, config: &Config, known: &BTreeSet<String>) -> Option<Arc<Access>> {
        let is_file = config.access.adapter.file().is_some();
        let same = !is_file && self.known == *known && self.same(config, &["access"]);
        same.then(|| Arc::clone(&self.access))
    }

    /// The services' clients, with what is known of their health.
    pub(super) fn backends(&self, config: &Config) -> Option<Arc<Backends>> {
        let same = self.same(config, &["backends", "identity", "auth", "limits"]);
        same.then(|| Arc::clone(&self.backends))
    }

    /// What is taken of the limits.
    pub(super) fn taken(&self, config: &Config) -> Option<Taken> {
        self.same(config, &["limits"]).then(|| self.taken.clone())
    }

    /// The sign-in's clients, with their budgets and documents.
    pub(super) fn clients(&self, config: &Config) -> Option<Arc<Clients>> {
        self.same(config, &["clients", "keys"]).then(|| self.clients.clone()).flatten()
    }
}
