//! From definition files as they are written to definitions as the program holds them. Every fault
//! is reported with its place; nothing is guessed.

mod answer;
mod http;
mod input;
mod question;
mod resolver;
mod row;
mod scope;
mod template;
mod tool;

pub(super) use resolver::resolver;
pub(super) use row::row;
pub(super) use tool::tool;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::document::{Document, Problems, Spot};
use super::pointer::Pointer;
use super::resolver::Resolver;
use super::row::Row;
use super::tool::Requirement;

/// A service, compiled: what its tools share.
#[derive(Debug, Default)]
pub(super) struct Service {
    pub slug: String,
    pub backend: String,
    pub rows: BTreeMap<String, Row>,
}

/// Everything that a tool can refer to.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// `service.resolver` -> resolver
    pub resolvers: BTreeMap<String, Arc<Resolver>>,
}

impl Known {
    /// A resolver by its name in the same service, or by `service.name`.
    pub(super) fn resolver(&self, service: &Service, name: &str) -> Option<&Arc<Resolver>> {
        let own = format!("{}.{name}", service.slug);
        self.resolvers.get(&own).or_else(|| self.resolvers.get(name))
    }
}

/// Reads a document as a type; every mismatch with the type's schema is a problem of its own.
pub(super) fn typed<T: DeserializeOwned + JsonSchema>(
    document: &Document,
    problems: &mut Problems,
) -> Option<T> {
    let schema = serde_json::to_value(schemars::schema_for!(T)).ok()?;
    let validator = jsonschema::validator_for(&schema).ok()?;
    let before = problems.count();
    for error in validator.iter_errors(document.value()) {
        let spot = document.at(error.instance_path().as_str());
        spot.problem(problems, error.masked_with("this"));
    }
    if problems.count() > before {
        return None;
    }
    serde_json::from_value(document.value().clone())
        .map_err(|error| document.root().problem(problems, error))
        .ok()
}

/// A permission requirement: a name, `{any}`, `{all}` or `{signed_in}`.
pub(super) fn requirement(
    value: &Value,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Requirement> {
    let names = |value: &Value| -> Option<Vec<String>> {
        let names: Option<Vec<String>> =
            value.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect();
        names.filter(|names| !names.is_empty() && names.iter().all(|name| named(name)))
    };
    let only = value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
    let requirement = match (value, only) {
        (Value::String(name), _) if named(name) => Some(Requirement::Any(vec![name.clone()])),
        (_, Some((key, value))) if key == "any" => names(value).map(Requirement::Any),
        (_, Some((key, value))) if key == "all" => names(value).map(Requirement::All),
        (_, Some((key, Value::String(reason)))) if key == "signed_in" && !reason.is_empty() => {
            Some(Requirement::SignedIn(reason.clone()))
        }
        _ => None,
    };
    if requirement.is_none() {
        spot.problem(
            problems,
            "write a permission's name, any: [names], all: [names], or signed_in: the reason",
        );
    }
    requirement
}

/// A permission's name: no wildcard, and no word that says that nobody has decided yet.
fn named(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    !name.is_empty() && name != "TODO" && name.chars().all(plain)
}

/// A JSON Pointer, or a problem.
fn pointer(text: &str, spot: &Spot<'_>, problems: &mut Problems) -> Option<Pointer> {
    let pointer = Pointer::parse(text);
    if pointer.is_none() {
        spot.problem(problems, "write a JSON Pointer: empty, or starting with /");
    }
    pointer
}
