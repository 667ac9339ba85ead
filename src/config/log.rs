//! `[log]`: the program's own log, on standard error. Audit records are not log lines.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use validator::{Validate, ValidationError};

/// The program's own log.
#[derive(Clone, Debug)]
pub struct Log {
    /// What is logged, in the words of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For reading.
    Text,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLog {
    /// What is logged: a level, and levels by module. `OSIER_LOG__FILTER`
    #[validate(custom(function = "readable"))]
    filter: String,
    /// How a line looks. `OSIER_LOG__FORMAT`
    format: LogFormat,
}

impl Default for RawLog {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::default() }
    }
}

fn readable(filter: &str) -> Result<(), ValidationError> {
    let says = "isn't a filter; write a level, and levels by module, such as \"info,osier=debug\"";
    // A level that is mistyped would be taken for a module of that name, and nothing else would be logged.
    let mistyped = filter.split(',').map(str::trim).any(|word| {
        let alone = !word.is_empty() && !word.contains(['=', '[', ':']);
        alone && word != "osier" && LevelFilter::from_str(word).is_err()
    });
    if mistyped || EnvFilter::builder().parse(filter).is_err() {
        return Err(ValidationError::new("filter").with_message(says.into()));
    }
    Ok(())
}

impl RawLog {
    pub(super) fn resolve(self) -> Log {
        Log { filter: self.filter, format: self.format }
    }
}
