//! What a caller may do, and where: the one rule behind list and call.
//!
//! [`Access`] asks the customer's permission service (or a file, or the token) for a [`Snapshot`] and
//! turns it, for one caller and one tool, into a [`Permit`]. Listing and calling go through the same
//! function, so that a tool is listed if and only if it may be called.

mod adapter;
mod authzen;
mod changes;
mod claims;
mod feed;
mod file;
mod http;
mod names;
mod openfga;
mod permit;
mod place;
mod scopes;
mod service;
mod snapshot;
mod source;
mod subject;
mod unavailable;

pub use adapter::{Access, Ages, Freshness};
pub use authzen::AuthZen;
pub use changes::Altered;
pub use claims::ClaimRules;
pub use feed::Feed;
pub use file::Assignments;
pub use http::{Fields, HttpAdapter};
pub use names::Names;
pub use openfga::OpenFga;
pub use permit::{Decision, Denial, Denied, Held, Permit, decide, may, usable, visible};
pub use place::{Standing, judge, without_others};
pub use scopes::{Place, Pushed, Scopes};
pub use service::{Objects, Service};
pub use snapshot::Snapshot;
pub use source::{Adapter, Source};
pub use subject::Subject;
pub use unavailable::Unavailable;
