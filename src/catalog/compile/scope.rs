//! Scope rules as they are written. That one holds what it says is for `fence` to judge.

use serde_json::Value;

use crate::catalog::document::Spot;
use crate::catalog::pointer::Pointer;
use crate::catalog::problem::Problems;
use crate::catalog::raw::{RawFilter, RawPrivate, RawScope};
use crate::catalog::scope_rule::{Filter, PlaceFilter, Private, ScopeRule};
use crate::catalog::spread::{Key, Spread};
use crate::catalog::template::Leaf;

use super::names::Names;
use super::template::leaf;
use super::{Known, Service, decided, pointer};

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
    let before = problems.count();
    let push = raw.push.is_some();
    if raw.push.as_ref().is_some_and(|push| push != "sites") {
        spot.child("push").problem(problems, "write push: sites");
    }
    let below = spot.child("resolved");
    let resolved = resolved(raw.resolved.as_ref(), context.names, &below, problems);
    let filter =
        raw.filter.as_ref().and_then(|raw| filter(raw, context, &spot.child("filter"), problems));
    let says_something = push || raw.filter.is_some() || raw.resolved.is_some();
    match &raw.none {
        Some(_) if says_something => {
            spot.child("none").problem(problems, "'none' stands alone");
        }
        Some(reason) if !decided(reason) => {
            spot.child("none").problem(problems, "write the reason why there is nothing to hold");
        }
        None if !says_something => {
            spot.problem(problems, "write push, filter, resolved, or none: the reason");
        }
        _ => {}
    }
    (problems.count() == before).then(|| ScopeRule {
        push,
        filter,
        resolved,
        none: raw.none.clone(),
    })
}

fn resolved(
    raw: Option<&Value>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Vec<String> {
    let listed: Option<Vec<&str>> = match raw {
        None => return Vec::new(),
        Some(Value::String(name)) => Some(vec![name]),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    let Some(listed) = listed.filter(|listed| !listed.is_empty()) else {
        spot.problem(problems, "write the argument that names the record, or a list of such");
        return Vec::new();
    };
    for name in &listed {
        if names.in_resolver {
            spot.problem(problems, "a resolver's scope is push, filter, or none: the reason");
        } else if names.record(name).is_none() {
            spot.problem(problems, format!("'{name}' isn't an argument with resolve"));
        }
    }
    listed.into_iter().map(str::to_owned).collect()
}

fn filter(
    raw: &RawFilter,
    context: &Context<'_>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Filter> {
    let of_place = [
        ("site", raw.site.is_some()),
        ("every", raw.every),
        ("private", raw.private.is_some()),
        ("location", raw.location.is_some()),
        ("any_of", raw.any_of.is_some()),
        ("within", !raw.within.is_empty()),
        ("above", !raw.above.is_empty()),
        ("places", raw.places.is_some()),
    ];
    match (&raw.equal, &raw.to) {
        (Some(at), Some(to)) => {
            for (key, _) in of_place.iter().filter(|(_, there)| *there) {
                spot.child(key).problem(problems, "'equal' stands alone: this wouldn't be asked");
            }
            equal(at, to, context, spot, problems)
        }
        (None, None) => place(raw, context, spot, problems),
        _ => {
            spot.problem(
                problems,
                "'equal' and 'to' go together: equal: /pointer, to: {found: ARGUMENT, at: /pointer}",
            );
            None
        }
    }
}

fn equal(
    at: &str,
    to: &Value,
    context: &Context<'_>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Filter> {
    let at = pointer(at, &spot.child("equal"), problems);
    let below = spot.child("to");
    let before = problems.count();
    let to = leaf(to, context.names, &below, problems);
    if let (Some(at), Some(Leaf::Found { argument, at: found })) = (at, to) {
        return Some(Filter::Equal { at, argument, found });
    }
    if problems.count() == before {
        below.problem(problems, "write to: {found: ARGUMENT, at: /pointer}");
    }
    None
}

/// Where a row holds a text: a JSON Pointer, or `{at: POINTER, after: PREFIX}`.
pub(super) fn key(written: &Value, spot: &Spot<'_>, problems: &mut Problems) -> Option<Key> {
    let (at, after) = match written {
        Value::String(at) => (Some(at.as_str()), None),
        Value::Object(map) => {
            let known = map.iter().all(|(key, value)| {
                (key == "at" || key == "after")
                    && value.as_str().is_some_and(|text| key == "at" || !text.is_empty())
            });
            let text = |key: &str| map.get(key).and_then(Value::as_str).filter(|_| known);
            (text("at"), text("after"))
        }
        _ => (None, None),
    };
    let at = at.and_then(Spread::parse);
    if at.is_none() {
        spot.problem(
            problems,
            "write a JSON Pointer such as /siteId, or {at: /identities/*/value, after: PREFIX}, \
             where * stands for every element of a list",
        );
    }
    Some(Key { at: at?, after: after.map(str::to_owned) })
}

fn place(
    raw: &RawFilter,
    context: &Context<'_>,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Filter> {
    let site = raw.site.as_ref().and_then(|site| key(site, &spot.child("site"), problems));
    let location = raw.location.as_ref();
    let location = location.and_then(|at| pointer(at, &spot.child("location"), problems));
    if raw.site.is_none() {
        spot.problem(
            problems,
            "say where a row names its site: site: /pointer (and location: /pointer where it names \
             its locations); people who hold whole sites are judged by it",
        );
    }
    let above = fields(&raw.above, &spot.child("above"), problems);
    let within = fields(&raw.within, &spot.child("within"), problems);
    let any_of = raw.any_of.as_ref();
    let any_of = any_of.and_then(|text| field(text, &spot.child("any_of"), problems));
    if any_of.is_some() && !above.is_empty() {
        let text = "a row that lists its places lies above none: take 'above' away";
        spot.child("any_of").problem(problems, text);
    }
    if context.names.in_resolver && !within.is_empty() {
        let text = "a resolver only finds the record: take this away, and write it in the filter \
                    of the tool that shows its lists";
        spot.child("within").problem(problems, text);
    }
    if context.names.in_resolver && (!raw.above.is_empty() || raw.places.is_some()) {
        let key = if raw.above.is_empty() { "places" } else { "above" };
        spot.child(key).problem(problems, "a resolver finds a record inside the scope only");
        return None;
    }
    let places = match &raw.places {
        Some(name) => {
            let spot = spot.child("places");
            context.known.resolver(context.service, name, &spot, problems)?.clone()
        }
        None => None,
    };
    if above.is_empty() != raw.places.is_none() {
        spot.problem(problems, "'above' and 'places' go together");
    } else if !above.is_empty() && raw.location.is_none() {
        spot.problem(problems, "'above' needs location: /pointer, the way up to a row's place");
    }
    if site.is_none() && location.is_none() {
        return None;
    }
    let every = raw.every;
    if every && (raw.location.is_some() || any_of.is_some() || !raw.above.is_empty()) {
        spot.child("every").problem(problems, "is for rows that name whole sites and nothing else");
    }
    let private = match &raw.private {
        Some(raw) => Some(private(raw, &spot.child("private"), problems)?),
        None => None,
    };
    Some(Filter::Place(PlaceFilter {
        site,
        every,
        private,
        location,
        any_of,
        within,
        above,
        places,
    }))
}

fn fields(texts: &[String], spot: &Spot<'_>, problems: &mut Problems) -> Vec<Pointer> {
    let read = texts.iter().enumerate();
    read.filter_map(|(index, text)| field(text, &spot.child(index), problems)).collect()
}

fn field(text: &str, spot: &Spot<'_>, problems: &mut Problems) -> Option<Pointer> {
    let at = pointer(text, spot, problems)?;
    if at.single_key().is_none() {
        spot.problem(problems, "write one of the row's own fields: /name");
    }
    Some(at)
}

fn private(raw: &RawPrivate, spot: &Spot<'_>, problems: &mut Problems) -> Option<Private> {
    let at = pointer(&raw.at, &spot.child("at"), problems);
    let owner = pointer(&raw.owner, &spot.child("owner"), problems);
    if raw.shared.trim().is_empty() {
        spot.child("shared").problem(problems, "write the value that is for everybody");
        return None;
    }
    Some(Private { at: at?, shared: raw.shared.clone(), owner: owner? })
}
