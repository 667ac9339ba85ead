//! From definition files as they are written to definitions as the program holds them. Every fault
//! is reported with its place; nothing is guessed.

mod adt;
mod answer;
mod argument;
mod beside;
mod compose;
mod fence;
mod graphql;
mod http;
mod inner;
mod input;
mod link;
mod names;
mod paging;
mod plan;
mod push;
mod question;
mod resolver;
mod row;
mod saved;
mod schema;
mod scope;
mod shape;
mod span;
mod template;
mod text;
mod tool;

pub(super) use resolver::resolver;
pub(super) use row::row;
pub(super) use shape::{schema_of, typed};
pub(super) use tool::tool;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::document::Spot;
use super::pointer::Pointer;
use super::problem::Problems;
use super::resolver::Resolver;
use super::row::Row;
use super::tool::{Requirement, Tool};

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
    /// `service.resolver` -> resolver; none for a faulty one, which was told already.
    pub resolvers: BTreeMap<String, Option<Arc<Resolver>>>,
    /// The tools that aren't composed, by name.
    pub tools: BTreeMap<String, Arc<Tool>>,
}

impl Known {
    /// A resolver by its name in the same service, or by `service.name`.
    pub(super) fn resolver(
        &self,
        service: &Service,
        name: &str,
        spot: &Spot<'_>,
        problems: &mut Problems,
    ) -> Option<&Option<Arc<Resolver>>> {
        let own = format!("{}.{name}", service.slug);
        let found = self.resolvers.get(&own).or_else(|| self.resolvers.get(name));
        if found.is_none() {
            let own = self.resolvers.keys().filter_map(|key| {
                key.split_once('.').filter(|(slug, _)| *slug == service.slug).map(|(_, name)| name)
            });
            let own: Vec<&str> = own.collect();
            let own = if own.is_empty() { "none".to_owned() } else { own.join(", ") };
            spot.problem(
                problems,
                format!(
                    "there is no resolver '{name}'; _service.yaml has {own} (those of another \
                     service are SERVICE.NAME)"
                ),
            );
        }
        found
    }
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
        (_, Some((key, Value::String(reason)))) if key == "signed_in" && decided(reason) => {
            Some(Requirement::SignedIn(reason.clone()))
        }
        _ => None,
    };
    if requirement.is_none() {
        spot.problem(
            problems,
            "write the permission's name, any: [names], all: [names], or signed_in: the reason why \
             no permission is needed; there are no wildcards",
        );
    }
    requirement
}

/// A permission's name: no wildcard, and no word that says that nobody has decided yet.
fn named(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
    decided(name) && name.chars().all(plain)
}

/// Words that say something, and don't say that somebody has yet to decide.
fn decided(text: &str) -> bool {
    let open = ["todo", "tbd", "fixme", "changeme"];
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    !text.trim().is_empty() && !words.any(|word| open.contains(&word.to_ascii_lowercase().as_str()))
}

/// A JSON Pointer, or a problem.
fn pointer(text: &str, spot: &Spot<'_>, problems: &mut Problems) -> Option<Pointer> {
    let pointer = Pointer::parse(text);
    if pointer.is_none() {
        spot.problem(
            problems,
            "write a JSON Pointer: \"\" for the whole, or /key/key (~1 stands for / in a key, ~0 \
             for ~)",
        );
    }
    pointer
}
