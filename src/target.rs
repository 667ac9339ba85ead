//! The records that a call names: read now, inside the scope, with their entity tags.
//!
//! A record that is missing and one that lies out of scope end alike; in a list of ids such a one is
//! left out, and told by its place. The stage reads through
//! [`Source`], which the backends implement; it never writes.

mod batch;
mod fill;
mod locate;

pub use fill::{Fill, Record, Records, Taken};
pub use locate::locate;

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use serde_json::Value;

use crate::call::Refusal;
use crate::catalog::SafeRequest;
use crate::request::Checked;

/// Somewhere that safe requests can be sent to.
pub trait Source: Send + Sync {
    /// Sends a request that only reads to the named backend.
    fn read<'a>(
        &'a self,
        backend: &'a str,
        request: &'a SafeRequest,
        fill: Fill<'a>,
    ) -> BoxFuture<'a, Result<Reply, Refusal>>;
}

/// What a service answered to a request that only reads.
#[derive(Clone, Default)]
pub struct Reply {
    /// The JSON body; null where there was none.
    pub body: Value,
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The service said that parts of it are missing.
    pub partial: bool,
    /// The HTTP status.
    pub status: u16,
    /// The token under which the service has this very page again, where it keeps it.
    pub again: Option<String>,
}

/// Checked arguments with every record that they name. Only [`locate`] makes it.
#[derive(Debug)]
pub struct Located {
    checked: Checked,
    records: Records,
    ancestors: BTreeSet<String>,
    missing: Vec<String>,
}

impl Located {
    /// The checked arguments.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The records, by the argument that named them.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The ids above the scope's own places, for an answer that keeps the way up to them.
    pub fn ancestors(&self) -> &BTreeSet<String> {
        &self.ancestors
    }

    /// The places in lists of ids (`twinIds.3`) of which nothing was found for this caller:
    /// unknown, hidden and unreadable alike.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// What fills the holes of the tool's own request.
    pub fn fill(&self) -> Fill<'_> {
        Fill::of(&self.checked, &self.records)
    }
}
