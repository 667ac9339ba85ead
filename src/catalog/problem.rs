//! What is wrong with definition files: a line for each fault, all of one load at once. The loader and
//! the compiler report through [`Problems`]; `check` and the server's start print them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// What is wrong at one place of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong and how to mend it.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.text)
    }
}

/// All problems of one load.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<Problem>,
    /// Places whose content was given up: a neutral value stands there now, and what could be said
    /// of that would only confuse.
    given_up: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Problems {
    /// Notes a problem.
    pub fn add(&mut self, problem: Problem) {
        self.found.push(problem);
    }

    /// True where nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many problems there are.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// The problems by file and line, each once.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort();
        self.found.dedup();
        self.found
    }

    /// Marks a place as given up.
    pub(super) fn give_up(&mut self, file: &Path, pointer: &str) {
        self.given_up.entry(file.to_owned()).or_default().insert(pointer.to_owned());
    }

    /// True where a place at, above or below this one was given up.
    pub(super) fn has_given_up_around(&self, file: &Path, pointer: &str) -> bool {
        let below = format!("{pointer}/");
        let given_up = self.given_up.get(file);
        self.has_given_up(file, pointer)
            || given_up.is_some_and(|given_up| given_up.iter().any(|at| at.starts_with(&below)))
    }

    /// True at and below a place that was given up.
    pub(super) fn has_given_up(&self, file: &Path, pointer: &str) -> bool {
        let above = |pointer: &str| Some(pointer.rsplit_once('/')?.0.to_owned());
        let mut places = std::iter::successors(Some(pointer.to_owned()), |place| above(place));
        let given_up = self.given_up.get(file);
        given_up.is_some_and(|given_up| places.any(|place| given_up.contains(&place)))
    }
}
