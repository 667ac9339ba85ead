//! One tool's draft: its file, with `permission` and `scope` left to a person, and for a write the
//! question as far as it can be guessed.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::answer::{Answer, pointer};
use super::input::{Input, input};
use super::operation::Operation;
use super::service::{Found, Service};
use super::shape::{Kind, Shape};
use super::yaml::{self, Entry};
use super::{Draft, words};

/// Left to a person; `check` refuses it.
const TODO: &str = "TODO";

/// Drafts a tool, and says which resolver it uses.
///
/// # Errors
/// Why it can't be one.
pub(super) fn tool(
    service: &mut Service<'_>,
    operation: &Operation,
) -> Result<(Draft, Option<String>), String> {
    let Some(answer) = &operation.answer else { return Err("it has no answer".to_owned()) };
    if answer.list && !operation.reads() {
        return Err("it writes and answers with a list".to_owned());
    }
    let found = service.found(&operation.path);
    let input = input(operation, found.as_ref())?;
    let name = service.name(operation);
    let row = service.row(&answer.row, &name);
    let effect = match operation.method {
        _ if operation.reads() => "read",
        "post" => "create",
        "delete" => "delete",
        _ => "update",
    };
    let summary = operation.summary.as_deref();
    let mut entries = vec![
        entry("name", json!(name)),
        entry("title", json!(words::title(summary, &name))),
        entry("description", json!(words::description(summary, operation.description.as_deref()))),
        Entry {
            key: "permission",
            value: json!(TODO),
            comment: vec!["Decide: the permission that a person must hold for this.".to_owned()],
        },
        entry("effect", json!(effect)),
    ];
    if !input.properties.is_empty() || input.paged {
        entries.push(entry("input", arguments(&input)));
    }
    entries.push(entry("request", request(operation, &input, found.as_ref())));
    if !operation.reads() {
        entries.push(entry("question", question(operation, &input, found.as_ref())));
    }
    let alone = is_found(&input, found.as_ref()) && operation.method == "get";
    let at = if alone { String::new() } else { answer.at.clone() };
    entries.push(entry("answer", answered(answer, &at, &row, input.paged)));
    entries.push(Entry {
        key: "scope",
        value: json!(TODO),
        comment: vec![
            "Decide: what keeps this inside the person's places.".to_owned(),
            match &input.record {
                Some(record) => format!("Perhaps: {{resolved: {record}}}"),
                None => perhaps(&answer.row, false),
            },
        ],
    });
    let mut head = vec![format!("{}, drafted from {}.", operation.label(), service.file_name())];
    head.extend(input.lost.iter().map(|lost| format!("Not sent: {lost}")));
    let text = yaml::file(&head, &entries);
    let resolver = found.map(|found| found.resolver);
    Ok((Draft { name: PathBuf::from(format!("{name}.yaml")), text }, resolver))
}

/// A guess at a scope, for the comment above it.
pub(super) fn perhaps(row: &Shape, resolver: bool) -> String {
    let fields = row.fields().map(|fields| fields.all.as_slice()).unwrap_or_default();
    let place = |names: &[&str]| {
        let field = fields.iter().find(|(name, _)| names.contains(&name.as_str()))?;
        Some(pointer(&field.0))
    };
    let site = place(&["siteId", "site_id", "siteID", "buildingId", "building_id"]);
    let location = place(&["locationIds", "location_ids"]);
    match (site, location) {
        (Some(site), Some(location)) => {
            format!("Perhaps: {{filter: {{site: {site}, location: {location}}}}}")
        }
        (Some(site), None) => format!("Perhaps: {{filter: {{site: {site}}}}}"),
        _ if resolver => {
            "Decide: filter, or none: the reason why everybody may find each".to_owned()
        }
        _ => "No field looks like a site: filter, push, or none: the reason".to_owned(),
    }
}

fn entry(key: &'static str, value: Value) -> Entry {
    Entry { key, value, comment: Vec::new() }
}

/// True where the record that was looked up is the answer already.
fn is_found(input: &Input, found: Option<&Found>) -> bool {
    let whole = found.is_some_and(|found| found.whole);
    whole && input.query.is_empty() && input.headers.is_empty() && input.body.is_none()
}

fn arguments(input: &Input) -> Value {
    let mut written = Map::new();
    if input.paged {
        written.insert("use".into(), json!(["page"]));
    }
    if !input.properties.is_empty() {
        written.insert("properties".into(), Value::Object(input.properties.clone()));
    }
    if !input.required.is_empty() {
        written.insert("required".into(), json!(input.required));
    }
    Value::Object(written)
}

fn request(operation: &Operation, input: &Input, found: Option<&Found>) -> Value {
    if let Some(record) = input.record.as_ref().filter(|_| is_found(input, found))
        && operation.method == "get"
    {
        return json!({"found": record});
    }
    let mut request = Map::new();
    request.insert(operation.method.into(), Value::Array(input.path.clone()));
    if operation.safe {
        request.insert("safe".into(), true.into());
    }
    for (key, pairs) in [("query", &input.query), ("headers", &input.headers)] {
        if !pairs.is_empty() {
            request.insert(key.into(), Value::Object(pairs.clone()));
        }
    }
    if let Some(body) = &input.body {
        request.insert("body".into(), body.clone());
    }
    Value::Object(request)
}

fn answered(answer: &Answer, at: &str, row: &str, paged: bool) -> Value {
    let mut written = Map::new();
    written.insert(if answer.list { "items" } else { "record" }.into(), json!(at));
    if let Some(token) = answer.token.as_ref().filter(|_| paged) {
        written.insert("more".into(), json!({"token": token}));
    }
    written.insert("row".into(), json!(row));
    Value::Object(written)
}

/// What the person is asked: every argument that is sent, and for a change what it was before.
fn question(operation: &Operation, input: &Input, found: Option<&Found>) -> Value {
    let title = words::title(operation.summary.as_deref(), &operation.template);
    let title: String = title.chars().filter(|c| !"{}".contains(*c)).collect();
    let shown =
        found.filter(|_| input.record.is_some()).and_then(|found| names(&found.shape, &found.id));
    let hole = shown.map(|at| format!(" {{{at}}}")).unwrap_or_default();
    let mut question = Map::new();
    question.insert("title".into(), json!(format!("{TODO}: {title}{hole}?")));
    let changes = matches!(operation.method, "put" | "patch" | "delete");
    let key = if changes { "before" } else { "about" };
    match &input.record {
        Some(record) => {
            question.insert(key.into(), json!(record));
        }
        None if changes => {
            question.insert(key.into(), json!(TODO));
        }
        None => {}
    }
    let mut lines: [(&str, Vec<Value>); 2] = [("diff", Vec::new()), ("show", Vec::new())];
    let [(_, diff), (_, show)] = &mut lines;
    for (argument, at) in &input.sent {
        let mut line = Map::new();
        line.insert("label".into(), json!(words::label(argument)));
        let before = at.as_ref().filter(|at| {
            let record = found.filter(|_| changes && input.record.is_some());
            record.is_some_and(|found| holds(&found.shape, at))
        });
        if let Some(before) = before {
            line.insert("from".into(), json!(before));
        }
        line.insert("to".into(), json!({"arg": argument}));
        let list = if before.is_some() { &mut *diff } else { &mut *show };
        list.push(Value::Object(line));
    }
    for (key, lines) in lines.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        question.insert(key.into(), Value::Array(lines));
    }
    Value::Object(question)
}

/// By which of its fields people know a record.
fn names(shape: &Shape, id: &str) -> Option<String> {
    let fields = shape.fields()?;
    let known = ["name", "title", "label", "summary", "number"];
    let text = |name: &&str| fields.get(name).is_some_and(|shape| shape.kind == Kind::Text);
    let named = known.into_iter().find(text).map(pointer);
    Some(named.unwrap_or_else(|| id.to_owned()))
}

/// Has the record what this pointer into the body names?
fn holds(shape: &Shape, at: &str) -> bool {
    let mut shape = shape;
    for key in at.split('/').skip(1) {
        let key = key.replace("~1", "/").replace("~0", "~");
        let Some(inner) = shape.fields().and_then(|fields| fields.get(&key)) else { return false };
        shape = inner;
    }
    true
}
