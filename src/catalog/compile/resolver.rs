//! Resolvers of `_service.yaml`.

use http::Method;
use regex::Regex;
use serde_json::Value;

use crate::catalog::document::Spot;
use crate::catalog::http_request::{ByEffect, SafeRequest};
use crate::catalog::problem::Problems;
use crate::catalog::raw::{RawResolver, RawWay};
use crate::catalog::resolver::{EtagAt, RecordAt, Resolver, Way};
use crate::catalog::template::Leaf;

use super::http::{Parts, request};
use super::names::{Argument, Kind, Named, Names};
use super::scope::key;
use super::{Known, Service, adt, beside, graphql, pointer, push, saved, scope};

/// RFC 9562's text form.
const UUID: &str = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";

/// Reads a resolver.
pub(in crate::catalog) fn resolver(
    raw: &RawResolver,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Resolver> {
    let before = problems.count();
    // Each way with the place where it is written.
    let written: Vec<(&RawWay, Spot<'_>)> = match &raw.when {
        Some(ways) => {
            check_alone(&raw.way, spot, problems);
            let spot = spot.child("when");
            if ways.is_empty() {
                spot.problem(problems, "write at least one way to find the record");
            }
            ways.iter().enumerate().map(|(index, way)| (way, spot.child(index))).collect()
        }
        None => vec![(&raw.way, spot.clone())],
    };
    let names = names(raw);
    // A resolver's own scope refers to no other resolver.
    let context = scope::Context { names: &names, known: &Known::default(), service };
    let at = spot.child("scope");
    let scope = scope::scope(&raw.scope, &context, &at, problems);
    let mut ways = Vec::new();
    for (raw, spot) in &written {
        let Some(way) = way(raw, &names, spot, problems) else { continue };
        if let Some(scope) = &scope {
            push::check(scope.push, Some(way.request.http()), &names, &at, problems);
        }
        ways.push(way);
    }
    let all = raw.all.as_ref().and_then(|all| {
        let spot = spot.child("all");
        let names = Names { by_all: true, ..self::names(raw) };
        let raw = all;
        let way = way(raw, &names, &spot, problems)?;
        if let Some(scope) = &scope {
            push::check(scope.push, Some(way.request.http()), &names, &at, problems);
        }
        check_all(&way, raw, &spot, problems);
        Some(way)
    });
    let etag = match raw.etag.as_deref() {
        None => None,
        Some("header") => Some(EtagAt::Header),
        Some(at) => pointer(at, &spot.child("etag"), problems).map(EtagAt::Field),
    };
    if problems.count() > before {
        return None;
    }
    check_order(&ways, &written, problems);
    if etag == Some(EtagAt::Header) {
        check_etag(&ways, &written, problems);
    }
    let scope = scope.filter(|_| problems.count() == before)?;
    let beside = raw.beside.clone();
    Some(Resolver { backend: service.backend.clone(), ways, all, etag, scope, beside })
}

/// What a resolver refers to: the id, and records that the tool located before. Each tool that uses
/// the resolver is held to have them.
fn names(raw: &RawResolver) -> Names {
    let record = || Some(Named { resolver: None, held: true, many: false });
    let located = || Argument { always: true, kind: Kind::Text, record: record() };
    let arguments = raw.beside.iter().map(|name| (name.clone(), located())).collect();
    Names { arguments, ..Names::of_resolver() }
}

/// With `when`, what stands beside it would never be read.
fn check_alone(way: &RawWay, spot: &Spot<'_>, problems: &mut Problems) {
    let keys = [
        ("matches", way.matches.is_some()),
        ("get", way.get.is_some()),
        ("post", way.post.is_some()),
        ("safe", way.safe),
        ("query", !way.query.is_empty()),
        ("body", way.body.is_some()),
        ("graphql", way.graphql.is_some()),
        ("variables", !way.variables.is_empty()),
        ("adt", way.adt.is_some()),
        ("snowflake", way.snowflake.is_some()),
        ("record", way.record.is_some()),
        ("single", way.single.is_some()),
        ("again", way.again.is_some()),
    ];
    for (key, _) in keys.iter().filter(|(_, there)| *there) {
        spot.child(key).problem(problems, "with 'when' this belongs into one of its ways");
    }
}

/// A way that is never taken isn't what its author meant.
fn check_order(ways: &[Way], written: &[(&RawWay, Spot<'_>)], problems: &mut Problems) {
    let taken = ways.iter().position(|way| way.matches.is_none());
    for (index, (_, spot)) in written.iter().enumerate() {
        if taken.is_some_and(|taken| index > taken) {
            let text = "never reached: a way before it takes every id; give that one matches";
            spot.problem(problems, text);
        }
    }
    let whole = ways.iter().any(|way| way.again.is_none());
    for (way, (_, spot)) in ways.iter().zip(written) {
        if way.again.is_some() && !whole {
            let text = "'again' reads the record by its id: add a way that finds it so";
            spot.child("again").problem(problems, text);
        }
    }
}

/// The header of a list's answer says nothing of one of its elements.
fn check_etag(ways: &[Way], written: &[(&RawWay, Spot<'_>)], problems: &mut Problems) {
    for (way, (_, spot)) in ways.iter().zip(written) {
        let whole = matches!(&way.record, RecordAt::Pointer(at) if at.as_str().is_empty());
        if !whole && way.again.is_none() {
            let text = "the header's etag is that of the whole answer: add again: /id, so that the \
                        record is read by its id";
            spot.problem(problems, text);
        }
    }
}

/// Which of many records an id means is known by the id that each holds.
fn check_all(way: &Way, raw: &RawWay, spot: &Spot<'_>, problems: &mut Problems) {
    if !matches!(way.record, RecordAt::Where { .. }) {
        let text = "say where each record holds its id: record: {in: /items, where: /id}";
        spot.problem(problems, text);
    }
    if raw.again.is_some() {
        spot.child("again").problem(problems, "many at once are not read once more");
    }
    if !way.request.http().holes().any(|hole| hole.leaf == Leaf::ByAll) {
        spot.problem(
            problems,
            "nothing says which records are meant: put {by: ids} in the request",
        );
    }
}

fn way(raw: &RawWay, names: &Names, spot: &Spot<'_>, problems: &mut Problems) -> Option<Way> {
    if spot.is_spoilt(problems) {
        return None;
    }
    let before = problems.count();
    let matches = matches(raw.matches.as_deref(), &spot.child("matches"), problems);
    let again = raw.again.as_ref().and_then(|at| pointer(at, &spot.child("again"), problems));
    let request = safe(raw, names, spot, problems);
    let record = record(raw, spot, problems);
    let (request, record) = (request?, record?);
    let asks = request.http().holes().any(|hole| hole.leaf == Leaf::By);
    if !asks && !names.by_all && !matches!(record, RecordAt::Where { .. }) {
        spot.problem(
            problems,
            "nothing says which record is meant: put {by: id} in the request, or pick it from a \
             list with record: {in: /items, where: /id}",
        );
    }
    (problems.count() == before).then_some(Way { matches, request, record, again })
}

fn matches(written: Option<&str>, spot: &Spot<'_>, problems: &mut Problems) -> Option<Regex> {
    let pattern = match written? {
        "uuid" => UUID.to_owned(),
        // Grouped, so that both ends hold for each of several alternatives.
        text => match text.strip_prefix('^').and_then(|text| text.strip_suffix('$')) {
            Some(inner) => format!("^(?:{inner})$"),
            None => String::new(),
        },
    };
    let compiled = Some(pattern).filter(|pattern| !pattern.is_empty());
    let compiled = compiled.and_then(|pattern| Regex::new(&pattern).ok());
    if compiled.is_none() {
        spot.problem(
            problems,
            "write uuid, or a pattern from ^ to $ in RE2's syntax (no look-around, no back \
             references)",
        );
    }
    compiled
}

fn safe(
    raw: &RawWay,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<SafeRequest> {
    let ways = [
        ("graphql", raw.graphql.is_some()),
        ("adt", raw.adt.is_some()),
        ("snowflake", raw.snowflake.is_some()),
    ];
    let mut ways = ways.iter().filter(|(_, there)| *there).map(|(way, _)| *way);
    let (way, None) = (ways.next(), ways.next()) else {
        spot.problem(problems, "write one of: get or post with its path, graphql, adt, snowflake");
        return None;
    };
    let taken: &[&str] = match way {
        None => &["get", "post", "safe", "query", "body"],
        Some("graphql") => &["variables"],
        Some(_) => &[],
    };
    let written = [
        ("get", raw.get.is_some()),
        ("post", raw.post.is_some()),
        ("safe", raw.safe),
        ("query", !raw.query.is_empty()),
        ("body", raw.body.is_some()),
        ("variables", !raw.variables.is_empty()),
    ];
    beside::check(way.unwrap_or_default(), taken, &written, spot, problems);
    if let Some(asked) = &raw.adt {
        return adt::request(asked, names, &spot.child("adt"), problems);
    }
    if let Some(written) = &raw.snowflake {
        return saved::request(written, names, &spot.child("snowflake"), problems);
    }
    if let Some(query) = &raw.graphql {
        return match graphql::request(query, &raw.variables, names, spot, problems)? {
            ByEffect::Safe(request) => Some(request),
            ByEffect::Write(_) => None,
        };
    }
    let parts = Parts {
        methods: vec![(Method::GET, raw.get.as_ref()), (Method::POST, raw.post.as_ref())],
        safe: raw.safe,
        query: &raw.query,
        headers: None,
        body: raw.body.as_ref(),
    };
    match request(&parts, names, spot, problems)? {
        ByEffect::Safe(request) => Some(request),
        ByEffect::Write(_) => {
            spot.problem(problems, "a resolver only reads: a post says safe: true");
            None
        }
    }
}

fn record(raw: &RawWay, spot: &Spot<'_>, problems: &mut Problems) -> Option<RecordAt> {
    let below = spot.child("record");
    match (&raw.record, &raw.single) {
        (None, Some(items)) => {
            Some(RecordAt::Single(pointer(items, &spot.child("single"), problems)?))
        }
        (Some(Value::String(at)), None) => Some(RecordAt::Pointer(pointer(at, &below, problems)?)),
        (Some(Value::Object(map)), None) => {
            let plain = map.iter().all(|(name, value)| match name.as_str() {
                "where" => true,
                "in" => value.is_string(),
                _ => false,
            });
            let Some(written) = map.get("where").filter(|_| plain) else {
                below.problem(problems, "write {where: /id} or {in: /items, where: /id}");
                return None;
            };
            let items = map.get("in").and_then(Value::as_str).unwrap_or_default();
            let items = pointer(items, &below.child("in"), problems)?;
            let key = key(written, &below.child("where"), problems)?;
            Some(RecordAt::Where { items, key })
        }
        (Some(_), None) => {
            below.problem(problems, "write a JSON Pointer, or {in: /items, where: /id}");
            None
        }
        _ => {
            spot.problem(problems, "say where the record is: record: /pointer, or single: /items");
            None
        }
    }
}
