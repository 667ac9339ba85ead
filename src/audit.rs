//! What was about to happen, and what happened: one JSON line a record, chained by hashes.
//!
//! The record of a call opens with it and is written when it drops, through a slot that was reserved
//! at the start, so that a cancelled or panicked call still leaves one. Before a write the intent
//! is accepted by the sink, awaited. No argument values, results, tokens or full e-mails.
//! `docs/AUDIT.md` has every field, and [`verify`] finds what was done to the lines afterwards.

mod batch;
mod chain;
mod denials;
mod end;
mod event;
mod file;
mod out;
mod record;
mod sink;
mod state;
mod tail;
pub mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub use chain::{Digest, Head};
pub use denials::Denials;
pub use end::End;
pub use event::{Cause, Change, Settled, configuration};
pub use record::{Confirmation, Record, Stage};
pub use sink::{Sink, SinkClosed, Terms, Writing};
