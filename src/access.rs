//! What a caller may do, and where.

mod file;
mod scopes;

pub use file::Assignments;
pub use scopes::{Place, Scopes};
