//! Scope rules: leaving one out is an error, and so is one that can't hold what it says.

use serde_json::Value;

use crate::catalog::document::{Problems, Spot};
use crate::catalog::raw::{RawFilter, RawScope};
use crate::catalog::scope_rule::{Filter, PlaceFilter, ScopeRule};
use crate::catalog::template::Leaf;

use super::template::{Names, hole};
use super::{Known, Service, pointer};

/// What a scope rule may refer to.
pub(super) struct Context<'a> {
    pub names: &'a Names,
    pub known: &'a Known,
    pub service: &'a Service,
}

/// Reads a scope rule.
pub(super) fn scope(
    raw: &RawScope,
    context: &Context<'_>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<ScopeRule> {
    let push = match raw.push.as_deref() {
        None => false,
        Some("sites") => true,
        Some(_) => {
            spot.child("push").problem(problems, "write push: sites");
            return None;
        }
    };
    let resolved = resolved(raw.resolved.as_ref(), context.names, spot, problems)?;
    let filter = match &raw.filter {
        Some(raw) => Some(filter(raw, context, &spot.child("filter"), problems)?),
        None => None,
    };
    let says_something = push || filter.is_some() || !resolved.is_empty();
    match &raw.none {
        Some(reason) if reason.is_empty() || reason == "TODO" => {
            spot.child("none").problem(problems, "write the reason why there is nothing to hold");
            return None;
        }
        Some(_) if says_something => {
            spot.child("none").problem(problems, "'none' stands alone");
            return None;
        }
        None if !says_something => {
            spot.problem(problems, "write push, filter, resolved, or none: the reason");
            return None;
        }
        _ => {}
    }
    Some(ScopeRule { push, filter, resolved, none: raw.none.clone() })
}

fn resolved(
    raw: Option<&Value>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let listed: Vec<&str> = match raw {
        None => Vec::new(),
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(_) => vec![""],
    };
    let spot = spot.child("resolved");
    let before = problems.count();
    for name in &listed {
        if !names.resolved.contains(*name) {
            spot.problem(problems, format!("'{name}' isn't an argument with resolve"));
        }
    }
    (problems.count() == before).then(|| listed.into_iter().map(str::to_owned).collect())
}

fn filter(
    raw: &RawFilter,
    context: &Context<'_>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Filter> {
    if let Some(at) = &raw.equal {
        let at = pointer(at, &spot.child("equal"), problems)?;
        let below = spot.child("to");
        let to = raw.to.as_ref().and_then(Value::as_object);
        let hole = to.and_then(|map| hole(map, context.names, &below, problems));
        let Some(Leaf::Found { argument, at: found }) = hole.map(|hole| hole.leaf) else {
            below.problem(problems, "write to: {found: ARGUMENT, at: /pointer}");
            return None;
        };
        return Some(Filter::Equal { at, argument, found });
    }
    let mut place = |text: &Option<String>, key: &str| match text {
        Some(text) => pointer(text, &spot.child(key), problems).map(Some),
        None => Some(None),
    };
    let site = place(&raw.site, "site")?;
    let location = place(&raw.location, "location")?;
    if site.is_none() && location.is_none() {
        spot.problem(problems, "say where a row names its place: site, location, or both");
        return None;
    }
    let mut above = Vec::new();
    for (index, text) in raw.above.iter().enumerate() {
        above.push(pointer(text, &spot.child("above").child(index), problems)?);
    }
    let places = match &raw.places {
        Some(name) => {
            let known = context.known.resolver(context.service, name).cloned();
            if known.is_none() {
                spot.child("places").problem(problems, format!("there is no resolver '{name}'"));
            }
            Some(known?)
        }
        None => None,
    };
    if above.is_empty() != places.is_none() {
        spot.problem(problems, "'above' and 'places' go together");
        return None;
    }
    Some(Filter::Place(PlaceFilter { site, location, above, places }))
}
