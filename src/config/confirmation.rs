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
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfirmation {
    /// Seconds in which a question may be answered. `OSIER_CONFIRMATION__TTL`
    #[validate(range(min = 30, max = 3600))]
    ttl: u32,
}

impl Default for RawConfirmation {
    fn default() -> Self {
        Self { ttl: 300 }
    }
}

impl RawConfirmation {
    pub(super) fn resolve(self) -> Confirmation {
        Confirmation { ttl: Duration::from_secs(self.ttl.into()) }
    }
}
