//! `[audit]`: where the audit record goes.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where the audit record goes.
#[derive(Clone, Debug)]
pub struct Audit {
    /// What takes the records.
    pub sink: Sink,
}

/// What takes the audit records.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Sink {
    /// Standard output, one JSON line a record; nothing else is written there.
    #[default]
    Stdout,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAudit {
    /// Where the records go. `OSIER_AUDIT__SINK`
    sink: Sink,
}

impl RawAudit {
    pub(super) fn resolve(self) -> Audit {
        Audit { sink: self.sink }
    }
}
