//! What is wrong with a configuration, and where: [`Problems`] is the answer to the person who wrote
//! it, [`Report`] collects while the sections are read. No value of a secret may get in here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use validator::{ValidationErrors, ValidationErrorsKind};

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A line of the file, counted from 1.
    File {
        /// The file as it was named.
        name: String,
        /// The line.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file's line or the variable.
    pub origin: Origin,
    /// The setting, as `section.key`; empty where no setting can be named.
    pub key: String,
    /// What is wrong and how to mend it.
    pub says: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, key, says } = self;
        if key.is_empty() {
            write!(f, "{origin}: {says}")
        } else {
            write!(f, "{origin}: {key}: {says}")
        }
    }
}

/// All that is wrong, in the order of the file; displayed one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// A single problem.
    pub fn one(origin: Origin, key: &str, says: impl Into<String>) -> Self {
        Self(vec![Problem { origin, key: key.to_owned(), says: says.into() }])
    }

    /// The problems one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Collects problems while settings are read; knows where each setting came from.
#[derive(Debug)]
pub(super) struct Report {
    file: String,
    origins: BTreeMap<String, Origin>,
    spoiled: BTreeSet<String>,
    problems: BTreeSet<Problem>,
    torn: bool,
}

impl Report {
    pub(super) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            origins: BTreeMap::new(),
            spoiled: BTreeSet::new(),
            problems: BTreeSet::new(),
            torn: false,
        }
    }

    /// Notes where a setting stands; a later note wins.
    pub(super) fn locate(&mut self, key: &str, origin: Origin) {
        self.origins.insert(key.to_owned(), origin);
    }

    pub(super) fn locate_line(&mut self, key: &str, line: usize) {
        let origin = Origin::File { name: self.file.clone(), line };
        self.locate(key, origin);
    }

    /// Adds a problem at the setting's own place, or at that of the nearest section around it.
    pub(super) fn say(&mut self, key: &str, says: impl Into<String>) {
        let origin = self.origin(key);
        self.say_at(origin, key, says);
    }

    /// Adds a problem at a place that is known otherwise.
    pub(super) fn say_at(&mut self, origin: Origin, key: &str, says: impl Into<String>) {
        self.spoiled.insert(key.to_owned());
        self.problems.insert(Problem { origin, key: key.to_owned(), says: says.into() });
    }

    /// Adds a syntax error. What is missing is no longer told: it may stand in the torn part.
    pub(super) fn say_torn(&mut self, line: usize, says: impl Into<String>) {
        self.torn = true;
        let origin = Origin::File { name: self.file.clone(), line };
        self.say_at(origin, "", says);
    }

    /// Adds what the `validator` rules of a section found.
    pub(super) fn say_invalid(&mut self, within: &str, errors: &ValidationErrors) {
        for (field, kind) in errors.errors() {
            let key = join(within, field);
            match kind {
                ValidationErrorsKind::Struct(errors) => self.say_invalid(&key, errors),
                ValidationErrorsKind::List(entries) => {
                    for (at, errors) in entries {
                        self.say_invalid(&join(&key, &at.to_string()), errors);
                    }
                }
                ValidationErrorsKind::Field(errors) => {
                    for error in errors {
                        let says = error.message.as_ref().unwrap_or(&error.code).to_string();
                        self.say(&key, says);
                    }
                }
            }
        }
    }

    /// A setting without a default: where it is missing (and not merely wrong) that is a problem.
    pub(super) fn require<T>(&mut self, key: &str, value: Option<T>, what: &str) -> Option<T> {
        if value.is_none() && !self.torn && !self.is_spoiled(key) {
            let variable = variable_of(key);
            self.say(key, format!("is missing: {what}; set it in the file or as {variable}"));
        }
        value
    }

    /// True where this setting, or the whole section around it, was already complained about.
    pub(super) fn is_spoiled(&self, key: &str) -> bool {
        around(key).any(|key| self.spoiled.contains(key))
    }

    pub(super) fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn into_problems(self) -> Problems {
        Problems(self.problems.into_iter().collect())
    }

    fn origin(&self, key: &str) -> Origin {
        around(key)
            .find_map(|key| self.origins.get(key).cloned())
            .unwrap_or_else(|| Origin::File { name: self.file.clone(), line: 1 })
    }
}

/// `section` and `key` as one dotted name.
pub(super) fn join(within: &str, key: &str) -> String {
    if within.is_empty() { key.to_owned() } else { format!("{within}.{key}") }
}

/// The environment variable that overrides a setting.
pub(super) fn variable_of(key: &str) -> String {
    format!("OSIER_{}", key.replace('.', "__").to_uppercase())
}

/// The key and the sections around it, innermost first.
fn around(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |key| key.rsplit_once('.').map(|(around, _)| around))
}
