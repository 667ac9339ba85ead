//! One argument of a tool: its JSON Schema, and how its record is found where it names one.

use serde_json::{Map, Value, json};

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;
use crate::catalog::template::Leaf;
use crate::catalog::tool::{Resolved, Same};

use super::names::{Argument, Kind, Named, Names};
use super::schema::{check_keywords, validator};
use super::template::leaf;
use super::{Known, Service, pointer};

/// Names that a stage reads itself, with the shared arguments that bring them.
const OWN: [(&str, &str); 2] = [("cursor", "page"), ("fields", "fields")];

/// A list of ids is looked up whole, at each call.
const MAX_IDS: u64 = 100;

/// What clients' model providers take for a property's name.
const MAX_NAME: usize = 64;

/// What an argument may refer to.
pub(super) struct Context<'a> {
    /// Those before it.
    pub names: &'a Names,
    /// All of the tool's own, as they are written.
    pub all: &'a Map<String, Value>,
    pub known: &'a Known,
    pub service: &'a Service,
    pub required: bool,
}

/// An argument, as far as it could be read.
pub(super) struct Read {
    pub schema: Map<String, Value>,
    pub argument: Argument,
    pub resolved: Option<Resolved>,
}

/// Reads one argument.
pub(super) fn argument(
    name: &str,
    property: &Map<String, Value>,
    context: &Context<'_>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Read {
    check_name(name, spot, problems);
    let mut schema = property.clone();
    let resolve = schema.shift_remove("resolve");
    let all = schema.shift_remove("resolve_all");
    if let (Some(_), Some(_)) = (&resolve, &all) {
        let text = "write resolve for one record, or resolve_all for a list of ids";
        spot.child("resolve_all").problem(problems, text);
    }
    let (key, many) = if all.is_some() { ("resolve_all", true) } else { ("resolve", false) };
    let same = schema.shift_remove("same");
    check_keywords(&schema, spot, problems);
    let validator = validator(&schema, spot, problems);
    // A default is sent as if it had been checked with the rest.
    if let (Some(validator), Some(default)) = (validator, schema.get("default"))
        && !validator.is_valid(default)
    {
        spot.child("default").problem(problems, "the default doesn't fit the argument itself");
    }
    let always = context.required || schema.contains_key("default");
    let kind = Kind::of(&schema);
    let Some(resolve) = all.or(resolve) else {
        if same.is_some() {
            let text = "'same' compares records: add resolve: NAME";
            spot.child("same").problem(problems, text);
        }
        return Read { schema, argument: Argument { always, kind, record: None }, resolved: None };
    };
    if many {
        list_of_ids(&mut schema, spot, problems);
    } else {
        if schema.get("type").is_some_and(|name| name != "string") {
            let text = "a record is named by a text: type: string; for a list of ids write \
                        resolve_all";
            spot.child("type").problem(problems, text);
        }
        an_id(&mut schema);
    }
    let below = spot.child(key);
    let found = if let Some(name) = resolve.as_str() {
        context.known.resolver(context.service, name, &below, problems)
    } else {
        below.problem(problems, "write the resolver's name");
        None
    };
    let resolver = found.cloned().flatten();
    for other in resolver.iter().flat_map(|resolver| &resolver.beside) {
        let before = context.names.record(other).filter(|_| context.names.always(other));
        if before.is_none_or(|record| !record.held || record.many) {
            let text = format!(
                "this resolver goes by the record of '{other}', too: write that argument before \
                 this one, required, with a resolver that has a scope"
            );
            below.problem(problems, text);
        }
    }
    let shares = match &same {
        Some(same) => shares(same, context, &spot.child("same"), problems),
        None => Vec::new(),
    };
    let tied = shares.iter().any(|same| context.names.ties(&same.argument, &same.found));
    let held = tied || resolver.as_ref().is_none_or(|resolver| resolver.holds());
    let record = Some(Named { resolver: resolver.clone(), held, many });
    let argument = name.to_owned();
    let named = resolver.map(|resolver| Resolved { argument, resolver, many, same: shares });
    Read { schema, argument: Argument { always, kind: Kind::Text, record }, resolved: named }
}

/// What a text that names a record is, where its definition doesn't say.
fn an_id(schema: &mut Map<String, Value>) {
    for (key, value) in
        [("type", json!("string")), ("minLength", json!(1)), ("maxLength", json!(128))]
    {
        schema.entry(key).or_insert(value);
    }
}

/// A list of such texts, which has an end.
fn list_of_ids(schema: &mut Map<String, Value>, spot: &Spot<'_>, problems: &mut Problems) {
    if schema.get("type").is_some_and(|name| name != "array") {
        spot.child("type").problem(problems, "resolve_all is for a list of ids: type: array");
    }
    let most = schema.get("maxItems").and_then(Value::as_u64);
    if most.is_none_or(|most| most > MAX_IDS) {
        let text = format!("each id is looked up: maxItems, at most {MAX_IDS}");
        spot.problem(problems, text);
    }
    schema.entry("type").or_insert(json!("array"));
    schema.entry("minItems").or_insert(json!(1));
    match schema.entry("items").or_insert(json!({})) {
        Value::Object(items) if items.get("type").is_none_or(|name| name == "string") => {
            an_id(items);
        }
        _ => spot.child("items").problem(problems, "ids are texts: items: {type: string}"),
    }
}

/// What the record must share with those before it.
fn shares(
    same: &Value,
    context: &Context<'_>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Vec<Same> {
    const FORM: &str = "write {/pointer: {found: ARGUMENT, at: /pointer}}, of an argument before";
    let Some(same) = same.as_object().filter(|same| !same.is_empty()) else {
        spot.problem(problems, FORM);
        return Vec::new();
    };
    let mut shares = Vec::new();
    for (at, to) in same {
        let below = spot.child(at);
        let at = pointer(at, &below, problems);
        let before = problems.count();
        let later = to.get("found").and_then(Value::as_str).filter(|name| {
            context.all.contains_key(*name) && !context.names.arguments.contains_key(*name)
        });
        if let Some(later) = later {
            let text = format!("'{later}' is located later: write it before this argument");
            below.problem(problems, text);
            continue;
        }
        match (at, leaf(to, context.names, &below, problems)) {
            (Some(_), Some(Leaf::Found { argument, .. })) if context.names.is_many(&argument) => {
                let text = format!("'{argument}' names several records: compare with one");
                below.problem(problems, text);
            }
            (Some(at), Some(Leaf::Found { argument, at: found })) => {
                shares.push(Same { at, argument, found });
            }
            (Some(_), _) if problems.count() == before => below.problem(problems, FORM),
            _ => {}
        }
    }
    shares
}

fn check_name(name: &str, spot: &Spot<'_>, problems: &mut Problems) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) {
        let text = format!(
            "an argument's name is made of letters, digits, _ . and -, at most {MAX_NAME} long"
        );
        spot.problem(problems, text);
    }
    if let Some((_, shared)) = OWN.iter().find(|(own, _)| *own == name) {
        spot.problem(problems, format!("this name is taken: use: [{shared}] brings it"));
    }
}
