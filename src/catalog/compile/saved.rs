//! The key `snowflake` of a request: saved queries that are listed, found or run. No statement can be
//! written here: which one runs is a saved query's id, and all else is values.

use http::Method;
use serde_json::{Map, Value};

use crate::catalog::document::{Document, Spot};
use crate::catalog::http_request::{ByEffect, Dialect, HttpRequest, SafeRequest};
use crate::catalog::pointer::Pointer;
use crate::catalog::problem::Problems;
use crate::catalog::scope_rule::{Filter, ScopeRule};
use crate::catalog::template::{Hole, Leaf, Template};
use crate::catalog::tool::Plan;

use super::names::Names;
use super::template::template;

/// Where the rows of a saved query name their site, whatever its column is called.
const SITE: &str = "/siteId";

/// Reads what is asked of the saved queries.
pub(super) fn request(
    written: &Map<String, Value>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<SafeRequest> {
    let before = problems.count();
    let verbs = ["list", "find", "run"];
    let mut asked = verbs.iter().filter(|verb| written.contains_key(**verb));
    let (Some(verb), None) = (asked.next(), asked.next()) else {
        spot.problem(problems, "write one of list: queries, find: {by: id} and run: {found: …}");
        return None;
    };
    if (*verb == "find") != names.in_resolver {
        let text = "a resolver writes find: {by: id}; a tool writes list or run";
        spot.child(verb).problem(problems, text);
        return None;
    }
    let known: &[&str] = match *verb {
        "list" => &["list", "q"],
        "find" => &["find"],
        _ => &["run", "parameters", "sites", "cursor"],
    };
    let mut fields = Vec::new();
    for (key, value) in written {
        let spot = spot.child(key);
        if known.contains(&key.as_str()) {
            fields.push((key.clone(), template(value, names, &spot, problems)));
        } else {
            spot.problem(problems, format!("no such key; known here are {}", known.join(", ")));
        }
    }
    for (key, value) in &fields {
        if let Some(says) = mismatch(key, value) {
            spot.child(key).problem(problems, says);
        }
    }
    for key in ["sites", "cursor"] {
        if *verb == "run" && !written.contains_key(key) {
            let says = mismatch(key, &Template::Literal(Value::Null)).unwrap_or_default();
            spot.child(key).problem(problems, format!("is missing: {says}"));
        }
    }
    let request = HttpRequest {
        dialect: Dialect::Snowflake,
        method: Method::POST,
        path: Vec::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Some(Template::Object(fields)),
    };
    match ByEffect::judge(request, true) {
        ByEffect::Safe(request) if problems.count() == before => Some(request),
        _ => None,
    }
}

/// What a key takes, where it got something else.
fn mismatch(key: &str, value: &Template) -> Option<&'static str> {
    let leaf = match value {
        Template::Hole(Hole { leaf, only_if: None }) => Some(leaf),
        _ => None,
    };
    let (fits, says) = match key {
        "list" => (*value == Template::Literal("queries".into()), "write list: queries"),
        "find" => (matches!(leaf, Some(Leaf::By)), "write find: {by: id}"),
        // Located first, so that one who may not run it learns no more than that there is none.
        "run" => {
            (matches!(leaf, Some(Leaf::Found { .. })), "write run: {found: ARGUMENT, at: /id}")
        }
        "sites" => (matches!(leaf, Some(Leaf::Sites { .. })), "write sites: {scope: sites}"),
        "cursor" => (matches!(leaf, Some(Leaf::Token)), "write cursor: {cursor: token}"),
        "parameters" => {
            let own = matches!(leaf, Some(Leaf::Argument(name)) if name == "parameters");
            (
                own,
                "write parameters: {arg: parameters}: what is wrong with one is told by its place",
            )
        }
        _ => (matches!(leaf, Some(Leaf::Argument(_))), "write {arg: NAME}"),
    };
    (!fits).then_some(says)
}

/// That the rows of a saved query are judged, whatever its statement does.
pub(super) fn check(plan: &Plan, scope: &ScopeRule, document: &Document, problems: &mut Problems) {
    let request = plan.request().filter(|request| request.dialect == Dialect::Snowflake);
    let runs = request.is_some_and(|request| {
        matches!(&request.body, Some(Template::Object(fields)) if fields.iter().any(|(key, _)| key == "run"))
    });
    let site = Pointer::parse(SITE);
    let judged = match &scope.filter {
        Some(Filter::Place(place)) => {
            place.site.as_ref().zip(site).is_some_and(|(key, site)| key.is(&site))
        }
        _ => false,
    };
    if runs && !judged {
        let text =
            "the rows of a saved query are judged by its scope column: filter: {site: /siteId}";
        document.at("/scope").problem(problems, text);
    }
}
