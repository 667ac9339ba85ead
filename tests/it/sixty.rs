//! Every tool, called by a client against the sample services: what fits it, and what its counts must
//! be. Each area of the services says so in a file of its own; the tables here put them together.

mod calls;
mod composed;
mod insights;
mod lake;
mod leaks;
mod mapped;
mod points;
mod twins;
mod workflow;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::TestApp;

/// One good call: what `ana` may ask, naming records of 60M wherever a record must be named.
#[derive(Clone, Debug)]
pub struct Case {
    /// The tool.
    pub tool: &'static str,
    /// Its arguments.
    pub arguments: Value,
}

/// What an area of the services says of its tools.
pub struct Area {
    /// One good call of each.
    pub cases: fn(&TestApp) -> Vec<Case>,
    /// Arguments that fit a tool of the area, varied by a number: they name what is in the world,
    /// at any site. None where the tool is another area's.
    pub arguments: fn(&TestApp, &str, usize) -> Option<Value>,
    /// The structured content that a tool of counts must have, computed from the world's records
    /// alone, for somebody who holds these whole sites; the empty name among them stands for records
    /// without a site, which belong to whoever may everywhere. None where the tool doesn't count.
    pub counts: fn(&TestApp, &str, &Value, &BTreeSet<String>) -> Option<Value>,
}

/// All areas.
pub const AREAS: [Area; 7] = [
    composed::AREA,
    insights::AREA,
    lake::AREA,
    mapped::AREA,
    points::AREA,
    twins::AREA,
    workflow::AREA,
];
