//! From a query's file to a [`SavedQuery`]: every fault is reported with its place.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Column, Dashboard, Parameter, SavedQuery, statement};
use crate::catalog::compile::typed;
use crate::catalog::document::{Document, Spot};
use crate::catalog::problem::Problems;

/// More rows than this are a download, not an answer.
const MOST_ROWS: u32 = 10_000;
/// Nobody waits longer for an answer.
const LONGEST: u32 = 600;
/// What is read at once is little.
const MOST_NAMED: usize = 50;

/// A saved query's file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A saved query: tools/SERVICE/queries/ID.yaml")]
pub(in crate::catalog) struct RawQuery {
    /// Its id, which is the file's name without `.yaml`.
    id: String,
    /// What people see.
    title: String,
    /// What it tells, in a sentence.
    description: String,
    /// The dashboard that it belongs to.
    dashboard: Dashboard,
    /// One SELECT (or WITH … SELECT), with a `?` for each parameter. It runs inside a statement of
    /// Osier's, which picks the columns and the caller's sites.
    statement: String,
    /// Its parameters, in the order of the placeholders.
    #[serde(default)]
    parameters: Vec<Parameter>,
    /// What it gives: these columns and no others.
    columns: Vec<Column>,
    /// Which of the columns holds the site's id. Without one only people who may everywhere are
    /// shown the query and may run it.
    scope_column: Option<String>,
    /// What its rows are sorted by: columns, `NAME` or `NAME desc`; the others follow.
    #[serde(default)]
    order: Vec<String>,
    /// At most this many rows.
    max_rows: u32,
    /// How long it may take, in seconds.
    timeout_seconds: u32,
}

/// Reads and checks a query's file.
pub(in crate::catalog) fn compile(
    document: &Document,
    backend: &str,
    problems: &mut Problems,
) -> Option<SavedQuery> {
    let before = problems.count();
    let raw: RawQuery = typed(document, problems)?;
    let root = document.root();
    check_words(&raw, document, problems);
    let spot = root.child("statement");
    if !spot.is_spoilt(problems) {
        let placeholders = statement::check(&raw.statement, &spot, problems);
        let parameters = raw.parameters.len();
        if placeholders != parameters {
            let text = format!(
                "? stands there {placeholders} times, for {parameters} parameters: each ? takes the value of \
                 one parameter, in their order"
            );
            spot.problem(problems, text);
        }
    }
    check_parameters(&raw.parameters, &root.child("parameters"), problems);
    check_columns(&raw.columns, &root.child("columns"), problems);
    let place = |name: &str| raw.columns.iter().position(|one| one.name.eq_ignore_ascii_case(name));
    let scope_column = raw.scope_column.as_deref().and_then(|name| {
        let found = place(name);
        if found.is_none() {
            root.child("scope_column").problem(problems, "isn't one of the columns");
        }
        found
    });
    let order = order(&raw, &root.child("order"), problems);
    for (key, number, most) in
        [("max_rows", raw.max_rows, MOST_ROWS), ("timeout_seconds", raw.timeout_seconds, LONGEST)]
    {
        if number == 0 || number > most {
            root.child(key).problem(problems, format!("1 to {most}"));
        }
    }
    (problems.count() == before).then(|| SavedQuery {
        id: raw.id,
        title: raw.title,
        description: raw.description.trim().to_owned(),
        backend: backend.to_owned(),
        dashboard: raw.dashboard,
        statement: raw.statement.trim().to_owned(),
        parameters: raw.parameters,
        columns: raw.columns,
        scope_column,
        order,
        max_rows: raw.max_rows,
        timeout: Duration::from_secs(raw.timeout_seconds.into()),
    })
}

fn check_words(raw: &RawQuery, document: &Document, problems: &mut Problems) {
    let root = document.root();
    let stem = document.path().file_stem().and_then(|stem| stem.to_str());
    if !is_id(&raw.id) {
        root.child("id")
            .problem(problems, "a-z, 0-9 and _, starting with a letter, at most 64 long");
    } else if stem != Some(raw.id.as_str()) {
        root.child("id")
            .problem(problems, "the id is the file's name without .yaml: rename one of the two");
    }
    if !is_id(&raw.dashboard.id) {
        let text = "a-z, 0-9 and _, starting with a letter, at most 64 long";
        root.child("dashboard").child("id").problem(problems, text);
    }
    let texts = [("title", &raw.title), ("description", &raw.description)];
    for (key, text) in texts {
        if text.trim().is_empty() || text.contains("TODO") {
            root.child(key).problem(problems, "write what people and assistants read");
        }
    }
    if raw.dashboard.name.trim().is_empty() {
        root.child("dashboard").child("name").problem(problems, "write what people read");
    }
}

fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(plain)
        && text.len() <= 64
}

fn check_parameters(parameters: &[Parameter], spot: &Spot<'_>, problems: &mut Problems) {
    if parameters.len() > MOST_NAMED {
        spot.problem(problems, format!("at most {MOST_NAMED} parameters"));
    }
    let mut seen = BTreeSet::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let spot = spot.child(index);
        parameter.check(&spot, problems);
        if !seen.insert(&parameter.name) {
            spot.child("name").problem(problems, "there is another parameter of this name");
        }
    }
}

fn check_columns(columns: &[Column], spot: &Spot<'_>, problems: &mut Problems) {
    if columns.is_empty() || columns.len() > MOST_NAMED {
        spot.problem(problems, format!("write 1 to {MOST_NAMED} columns"));
    }
    let mut seen = BTreeSet::new();
    for (index, column) in columns.iter().enumerate() {
        let spot = spot.child(index).child("name");
        // It stands in our statement as it is written here.
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let begins = column.name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins || !column.name.chars().all(plain) || column.name.len() > 64 {
            let text = "letters, digits and _, starting with a letter, at most 64 long";
            spot.problem(problems, text);
        }
        if !seen.insert(column.name.to_ascii_lowercase()) {
            spot.problem(problems, "there is another column of this name");
        }
    }
}

fn order(raw: &RawQuery, spot: &Spot<'_>, problems: &mut Problems) -> Vec<(usize, bool)> {
    let mut order: Vec<(usize, bool)> = Vec::new();
    for (index, text) in raw.order.iter().enumerate() {
        let (name, falling) =
            text.strip_suffix(" desc").map_or((text.as_str(), false), |name| (name, true));
        let column = raw.columns.iter().position(|one| one.name.eq_ignore_ascii_case(name));
        match column {
            Some(column) if order.iter().all(|(before, _)| *before != column) => {
                order.push((column, falling));
            }
            Some(_) => spot.child(index).problem(problems, "this column is here already"),
            None => spot.child(index).problem(problems, "write a column's name, or NAME desc"),
        }
    }
    let named: BTreeSet<usize> = order.iter().map(|(column, _)| *column).collect();
    let rest = (0..raw.columns.len()).filter(|column| !named.contains(column));
    order.extend(rest.map(|column| (column, false)));
    order
}
