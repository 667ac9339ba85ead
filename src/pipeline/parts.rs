//! What a call passes through, made once at start, and what comes of a call.

use std::sync::Arc;

use crate::access::Access;
use crate::audit::Sink;
use crate::backend::Backends;
use crate::call::Stop;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::confirm::Confirmations;
use crate::response::{Bounds, Outcome};

/// What a call passes through.
pub struct Pipeline {
    /// The definitions.
    pub catalog: Arc<Catalog>,
    /// Who may do what.
    pub access: Access,
    /// The customer's services.
    pub backends: Backends,
    /// Questions and their answers.
    pub confirmations: Confirmations,
    /// Where the records go.
    pub audit: Sink,
    /// Bounds of results.
    pub bounds: Bounds,
    /// The clock.
    pub clock: Clock,
}

/// A call that was run: how it ended, and the id under which it is on record.
#[derive(Debug)]
pub struct Ran {
    /// The decision's id, as the audit record has it.
    pub decision: String,
    /// The end.
    pub end: Result<Outcome, Stop>,
}
