//! What a caller may do, and where.

mod scopes;

pub use scopes::{Place, Scopes};
