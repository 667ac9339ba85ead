//! What a query finds among the sample twins.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value};

use super::graph::Graph;
use super::language::{Expression, From, Path, Query, Select};
use crate::demo::fields::text;

/// One combination of the collections' members, by their names in the query.
#[derive(Clone)]
struct Found<'a> {
    first: (&'a str, &'a Value),
    joined: Vec<(&'a str, &'a Value)>,
}

impl<'a> Found<'a> {
    fn of(name: &'a str, member: &'a Value) -> Self {
        Self { first: (name, member), joined: Vec::new() }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        let all = std::iter::once(&self.first).chain(&self.joined);
        all.rev().find(|(own, _)| *own == name).map(|(_, member)| *member)
    }
}

/// Some of the rows that a query finds, in the order of the records, and how many it finds; for a count one
/// row with it.
pub(super) fn rows(query: &Query, graph: &Graph, shown: Range<usize>) -> (Vec<Value>, usize) {
    let first = first(query, graph);
    let mut found: Vec<Found<'_>> =
        first.into_iter().map(|row| Found::of(&query.alias, row)).collect();
    if query.joins.is_empty() {
        found.retain(|row| holds(query, row, graph));
    }
    for join in &query.joins {
        found = found.iter().flat_map(|row| joined(row, join, query, graph)).collect();
    }
    if !query.joins.is_empty() {
        found.retain(|row| holds(query, row, graph));
    }
    let all = found.len();
    let page = found.get(shown.start..shown.end.min(all)).unwrap_or_default().iter();
    match &query.select {
        Select::Count => (vec![serde_json::json!({"COUNT": all})], 1),
        Select::All => (page.map(|row| row.first.1.clone()).collect(), all),
        Select::Named(names) => {
            let named = |row: &Found<'_>| -> Map<String, Value> {
                names
                    .iter()
                    .filter_map(|name| Some((name.clone(), row.get(name)?.clone())))
                    .collect()
            };
            (page.map(|row| Value::Object(named(row))).collect(), all)
        }
    }
}

/// The members of the first collection that may fit: where ids are listed, no others are looked at.
fn first<'a>(query: &Query, graph: &'a Graph) -> Vec<&'a Value> {
    let listed = |name: &str| {
        let conditions = match query.condition.as_ref()? {
            Expression::And(several) => several.as_slice(),
            one => std::slice::from_ref(one),
        };
        conditions.iter().find_map(|one| match one {
            Expression::In(path, false, ids)
                if path.alias == query.alias && path.names == [name] =>
            {
                let ids: BTreeSet<&str> = ids.iter().filter_map(Value::as_str).collect();
                Some(ids)
            }
            _ => None,
        })
    };
    match query.from {
        From::Twins => match listed("$dtId") {
            Some(ids) => ids.into_iter().filter_map(|id| graph.twin(id)).collect(),
            None => graph.twins.iter().collect(),
        },
        From::Relationships => match (listed("$sourceId"), listed("$targetId")) {
            (Some(ids), _) => ids.into_iter().flat_map(|id| graph.going_out(id)).collect(),
            (_, Some(ids)) => ids.into_iter().flat_map(|id| graph.coming_in(id)).collect(),
            _ => graph.relationships.iter().collect(),
        },
    }
}

/// A row with each twin that its twin is related to.
fn joined<'a>(
    row: &Found<'a>,
    join: &'a super::language::Join,
    query: &Query,
    graph: &'a Graph,
) -> Vec<Found<'a>> {
    let Some(source) = row.get(&join.of) else { return Vec::new() };
    // What the query says of this twin alone is asked first: a join over everything takes long.
    if !may_hold(query.condition.as_ref(), &join.of, source) {
        return Vec::new();
    }
    let source = text(source, "$dtId");
    let steps = graph.going_out(source);
    let steps = steps.filter(|one| text(one, "$relationshipName") == join.relationship);
    let twins = steps.filter_map(|one| graph.twin(text(one, "$targetId")));
    twins
        .map(|twin| {
            let mut row = row.clone();
            row.joined.push((&join.alias, twin));
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
            at(path, &Found::of(alias, twin)) == Some(value)
        }
        _ => true,
    }
}

fn holds(query: &Query, row: &Found<'_>, graph: &Graph) -> bool {
    query.condition.as_ref().is_none_or(|condition| condition.holds(row, graph))
}

fn at<'a>(path: &Path, row: &Found<'a>) -> Option<&'a Value> {
    let mut value = row.get(&path.alias)?;
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
                let own = row.get(alias).and_then(|twin| twin.pointer("/$metadata/$model"));
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
