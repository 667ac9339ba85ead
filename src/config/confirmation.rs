//! `[confirmation]`: the question before a write.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// The question before a write.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// How long a question may be answered.
    pub ttl: Duration,
    /// What is done where the client can't show a question.
    pub fallback: Fallback,
}

/// What is done where the client can't show a question.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Fallback {
    /// The person answers on a page of ours, whose link the client passes on.
    #[default]
    Link,
    /// Nothing is written, and the client is told that it would have to show the question.
    Refuse,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfirmation {
    /// Seconds in which a question may be answered. `OSIER_CONFIRMATION__TTL`
    #[validate(range(min = 30, max = 3600))]
    ttl: u32,
    /// Where the client can't show a question: "link" lets the person answer on a page of ours,
    /// "refuse" writes nothing. `OSIER_CONFIRMATION__FALLBACK`
    fallback: Fallback,
}

impl Default for RawConfirmation {
    fn default() -> Self {
        Self { ttl: 300, fallback: Fallback::default() }
    }
}

impl RawConfirmation {
    pub(super) fn resolve(self) -> Confirmation {
        Confirmation { ttl: Duration::from_secs(self.ttl.into()), fallback: self.fallback }
    }
}
