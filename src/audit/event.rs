//! Records that are of no single call: of the chain itself, of the configuration, and of what isn't
//! on record.

use std::time::SystemTime;

use serde::Serialize;

use super::chain::Joins;
use super::sink::Sink;
use super::state::Gap;
use crate::clock::Clock;

/// The version of the lines' form.
const FORMAT: u32 = 1;
/// Most names of changed settings in one record.
const NAMES: usize = 100;

/// The first line of a process, and the first one in a further file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Opening {
    kind: &'static str,
    ts: String,
    format: u32,
    version: &'static str,
    /// What the file held before.
    #[serde(skip_serializing_if = "Option::is_none")]
    joins: Option<Joins>,
}

impl Opening {
    pub(super) fn line(clock: &Clock, is_start: bool, joins: Joins) -> String {
        let kind = if is_start { "start" } else { "continued" };
        let version = env!("CARGO_PKG_VERSION");
        let joins = joins.some();
        text(&Self { kind, ts: timestamp(clock.now()), format: FORMAT, version, joins })
    }
}

/// The last line of a process that ended in order.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Closing {
    kind: &'static str,
    ts: String,
}

impl Closing {
    pub(super) fn line(clock: &Clock) -> String {
        text(&Self { kind: "end", ts: timestamp(clock.now()) })
    }
}

/// What isn't on record, once lines get out again.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Lost {
    kind: &'static str,
    ts: String,
    /// Records that were made and couldn't be kept.
    records: u64,
    /// Calls that weren't begun.
    refused: u64,
    since: String,
    until: String,
}

impl Lost {
    pub(super) fn line(clock: &Clock, gap: &Gap) -> String {
        let Gap { records, refused, since, until } = *gap;
        let (since, until) = (timestamp(since), timestamp(until));
        let ts = timestamp(clock.now());
        text(&Self { kind: "lost", ts, records, refused, since, until })
    }
}

/// Requests that weren't let in, for one reason.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Denied {
    kind: &'static str,
    ts: String,
    reason: String,
    count: u64,
    since: String,
}

impl Denied {
    pub(super) fn line(clock: &Clock, reason: &str, count: u64, since: SystemTime) -> String {
        let (reason, since) = (reason.to_owned(), timestamp(since));
        text(&Self { kind: "denied", ts: timestamp(clock.now()), reason, count, since })
    }
}

/// What brought a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Cause {
    /// The process began with it.
    Start,
    /// The running process read its files again.
    Reload,
}

/// What became of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Settled {
    /// It holds from now on.
    Applied,
    /// It has faults; the one before it still holds.
    Refused,
}

/// A configuration that came.
#[derive(Clone, Debug)]
pub struct Change {
    /// What brought it.
    pub cause: Cause,
    /// What became of it.
    pub outcome: Settled,
    /// The settings' digest (`config::Fingerprint::digest`), where they could be read.
    pub settings: Option<String>,
    /// The definitions' digest (`Catalog::digest`), where they could be read.
    pub definitions: Option<String>,
    /// The names of the settings that differ from those before, never their values.
    pub changed: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Configuration {
    kind: &'static str,
    ts: String,
    cause: Cause,
    outcome: Settled,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    definitions: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<String>,
}

/// Records that a configuration came and what became of it. Nobody waits for the line: what already
/// holds can't wait for the disk, and what isn't written now is written later, or counted as lost.
pub fn configuration(sink: &Sink, clock: &Clock, change: Change) {
    let Change { cause, outcome, settings, definitions, mut changed } = change;
    changed.truncate(NAMES);
    let ts = timestamp(clock.now());
    let kind = "configuration";
    sink.note(text(&Configuration { kind, ts, cause, outcome, settings, definitions, changed }));
}

pub(super) fn timestamp(time: SystemTime) -> String {
    let time = chrono::DateTime::<chrono::Utc>::from(time);
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// These types have nothing in them that couldn't be JSON.
fn text(record: &impl Serialize) -> String {
    serde_json::to_string(record).unwrap_or_else(|_| r#"{"kind":"unreadable"}"#.to_owned())
}
