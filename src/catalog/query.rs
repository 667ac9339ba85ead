//! Saved queries, as definition files say them (`tools/<service>/queries/*.yaml`) and as the program
//! holds them. The loader compiles them; the backend of kind `snowflake` runs them. A statement is
//! only ever a file's: callers give values for its parameters, and nothing else.

mod compile;
mod parameter;
mod statement;

pub use parameter::{Parameter, ParameterKind};

pub(super) use compile::{RawQuery, compile};

use std::time::Duration;

/// A statement that people can run with values of their own.
#[derive(Clone, Debug)]
pub struct SavedQuery {
    /// Its id: the file's name without `.yaml`.
    pub id: String,
    /// What people see.
    pub title: String,
    /// What it tells.
    pub description: String,
    /// The backend that runs it.
    pub backend: String,
    /// The dashboard that it belongs to.
    pub dashboard: Dashboard,
    /// One statement that only reads, with a `?` for each parameter.
    pub statement: String,
    /// Its parameters, in the order of the placeholders.
    pub parameters: Vec<Parameter>,
    /// What it gives: these columns and no others.
    pub columns: Vec<Column>,
    /// Which of the columns holds the site. Without one only people who may everywhere run it.
    pub scope_column: Option<usize>,
    /// What its rows are sorted by: the column, and whether the greatest comes first. All columns
    /// are named, so that equal rows are the only ones without an order.
    pub order: Vec<(usize, bool)>,
    /// At most this many rows.
    pub max_rows: u32,
    /// How long it may take.
    pub timeout: Duration,
}

/// A dashboard: saved queries that belong together.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// Its id: lower case, digits and `_`.
    pub id: String,
    /// What people see. All queries of one dashboard give it the same.
    pub name: String,
}

/// One column of a result.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The statement's own name of it: letters, digits and `_`; its case doesn't matter.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ColumnKind,
    /// The unit of its numbers, such as `kWh`.
    pub unit: Option<String>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A moment, in UTC.
    Time,
}

impl ColumnKind {
    /// Its name in files and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
        }
    }
}

#[cfg(test)]
mod tests;
