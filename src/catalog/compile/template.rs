//! Requests' leaves: literals, or one-key maps with modifiers (tool-format rule 1).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalog::document::{Problems, Spot};
use crate::catalog::pointer::Pointer;
use crate::catalog::template::{Hole, Leaf, Template};

/// The keys that make a map a leaf.
const LEAVES: [&str; 9] =
    ["arg", "const", "scope", "cursor", "caller", "now", "found", "etag", "by"];

/// What a template may refer to.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Names {
    /// The arguments.
    pub arguments: BTreeSet<String>,
    /// Those that name a record.
    pub resolved: BTreeSet<String>,
    /// True in a resolver.
    pub by: bool,
}

/// Reads a template.
pub(super) fn template(
    value: &Value,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Template {
    match value {
        Value::Object(map) if map.keys().any(|key| LEAVES.contains(&key.as_str())) => {
            hole(map, names, spot, problems).map_or(Template::Literal(Value::Null), Template::Hole)
        }
        Value::Object(map) => Template::Object(
            map.iter()
                .map(|(key, value)| {
                    (key.clone(), template(value, names, &spot.child(key), problems))
                })
                .collect(),
        ),
        Value::Array(items) => Template::Array(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| template(item, names, &spot.child(index), problems))
                .collect(),
        ),
        Value::String(text) if text.contains("${") || text.contains("{{") => {
            spot.problem(problems, "no templates in texts: write a leaf such as {arg: NAME}");
            Template::Literal(Value::Null)
        }
        literal => Template::Literal(literal.clone()),
    }
}

/// Reads one leaf.
pub(super) fn hole(
    map: &Map<String, Value>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Hole> {
    let mut kinds = LEAVES.iter().filter(|kind| map.contains_key(**kind));
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        spot.problem(
            problems,
            "a leaf has one kind: arg, const, scope, cursor, caller, now, found, etag or by",
        );
        return None;
    };
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let Some(value) = text(kind) else {
        spot.child(kind).problem(problems, "write a name");
        return None;
    };
    let modifiers: &[&str] = match *kind {
        "scope" => &["narrow", "if"],
        "cursor" => &["first"],
        "found" => &["at", "if"],
        "etag" | "by" => &[],
        _ => &["if"],
    };
    for key in map.keys().filter(|key| key != kind && !modifiers.contains(&key.as_str())) {
        spot.child(key).problem(problems, format!("'{kind}' doesn't take this"));
    }
    let mut argument = |name: &str, key: &str, set: &BTreeSet<String>, what: &str| {
        let known = set.contains(name);
        if !known {
            spot.child(key).problem(problems, format!("'{name}' isn't {what}"));
        }
        known.then(|| name.to_owned())
    };
    let only_if = match text("if") {
        Some(name) => Some(argument(name, "if", &names.arguments, "an argument of this tool")?),
        None => None,
    };
    let own = "an argument of this tool";
    let resolving = "an argument with resolve";
    let leaf = match (*kind, value) {
        ("arg", name) => Leaf::Argument(argument(name, kind, &names.arguments, own)?),
        ("scope", "sites") => {
            let narrow = match text("narrow") {
                Some(name) => Some(argument(name, "narrow", &names.arguments, own)?),
                None => None,
            };
            Leaf::Sites { narrow }
        }
        ("cursor", "page") => {
            Leaf::Page { first: map.get("first").and_then(Value::as_u64).unwrap_or(1) }
        }
        ("cursor", "token") => Leaf::Token,
        ("const", text) if only_if.is_some() => Leaf::Text(text.to_owned()),
        ("caller", "id") => Leaf::Caller,
        ("now", "utc") => Leaf::Now,
        ("found", name) => {
            let argument = argument(name, kind, &names.resolved, resolving)?;
            Leaf::Found { argument, at: at(text("at"), spot, problems)? }
        }
        ("etag", name) => Leaf::Etag(argument(name, kind, &names.resolved, resolving)?),
        ("by", "id") if names.by => Leaf::By,
        _ => {
            spot.child(kind).problem(problems, unknown(kind));
            return None;
        }
    };
    Some(Hole { leaf, only_if })
}

fn at(text: Option<&str>, spot: &Spot<'_>, problems: &mut Problems) -> Option<Pointer> {
    let Some(text) = text else {
        spot.problem(problems, "'found' says where in the record: at: /pointer");
        return None;
    };
    super::pointer(text, &spot.child("at"), problems)
}

fn unknown(kind: &str) -> &'static str {
    match kind {
        "scope" => "write scope: sites",
        "cursor" => "write cursor: page or cursor: token",
        "caller" => "write caller: id",
        "now" => "write now: utc",
        "const" => "a const is for a condition: add if: ARGUMENT, or write the text alone",
        _ => "write by: id, in a resolver only",
    }
}
