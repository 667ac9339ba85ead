//! What a caller may do, and where: the one rule behind list and call.
//!
//! [`Access`] asks the customer's permission service (or a file) for a [`Snapshot`] and turns it,
//! for one caller and one tool, into a [`Permit`]. Listing and calling go through the same
//! function, so that a tool is listed if and only if it may be called.

mod adapter;
mod file;
mod http;
mod permit;
mod place;
mod scopes;
mod snapshot;

pub use adapter::{Access, Adapter, Ages, Freshness};
pub use file::Assignments;
pub use http::{Fields, HttpAdapter};
pub use permit::{Denial, Denied, Permit, may, usable, visible};
pub use place::{Standing, judge, without_others};
pub use scopes::{Place, Scopes};
pub use snapshot::Snapshot;
