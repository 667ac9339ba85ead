//! Osier, an MCP server for one customer's building operations.
//!
//! ```text
//! HTTP middleware   identity.authenticate   credential -> Identity
//! pipeline::run
//!   access.authorize    who + tool            -> Permit (with Scopes)
//!   request.check       Permit, arguments     -> Checked
//!   target.locate       Checked               -> Located
//!   confirm.decide      Located, answer?      -> Consent
//!   backend.execute     Consent               -> RawResult
//!   scope.apply         RawResult             -> Scoped
//!   response.check      Scoped                -> Outcome
//! ```
//!
//! Imports point one way: front doors, the pipeline, the stages, definitions and foundations.

pub mod aadsts;
pub mod access;
pub mod admission;
pub mod app;
pub mod audit;
pub mod backend;
pub mod call;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod clock;
pub mod config;
pub mod confirm;
#[cfg(feature = "demo")]
pub mod demo;
pub mod doctor;
mod dumps;
pub mod entra;
pub mod error;
pub mod explain;
pub mod health;
pub mod identity;
pub mod import;
pub mod mcp;
pub mod middleware;
pub mod oauth;
pub mod outbound;
pub mod pipeline;
pub mod private;
pub mod request;
pub mod response;
pub mod router;
pub mod scope;
pub mod seal;
pub mod store;
pub mod target;
pub mod telemetry;
pub mod tools_page;
