//! What definitions ask of Azure Digital Twins: `request: {adt: {twins: {…}}}`. Read here into a
//! request whose body holds the leaves; the backend kind `adt` makes queries of it. What is asked has
//! a closed form, so that nothing of a query's own text stands in a definition.

use http::Method;
use serde_json::Value;

use crate::catalog::document::{Document, Spot};
use crate::catalog::http_request::{ByEffect, Dialect, HttpRequest, SafeRequest};
use crate::catalog::problem::Problems;
use crate::catalog::scope_rule::{Filter, ScopeRule};
use crate::catalog::template::{Leaf, Template};
use crate::catalog::tool::Plan;

use super::names::Names;
use super::template::template;

/// What can be asked, with the keys that each takes; those that must be there come first.
const FORMS: [(&str, usize, &[&str]); 7] = [
    (
        "twins",
        0,
        &["sites", "models", "subtypes", "search", "where", "related", "pageSize", "after"],
    ),
    ("count", 0, &["sites", "models", "subtypes", "search", "where"]),
    ("twin", 1, &["id", "relationships"]),
    ("relationships", 1, &["of", "direction", "names", "pageSize", "after"]),
    ("walk", 1, &["from", "paths", "depth", "nodes"]),
    ("models", 0, &["search", "below", "pageSize", "after"]),
    ("model", 1, &["id"]),
];

/// Reads what is asked.
pub(super) fn request(
    asked: &Value,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<SafeRequest> {
    let only = asked.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next());
    let form = only.and_then(|(key, value)| {
        let form = FORMS.iter().find(|(form, ..)| form == key)?;
        Some((form, value.as_object()?))
    });
    let Some(((name, needed, keys), fields)) = form else {
        let known: Vec<&str> = FORMS.iter().map(|(form, ..)| *form).collect();
        spot.problem(
            problems,
            format!("write one of {}, with a map of its keys", known.join(", ")),
        );
        return None;
    };
    let below = spot.child(name);
    let mut absent = keys.iter().take(*needed).filter(|key| !fields.contains_key(**key));
    if let Some(key) = absent.next() {
        below.problem(problems, format!("'{name}' needs '{key}'"));
        return None;
    }
    let mut read = Vec::with_capacity(fields.len());
    for (key, value) in fields {
        let spot = below.child(key);
        if !keys.contains(&key.as_str()) {
            let text = format!("no such key; '{name}' takes {}", keys.join(", "));
            spot.problem(problems, text);
            continue;
        }
        let value = template(value, names, &spot, problems);
        check_leaf(key, &value, &spot, problems);
        read.push((key.clone(), value));
    }
    let request = HttpRequest {
        dialect: Dialect::Adt,
        method: Method::POST,
        path: vec![Template::Literal("query".into())],
        query: Vec::new(),
        headers: Vec::new(),
        body: Some(Template::Object(vec![((*name).to_owned(), Template::Object(read))])),
    };
    match ByEffect::judge(request, true) {
        ByEffect::Safe(request) => Some(request),
        ByEffect::Write(_) => None,
    }
}

/// The keys that hold something inside the scope, or say where a list goes on, take that leaf only.
fn check_leaf(key: &str, value: &Template, spot: &Spot<'_>, problems: &mut Problems) {
    let leaf = match value {
        Template::Hole(hole) if hole.only_if.is_none() => Some(&hole.leaf),
        _ => None,
    };
    let text = match (key, leaf) {
        ("sites", Some(Leaf::Sites { .. }))
        | ("after", Some(Leaf::Token))
        | ("of" | "from" | "id", Some(Leaf::Found { .. } | Leaf::By)) => return,
        ("sites", _) => "write {scope: sites}",
        ("after", _) => "write {cursor: token}",
        ("of" | "from" | "id", _) => {
            "write {found: ARGUMENT, at: /id}, or {by: id} in a resolver: what is named is looked up"
        }
        _ => return,
    };
    spot.problem(problems, text);
}

/// What goes from one twin to others asks the scope at each of them, by the tool's own filter.
pub(super) fn agree(plan: &Plan, scope: &ScopeRule, document: &Document, problems: &mut Problems) {
    let Some(request) = plan.request() else { return };
    if goes_on(request) && !matches!(scope.filter, Some(Filter::Place(_))) {
        document.at("/scope").problem(
            problems,
            "each twin on the way is judged by where it lies: filter: {site: /siteId}",
        );
    }
}

/// True where more twins are asked for than those that the request names or whose sites it says.
pub(super) fn goes_on(request: &HttpRequest) -> bool {
    let forms = match &request.body {
        Some(Template::Object(forms)) if request.dialect == Dialect::Adt => forms,
        _ => return false,
    };
    forms.iter().any(|(form, fields)| {
        let has = |key: &str| match fields {
            Template::Object(fields) => fields.iter().any(|(own, _)| own == key),
            _ => false,
        };
        match form.as_str() {
            "walk" => true,
            "twins" => has("related"),
            "twin" => has("relationships"),
            _ => false,
        }
    })
}
