//! `[limits]`: how much one call may take and give.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

/// How much one call may take and give.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Most characters of a result, its text and its structured content together.
    pub max_result_chars: usize,
    /// How long one run of the pipeline may take; a person's thinking doesn't count.
    pub call_deadline: Duration,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLimits {
    /// Most characters of a result, text and structured content together; a longer page ends early
    /// with a cursor. `OSIER_LIMITS__MAX_RESULT_CHARS`
    #[validate(range(min = 2000, max = 1_000_000))]
    max_result_chars: u32,
    /// Seconds that one call may take, without the time in which a person decides.
    /// `OSIER_LIMITS__CALL_DEADLINE`
    #[validate(range(min = 1, max = 300))]
    call_deadline: u32,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self { max_result_chars: 40_000, call_deadline: 30 }
    }
}

impl RawLimits {
    pub(super) fn resolve(self) -> Limits {
        Limits {
            max_result_chars: usize::try_from(self.max_result_chars).unwrap_or(usize::MAX),
            call_deadline: Duration::from_secs(self.call_deadline.into()),
        }
    }
}
