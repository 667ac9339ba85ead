//! The sources of permissions and how each is asked. [`Source::ask`] is the one way from a subject to a
//! [`Snapshot`]; the cache in front of it is [`Access`](super::Access)'s.

use std::collections::BTreeSet;

use crate::clock::Clock;

use super::authzen::AuthZen;
use super::claims::ClaimRules;
use super::file::Assignments;
use super::http::{HttpAdapter, Told};
use super::names::Names;
use super::openfga::OpenFga;
use super::snapshot::Snapshot;
use super::subject::Subject;
use super::unavailable::Unavailable;

/// The kinds of sources.
#[derive(Debug)]
pub enum Adapter {
    /// The customer's permission service.
    Http(Box<HttpAdapter>),
    /// A file of assignments.
    File(Assignments),
    /// An OpenFGA store.
    OpenFga(Box<OpenFga>),
    /// A decision point of AuthZEN 1.0.
    AuthZen(Box<AuthZen>),
    /// The token's own roles and groups.
    Claims(ClaimRules),
}

/// A source, with what it is asked for.
#[derive(Debug)]
pub struct Source {
    /// Its kind.
    pub adapter: Adapter,
    /// How it calls our permissions.
    pub names: Names,
    /// The permissions that the definitions know, by our names: what can't be enumerated is asked
    /// for these alone.
    pub known: BTreeSet<String>,
    /// The time of everything.
    pub clock: Clock,
}

impl Source {
    /// Has it answered, or need it not be asked?
    pub(super) async fn reachable(&self) -> bool {
        match &self.adapter {
            Adapter::Http(http) => http.reachable().await,
            Adapter::OpenFga(openfga) => openfga.service.reachable().await,
            Adapter::AuthZen(authzen) => authzen.service.reachable().await,
            Adapter::File(_) | Adapter::Claims(_) => true,
        }
    }

    /// Two tokens of one person may say different things, so that an answer is for one token.
    pub(super) fn is_of_the_token(&self) -> bool {
        matches!(self.adapter, Adapter::Claims(_))
    }

    /// What the source says of somebody now. `strong`: past caches of the source's own.
    pub(super) async fn ask(
        &self,
        who: &Subject<'_>,
        strong: bool,
    ) -> Result<Snapshot, Unavailable> {
        // The moment before the question, so that an answer is never called younger than it is.
        let asked_at = self.clock.unix_millis();
        let mut told = Told::default();
        let grants = match &self.adapter {
            Adapter::Http(http) => {
                told = http.permissions(who).await?;
                self.names.translate(std::mem::take(&mut told.grants))
            }
            Adapter::File(assignments) => self.names.translate(assignments.grants(who.oid)),
            Adapter::Claims(rules) => self.names.translate(rules.grants(who)?),
            Adapter::OpenFga(openfga) => {
                openfga.permissions(who, &self.names.pairs(&self.known), strong).await?
            }
            Adapter::AuthZen(authzen) => {
                authzen.permissions(who, &self.names.pairs(&self.known)).await?
            }
        };
        let snapshot = Snapshot::new(grants, asked_at).told(told.version, told.expires_at);
        if !snapshot.holds_at(asked_at) {
            return Err(Unavailable::new(
                "the answer had expired when it came: compare the clocks, or a cache in between",
            ));
        }
        // Only OpenFGA can be asked either way.
        let strong = strong || !matches!(self.adapter, Adapter::OpenFga(_));
        Ok(snapshot.asked(strong, 0))
    }
}
