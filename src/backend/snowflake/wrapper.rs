//! The statement that is sent: ours around the saved query's own. Whatever that one does, what leaves
//! it is the definition's columns, of the caller's sites, and no more rows than it may have.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::catalog::{ParameterKind, SavedQuery};

/// So many values are compared at once: databases limit the length of one list.
const AT_ONCE: usize = 1_000;

/// A statement and what is bound to its placeholders, in their order.
#[derive(Debug, PartialEq)]
pub(super) struct Wrapped {
    pub(super) statement: String,
    /// `{"1": {"type": …, "value": …}}`: values are always texts.
    pub(super) bindings: Map<String, Value>,
}

impl Wrapped {
    /// `values` are those of the query's parameters.
    pub(super) fn of(query: &SavedQuery, values: Vec<String>, sites: Option<&[String]>) -> Self {
        let names: Vec<&str> = query.columns.iter().map(|column| column.name.as_str()).collect();
        let name = |column: usize| names.get(column).copied().unwrap_or_default();
        let mut statement =
            format!("SELECT {} FROM (\n{}\n) AS saved_query", names.join(", "), query.statement);
        let mut bound: Vec<(&str, String)> = query
            .parameters
            .iter()
            .zip(values)
            .map(|(parameter, value)| (binding(parameter.kind), value))
            .collect();
        if let (Some(sites), Some(column)) = (sites, query.scope_column) {
            let lists: Vec<String> = sites
                .chunks(AT_ONCE)
                .map(|some| format!("{} IN ({})", name(column), vec!["?"; some.len()].join(", ")))
                .collect();
            _ = write!(statement, "\nWHERE ({})", lists.join(" OR "));
            bound.extend(sites.iter().map(|site| ("TEXT", site.clone())));
        }
        let order: Vec<String> = query
            .order
            .iter()
            .map(|(column, falling)| {
                format!("{}{}", name(*column), if *falling { " DESC" } else { "" })
            })
            .collect();
        // One more than there may be, to know whether there are more.
        let limit = query.max_rows.saturating_add(1);
        _ = write!(statement, "\nORDER BY {}\nLIMIT {limit}", order.join(", "));
        let bindings = bound.into_iter().enumerate().map(|(index, (kind, value))| {
            ((index + 1).to_string(), json!({"type": kind, "value": value}))
        });
        Self { statement, bindings: bindings.collect() }
    }
}

/// Days and times go as ISO texts, which are compared with any of the service's kinds of them.
fn binding(kind: ParameterKind) -> &'static str {
    match kind {
        ParameterKind::Integer => "FIXED",
        ParameterKind::Number => "REAL",
        ParameterKind::Boolean => "BOOLEAN",
        ParameterKind::String | ParameterKind::Date | ParameterKind::Time => "TEXT",
    }
}
