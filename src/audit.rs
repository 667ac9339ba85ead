//! What was about to happen, and what happened: one JSON line a run.
//!
//! The record opens with the call and is written when it drops, through a slot that was reserved
//! at the start, so that a cancelled or panicked call still leaves one. Before a write the intent
//! is accepted by the sink, awaited. No argument values, results, tokens or full e-mails.

mod end;
mod record;
mod sink;

pub use end::End;
pub use record::{Confirmation, Record, Stage};
pub use sink::{Line, Sink, SinkClosed, Writing};
