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

/// What clients' model providers take for a property's name.
const MAX_NAME: usize = 64;

/// So many records at the most are named by one argument.
const MOST_RECORDS: u64 = 50;

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
    let Some(resolve) = resolve else {
        if same.is_some() {
            let text = "'same' compares records: add resolve: NAME";
            spot.child("same").problem(problems, text);
        }
        return Read { schema, argument: Argument { always, kind, record: None }, resolved: None };
    };
    let many = schema.get("type").is_some_and(|name| name == "array");
    if many {
        name_records(&mut schema, spot, problems);
    } else {
        if schema.get("type").is_some_and(|name| name != "string") {
            let text =
                "a record is named by a text, several by a list of them: type: string or array";
            spot.child("type").problem(problems, text);
        }
        name_record(&mut schema);
    }
    let below = spot.child("resolve");
    let found = if let Some(name) = resolve.as_str() {
        context.known.resolver(context.service, name, &below, problems)
    } else {
        below.problem(problems, "write the resolver's name");
        None
    };
    let resolver = found.cloned().flatten();
    let shares = match &same {
        Some(same) => shares(same, context, &spot.child("same"), problems),
        None => Vec::new(),
    };
    let tied = shares.iter().any(|same| context.names.ties(&same.argument, &same.found));
    let held = tied || resolver.as_ref().is_none_or(|resolver| resolver.holds());
    let record = Some(Named { resolver: resolver.clone(), held, many });
    let named = resolver.map(|resolver| Resolved {
        argument: name.to_owned(),
        resolver,
        many,
        same: shares,
    });
    Read { schema, argument: Argument { always, kind: Kind::Text, record }, resolved: named }
}

/// An id: a text of some length.
fn name_record(schema: &mut Map<String, Value>) {
    for (key, value) in
        [("type", json!("string")), ("minLength", json!(1)), ("maxLength", json!(128))]
    {
        schema.entry(key).or_insert(value);
    }
}

/// A list of ids, each of which is looked up: there can't be any number of them.
fn name_records(schema: &mut Map<String, Value>, spot: &Spot<'_>, problems: &mut Problems) {
    let few =
        schema.get("maxItems").and_then(Value::as_u64).is_some_and(|most| most <= MOST_RECORDS);
    if !few {
        let text = format!("each is looked up: maxItems, at most {MOST_RECORDS}");
        spot.child("maxItems").problem(problems, text);
    }
    schema.entry("uniqueItems").or_insert(json!(true));
    match schema.entry("items").or_insert(json!({})) {
        Value::Object(items) if items.get("type").is_none_or(|name| name == "string") => {
            name_record(items);
        }
        _ => spot
            .child("items")
            .problem(problems, "records are named by texts: items: {type: string}"),
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
