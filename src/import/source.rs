//! The description as it was read: its values, its references, and what is wrong with it. The other
//! parts of the import follow references through here, so that nothing leads out of the file and
//! nothing leads round in circles.

use std::cell::{Cell, RefCell};
use std::path::Path;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::catalog::{Document, Problem, Problems};

/// References that lead to references.
const MAX_HOPS: usize = 16;
/// Schemas looked at for one import: far more than any description has use for.
const MAX_STEPS: u32 = 500_000;

/// A description of an API.
pub(super) struct Source {
    document: Document,
    problems: RefCell<Problems>,
    steps: Cell<u32>,
}

/// One place of it.
#[derive(Clone, Debug)]
pub(super) struct At<'a> {
    pub value: &'a Value,
    /// A JSON Pointer into the file.
    pub pointer: String,
}

impl<'a> At<'a> {
    /// What is below a key or an index.
    pub(super) fn child(&self, key: &str) -> Option<Self> {
        let value = match self.value {
            Value::Object(map) => map.get(key)?,
            Value::Array(items) => items.get(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
        let key = key.replace('~', "~0").replace('/', "~1");
        Some(Self { value, pointer: format!("{}/{key}", self.pointer) })
    }

    /// What is below each key of a map, or each element of a list.
    pub(super) fn children(&self) -> Vec<(String, Self)> {
        let keys: Vec<String> = match self.value {
            Value::Object(map) => map.keys().cloned().collect(),
            Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
            _ => Vec::new(),
        };
        keys.into_iter()
            .filter_map(|key| {
                let child = self.child(&key)?;
                Some((key, child))
            })
            .collect()
    }

    /// The text below a key.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key)?.as_str()
    }

    /// Is this key there, and true?
    pub(super) fn says(&self, key: &str) -> bool {
        self.value.get(key) == Some(&Value::Bool(true))
    }

    pub(super) fn map(&self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }
}

impl Source {
    /// Reads a description, JSON or YAML.
    ///
    /// # Errors
    /// What keeps it from being one.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let Some(document) = Document::parse(path, text, &mut problems) else {
            return Err(problems.into_sorted());
        };
        let version = document.value().get("openapi").and_then(Value::as_str).unwrap_or_default();
        if !(version.starts_with("3.0.") || version.starts_with("3.1.")) {
            let text = if document.value().get("swagger").is_some() {
                "this is Swagger 2.0: convert it to OpenAPI 3 first"
            } else {
                "not a description of OpenAPI 3.0 or 3.1: it begins with openapi: 3.0.3 or the like"
            };
            document.root().problem(&mut problems, text);
            return Err(problems.into_sorted());
        }
        Ok(Self { document, problems: RefCell::new(problems), steps: Cell::new(0) })
    }

    /// The whole.
    pub(super) fn root(&self) -> At<'_> {
        At { value: self.document.value(), pointer: String::new() }
    }

    /// The file's own name.
    pub(super) fn file_name(&self) -> String {
        let name = self.document.path().file_name();
        name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Says what is wrong at a place.
    pub(super) fn fault(&self, pointer: &str, text: impl std::fmt::Display) {
        self.document.at(pointer).problem(&mut self.problems.borrow_mut(), text);
    }

    /// Everything that was found to be wrong.
    pub(super) fn into_faults(self) -> Vec<Problem> {
        self.problems.into_inner().into_sorted()
    }

    /// Counts a schema that is looked at; false once there were too many.
    pub(super) fn step(&self) -> bool {
        let steps = self.steps.get();
        self.steps.set(steps.saturating_add(1));
        if steps == MAX_STEPS {
            self.fault("", format!("its schemas unfold to more than {MAX_STEPS} parts"));
        }
        steps < MAX_STEPS
    }

    /// What a place refers to, in the end; the place itself where it is no reference. Nothing where
    /// that is told as a fault.
    pub(super) fn follow<'a>(&'a self, at: &At<'a>) -> Option<At<'a>> {
        let mut at = at.clone();
        for _ in 0..MAX_HOPS {
            let Some(to) = at.text("$ref") else { return Some(at) };
            at = self.referred(&at, to)?;
        }
        self.fault(&at.pointer, "a reference that only leads to others");
        None
    }

    fn referred<'a>(&'a self, at: &At<'_>, to: &str) -> Option<At<'a>> {
        let place = format!("{}/$ref", at.pointer);
        let Some(pointer) = to.strip_prefix('#') else {
            let text = "nothing outside of this file is read: bundle the description into one file";
            self.fault(&place, text);
            return None;
        };
        let pointer = percent_decode_str(pointer).decode_utf8().ok();
        let found = pointer.and_then(|pointer| {
            let value = self.document.value().pointer(&pointer)?;
            Some(At { value, pointer: pointer.into_owned() })
        });
        if found.is_none() {
            self.fault(&place, "there is nothing of this name in the file");
        }
        found
    }
}
