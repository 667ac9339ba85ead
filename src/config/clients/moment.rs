//! A moment of the configuration, as people write one: RFC 3339, or unix seconds.

use chrono::DateTime;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

/// A moment as it was written.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Moment {
    Text(String),
    Seconds(i64),
}

impl Default for Moment {
    fn default() -> Self {
        Self::Seconds(0)
    }
}

impl Moment {
    /// Whole seconds since 1970-01-01T00:00:00Z; `None` for what is no moment since then.
    pub(super) fn unix_seconds(&self) -> Option<u64> {
        match self {
            Self::Seconds(seconds) => u64::try_from(*seconds).ok(),
            Self::Text(text) => text.parse().ok().or_else(|| {
                let moment = DateTime::parse_from_rfc3339(text).ok()?;
                u64::try_from(moment.timestamp()).ok()
            }),
        }
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"]})
    }
}
