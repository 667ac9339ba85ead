//! Requests' leaves: literals, or one-key maps with modifiers (tool-format rule 1).

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::catalog::document::Spot;
use crate::catalog::pointer::Pointer;
use crate::catalog::problem::Problems;
use crate::catalog::template::{Hole, Leaf, Template};

use super::names::{Kind, Names};

/// The keys that make a map a leaf.
const LEAVES: [&str; 10] =
    ["arg", "given", "const", "scope", "cursor", "caller", "now", "found", "etag", "by"];

/// `{name}`, `{{name}}`, `${name}` and their like: what other formats take for a hole.
static BRACES: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$\{|\{\{|\{\s*/?[A-Za-z_][A-Za-z0-9_./-]*\s*\}").ok());

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
        Value::String(text) if BRACES.as_ref().is_none_or(|braces| braces.is_match(text)) => {
            spot.problem(
                problems,
                "a text is sent as it stands: for a value write a leaf such as {arg: NAME} in its \
                 place",
            );
            Template::Literal(Value::Null)
        }
        literal => Template::Literal(literal.clone()),
    }
}

/// Reads a leaf that takes no condition.
pub(super) fn leaf(
    value: &Value,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Leaf> {
    let map = value.as_object()?;
    if map.contains_key("if") {
        spot.child("if").problem(problems, "there are no conditions here");
        return None;
    }
    hole(map, names, spot, problems).map(|hole| hole.leaf)
}

/// Reads one leaf.
fn hole(
    map: &Map<String, Value>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Hole> {
    let mut kinds = LEAVES.iter().filter(|kind| map.contains_key(**kind));
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        spot.problem(
            problems,
            "a map with one of the keys arg, given, const, scope, cursor, caller, now, found, etag \
             and by is a leaf, and has no second one of them",
        );
        return None;
    };
    let modifiers: &[&str] = match *kind {
        "scope" => &["narrow"],
        "cursor" => &["first"],
        "found" => &["at", "if"],
        "given" => &["least"],
        "etag" | "by" => &[],
        _ => &["if"],
    };
    for key in map.keys().filter(|key| key != kind && !modifiers.contains(&key.as_str())) {
        spot.child(key).problem(problems, format!("a leaf with '{kind}' doesn't take this"));
    }
    let reader = Reader { map, names, spot };
    let value = reader.text(kind, problems)?;
    let only_if = match map.get("if") {
        Some(_) => Some(reader.condition(problems)?),
        None => None,
    };
    let leaf = reader.leaf(kind, value, only_if.is_some(), problems)?;
    Some(Hole { leaf, only_if })
}

struct Reader<'a> {
    map: &'a Map<String, Value>,
    names: &'a Names,
    spot: &'a Spot<'a>,
}

impl<'a> Reader<'a> {
    fn text(&self, key: &str, problems: &mut Problems) -> Option<&'a str> {
        let value = self.map.get(key)?;
        if !value.is_string() {
            self.spot.child(key).problem(problems, "write a text");
        }
        value.as_str()
    }

    fn leaf(
        &self,
        kind: &str,
        value: &str,
        conditional: bool,
        problems: &mut Problems,
    ) -> Option<Leaf> {
        Some(match (kind, value) {
            ("arg", name) => {
                let name = self.argument(name, kind, problems)?;
                if self.names.record(&name).is_some() {
                    let text = format!(
                        "send what was located, not the text that named it: {{found: {name}, at: \
                         /id}}"
                    );
                    self.spot.problem(problems, text);
                    return None;
                }
                Leaf::Argument(name)
            }
            ("given", name) => {
                let argument = self.argument(name, kind, problems)?;
                let least = match self.map.get("least") {
                    Some(least) => Some(self.least(least, &argument, problems)?),
                    None => None,
                };
                Leaf::Given { argument, least }
            }
            ("scope", "sites") => match self.map.get("narrow") {
                None => Leaf::Sites { narrow: None },
                Some(_) => Leaf::Sites { narrow: Some(self.narrow(problems)?) },
            },
            ("cursor", "page") if !self.names.in_resolver => {
                let first = self.map.get("first").map_or(Some(1), Value::as_u64);
                if first.is_none() {
                    self.spot.child("first").problem(problems, "write the first page's number");
                }
                Leaf::Page { first: first? }
            }
            ("cursor", "token") if !self.names.in_resolver => Leaf::Token,
            ("const", text) if conditional => Leaf::Text(text.to_owned()),
            ("caller", "id") => Leaf::Caller,
            ("now", "utc") => Leaf::Now,
            ("found", name) => {
                let argument = self.record(name, kind, problems)?;
                Leaf::Found { argument, at: self.at(problems)? }
            }
            ("etag", name) => Leaf::Etag(self.etag(name, problems)?),
            ("by", "id") if self.names.in_resolver && !self.names.by_all => Leaf::By,
            ("by", "ids") if self.names.by_all => Leaf::ByAll,
            _ => {
                self.spot.child(kind).problem(problems, unknown(kind, self.names));
                return None;
            }
        })
    }

    fn argument(&self, name: &str, key: &str, problems: &mut Problems) -> Option<String> {
        let known = self.names.arguments.contains_key(name);
        if !known {
            let text = if self.names.in_resolver {
                "a resolver has no arguments, only the id that was named: {by: id}".to_owned()
            } else {
                format!("'{name}' isn't an argument of this tool")
            };
            self.spot.child(key).problem(problems, text);
        }
        known.then(|| name.to_owned())
    }

    fn record(&self, name: &str, key: &str, problems: &mut Problems) -> Option<String> {
        let name = self.argument(name, key, problems)?;
        let known = self.names.record(&name).is_some();
        if !known {
            let text = format!("'{name}' names no record: give it resolve: NAME, before this");
            self.spot.child(key).problem(problems, text);
        }
        known.then_some(name)
    }

    fn narrow(&self, problems: &mut Problems) -> Option<String> {
        let name = self.argument(self.text("narrow", problems)?, "narrow", problems)?;
        let kind = self.names.arguments.get(&name).map(|argument| argument.kind);
        if !matches!(kind, Some(Kind::Text | Kind::Closed)) {
            let spot = self.spot.child("narrow");
            spot.problem(problems, format!("'{name}' must be a site's id or a list of them"));
            return None;
        }
        Some(name)
    }

    fn condition(&self, problems: &mut Problems) -> Option<String> {
        let name = self.argument(self.text("if", problems)?, "if", problems)?;
        let kind = self.names.arguments.get(&name).map(|argument| argument.kind);
        if kind != Some(Kind::Boolean) {
            let spot = self.spot.child("if");
            spot.problem(problems, format!("'{name}' must be of type: boolean"));
            return None;
        }
        Some(name)
    }

    fn least(&self, least: &Value, argument: &str, problems: &mut Problems) -> Option<u64> {
        let number = self.names.arguments.get(argument).map(|argument| argument.kind);
        let least = least.as_u64().filter(|_| number == Some(Kind::Number));
        if least.is_none() {
            let text = format!("write a whole number, and only where '{argument}' is a number");
            self.spot.child("least").problem(problems, text);
        }
        least
    }

    fn etag(&self, name: &str, problems: &mut Problems) -> Option<String> {
        let name = self.record(name, "etag", problems)?;
        let resolver = self.names.record(&name).and_then(|record| record.resolver.as_ref());
        if self.names.is_many(&name) {
            let text = format!("'{name}' names several records, and an etag is of one");
            self.spot.child("etag").problem(problems, text);
            return None;
        }
        if resolver.is_some_and(|resolver| resolver.etag.is_none()) {
            let spot = self.spot.child("etag");
            let text = format!("the resolver of '{name}' doesn't say where the etag is");
            spot.problem(problems, text);
            return None;
        }
        Some(name)
    }

    fn at(&self, problems: &mut Problems) -> Option<Pointer> {
        if !self.map.contains_key("at") {
            self.spot.problem(problems, "'found' says where in the record: at: /pointer");
        }
        let text = self.text("at", problems)?;
        super::pointer(text, &self.spot.child("at"), problems)
    }
}

fn unknown(kind: &str, names: &Names) -> &'static str {
    match kind {
        "scope" => "write scope: sites",
        "cursor" if names.in_resolver => "a resolver reads one record and has no pages",
        "cursor" => "write cursor: page or cursor: token",
        "caller" => "write caller: id",
        "now" => "write now: utc",
        "const" => "a const is for a condition: add if: ARGUMENT, or write the text alone",
        _ if names.by_all => "what finds many at once asks by: ids",
        _ => "write by: id, in a resolver only",
    }
}
