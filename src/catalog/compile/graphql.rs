//! GraphQL queries of definition files: one literal document, of which only the variables are filled.
//! It only reads, and what it declares is what the file gives.

use std::collections::BTreeSet;

use apollo_parser::Parser;
use apollo_parser::cst::{self, CstNode as _};
use http::Method;
use serde_json::{Map, Value};

use crate::catalog::document::Spot;
use crate::catalog::http_request::{ByEffect, Dialect, HttpRequest};
use crate::catalog::problem::Problems;
use crate::catalog::template::Template;

use super::names::Names;
use super::push::may_be_absent;
use super::template::template;

/// Faults of one document that are told; those after them mostly follow from them.
const MAX_FAULTS: usize = 3;
/// Deeper selections are no query that a person wrote.
const DEEPEST: usize = 64;

/// Reads a query with its variables.
pub(super) fn request(
    written: &str,
    variables: &Map<String, Value>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<ByEffect> {
    let below = spot.child("variables");
    let filled: Vec<(String, Template)> = variables
        .iter()
        .map(|(name, value)| (name.clone(), template(value, names, &below.child(name), problems)))
        .collect();
    let spot = spot.child("graphql");
    let query = query(written, &spot, problems)?;
    check_variables(&query, &filled, names, (&spot, &below), problems);
    let literal = |text: &str| Template::Literal(text.into());
    let body = Template::Object(vec![
        ("query".to_owned(), literal(written)),
        ("operationName".to_owned(), literal(&query.name)),
        ("variables".to_owned(), Template::Object(filled)),
    ]);
    // The base URL is the endpoint itself.
    let request = HttpRequest {
        dialect: Dialect::Graphql,
        method: Method::POST,
        path: Vec::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Some(body),
    };
    Some(ByEffect::judge(request, true))
}

/// A document's one query.
struct Query {
    name: String,
    declared: Vec<Variable>,
    used: BTreeSet<String>,
}

struct Variable {
    name: String,
    /// Non-null and without a default: a request without it is refused.
    demanded: bool,
}

fn query(written: &str, spot: &Spot<'_>, problems: &mut Problems) -> Option<Query> {
    let tree = Parser::new(written).recursion_limit(DEEPEST).parse();
    let mut faults = tree.errors().peekable();
    if faults.peek().is_some() {
        for fault in faults.take(MAX_FAULTS) {
            let upto = written.get(..fault.index()).unwrap_or(written);
            let line = upto.matches('\n').count() + 1;
            let text = format!("not GraphQL, in line {line} of the query: {}", fault.message());
            spot.problem(problems, text);
        }
        return None;
    }
    let document = tree.document();
    let mut operations = Vec::new();
    for definition in document.definitions() {
        match definition {
            cst::Definition::OperationDefinition(operation) => operations.push(operation),
            cst::Definition::FragmentDefinition(_) => {}
            _ => spot.problem(problems, "write a query and its fragments, and nothing else"),
        }
    }
    let [operation] = operations.as_slice() else {
        spot.problem(problems, "write exactly one query");
        return None;
    };
    let kind = operation.operation_type();
    if kind.is_some_and(|kind| kind.query_token().is_none()) {
        spot.problem(problems, "only a query reads: no mutation, no subscription");
        return None;
    }
    let Some(name) = operation.name() else {
        let text = "give the query a name, by which its service's log knows it: query NAME { … }";
        spot.problem(problems, text);
        return None;
    };
    let definitions = operation.variable_definitions();
    let definitions = definitions.iter().flat_map(cst::VariableDefinitions::variable_definitions);
    let declared = definitions.filter_map(|definition| {
        let name = definition.variable()?.name()?.text().to_string();
        let demanded = matches!(definition.ty(), Some(cst::Type::NonNullType(_)))
            && definition.default_value().is_none();
        Some(Variable { name, demanded })
    });
    let declared = declared.collect();
    let variables = document.syntax().descendants().filter_map(cst::Variable::cast);
    let used = variables.filter(|variable| {
        let parent = variable.syntax().parent();
        parent.is_none_or(|parent| cst::VariableDefinition::cast(parent).is_none())
    });
    let used = used.filter_map(|variable| Some(variable.name()?.text().to_string())).collect();
    Some(Query { name: name.text().to_string(), declared, used })
}

/// The variables that are declared, used and given are the same.
fn check_variables(
    query: &Query,
    filled: &[(String, Template)],
    names: &Names,
    (spot, below): (&Spot<'_>, &Spot<'_>),
    problems: &mut Problems,
) {
    for Variable { name, demanded } in &query.declared {
        if !query.used.contains(name) {
            let text = format!("the query declares ${name} and uses it nowhere: take it away");
            spot.problem(problems, text);
            continue;
        }
        match filled.iter().find(|(given, _)| given == name) {
            None => {
                let text = format!("the query declares ${name}: say under variables what fills it");
                spot.problem(problems, text);
            }
            Some((_, template)) if *demanded && may_be_absent(template, names) => {
                let text = format!(
                    "the query demands ${name}, and this may be absent: take the ! from its type, \
                     or make the argument required"
                );
                below.child(name).problem(problems, text);
            }
            Some(_) => {}
        }
    }
    let declared = |name: &String| query.declared.iter().any(|variable| variable.name == *name);
    for name in query.used.iter().filter(|name| !declared(name)) {
        spot.problem(problems, format!("the query uses ${name}, and doesn't declare it"));
    }
    let unknown = |name: &String| !declared(name) && !query.used.contains(name);
    for (name, _) in filled.iter().filter(|(name, _)| unknown(name)) {
        let text = format!("the query has no ${name}: declare and use it, or take this away");
        below.child(name).problem(problems, text);
    }
}
