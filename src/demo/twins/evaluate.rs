//! What a query finds among the sample twins.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::graph::Graph;
use super::language::{Expression, From, Path, Query, Select};
use crate::demo::fields::text;

/// One combination of the collections' members, by their names in the query.
type Found<'a> = BTreeMap<&'a str, &'a Value>;

/// The rows that a query finds, in the order of the records; for a count one row with it.
pub(super) fn rows(query: &Query, graph: &Graph) -> Vec<Value> {
    let first = match query.from {
        From::Twins => &graph.twins,
        From::Relationships => &graph.relationships,
    };
    let mut found: Vec<Found<'_>> =
        first.iter().map(|row| Found::from([(query.alias.as_str(), row)])).collect();
    if query.joins.is_empty() {
        found.retain(|row| holds(query, row, graph));
    }
    for join in &query.joins {
        found = found.into_iter().flat_map(|row| joined(row, join, query, graph)).collect();
    }
    if !query.joins.is_empty() {
        found.retain(|row| holds(query, row, graph));
    }
    match &query.select {
        Select::Count => vec![serde_json::json!({"COUNT": found.len()})],
        Select::All => {
            let first = found.iter().filter_map(|row| row.get(query.alias.as_str()));
            first.map(|row| (*row).clone()).collect()
        }
        Select::Named(names) => {
            let named = |row: &Found<'_>| -> Map<String, Value> {
                let own = names
                    .iter()
                    .filter_map(|name| Some((name.clone(), (*row.get(name.as_str())?).clone())));
                own.collect()
            };
            found.iter().map(|row| Value::Object(named(row))).collect()
        }
    }
}

/// A row with each twin that its twin is related to.
fn joined<'a>(
    row: Found<'a>,
    join: &'a super::language::Join,
    query: &Query,
    graph: &'a Graph,
) -> Vec<Found<'a>> {
    let Some(source) = row.get(join.of.as_str()).copied() else { return Vec::new() };
    // What the query says of this twin alone is asked first: a join over everything takes long.
    if !may_hold(query.condition.as_ref(), &join.of, source) {
        return Vec::new();
    }
    let source = text(source, "$dtId");
    let steps = graph.relationships.iter().filter(|one| {
        text(one, "$sourceId") == source && text(one, "$relationshipName") == join.relationship
    });
    let twins = steps.filter_map(|one| graph.twin(text(one, "$targetId")));
    twins
        .map(|twin| {
            let mut row = row.clone();
            row.insert(join.alias.as_str(), twin);
            row
        })
        .collect()
}

/// False where a comparison that must hold doesn't hold for this twin.
fn may_hold(condition: Option<&Expression>, alias: &str, twin: &Value) -> bool {
    match condition {
        Some(Expression::And(several)) => {
            several.iter().all(|one| may_hold(Some(one), alias, twin))
        }
        Some(Expression::Compare(path, "=", value)) if path.alias == alias => {
            at(path, &Found::from([(alias, twin)])) == Some(value)
        }
        _ => true,
    }
}

fn holds(query: &Query, row: &Found<'_>, graph: &Graph) -> bool {
    query.condition.as_ref().is_none_or(|condition| condition.holds(row, graph))
}

fn at<'a>(path: &Path, row: &Found<'a>) -> Option<&'a Value> {
    let mut value = *row.get(path.alias.as_str())?;
    for name in &path.names {
        value = value.get(name)?;
    }
    Some(value)
}

impl Expression {
    fn holds(&self, row: &Found<'_>, graph: &Graph) -> bool {
        match self {
            Self::And(several) => several.iter().all(|one| one.holds(row, graph)),
            Self::Or(several) => several.iter().any(|one| one.holds(row, graph)),
            Self::Not(one) => !one.holds(row, graph),
            Self::Compare(path, sign, value) => {
                at(path, row).is_some_and(|own| compares(own, sign, value))
            }
            Self::In(path, not, values) => {
                at(path, row).is_some_and(|own| values.iter().any(|one| same(own, one)) != *not)
            }
            Self::Text(function, path, part) => {
                let own = at(path, row).and_then(Value::as_str);
                own.is_some_and(|own| match *function {
                    "CONTAINS" => own.contains(part),
                    "STARTSWITH" => own.starts_with(part),
                    _ => own.ends_with(part),
                })
            }
            Self::Defined(path) => at(path, row).is_some(),
            Self::OfModel(alias, model, exact) => {
                let own =
                    row.get(alias.as_str()).and_then(|twin| twin.pointer("/$metadata/$model"));
                let own = own.and_then(Value::as_str);
                own.is_some_and(|own| graph.models.is_of(own, model, *exact))
            }
        }
    }
}

fn same(own: &Value, other: &Value) -> bool {
    order(own, other) == Some(Ordering::Equal)
}

fn compares(own: &Value, sign: &str, other: &Value) -> bool {
    let order = order(own, other);
    match sign {
        "=" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        "<" => order == Some(Ordering::Less),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        ">" => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Values of one kind have an order; others have none.
fn order(own: &Value, other: &Value) -> Option<Ordering> {
    match (own, other) {
        (Value::Number(own), Value::Number(other)) => own.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::String(own), Value::String(other)) => Some(own.cmp(other)),
        (Value::Bool(own), Value::Bool(other)) => Some(own.cmp(other)),
        _ => None,
    }
}
