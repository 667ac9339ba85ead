//! Resolvers of `_service.yaml`.

use http::Method;
use regex::Regex;
use serde_json::Value;

use crate::catalog::document::{Problems, Spot};
use crate::catalog::http_request::{ByEffect, SafeRequest};
use crate::catalog::raw::{RawResolver, RawWay};
use crate::catalog::resolver::{EtagAt, RecordAt, Resolver, Way};

use super::http::{Parts, request};
use super::template::Names;
use super::{Known, Service, pointer, scope};

/// RFC 9562's text form.
const UUID: &str = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";

/// Reads a resolver.
pub(in crate::catalog) fn resolver(
    raw: &RawResolver,
    service: &Service,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<Resolver> {
    let ways: Vec<Way> = match &raw.when {
        Some(ways) => ways
            .iter()
            .enumerate()
            .filter_map(|(index, raw)| way(raw, &spot.child("when").child(index), problems))
            .collect(),
        None => way(&raw.way, spot, problems).into_iter().collect(),
    };
    let etag = match raw.etag.as_deref() {
        None => None,
        Some("header") => Some(EtagAt::Header),
        Some(at) => Some(EtagAt::Field(pointer(at, &spot.child("etag"), problems)?)),
    };
    let names = Names { by: true, ..Names::default() };
    // A resolver's own scope refers to no other resolver.
    let context = scope::Context { names: &names, known: &Known::default(), service };
    let scope = scope::scope(&raw.scope, &context, &spot.child("scope"), problems)?;
    if ways.is_empty() {
        return None;
    }
    Some(Resolver { backend: service.backend.clone(), ways, etag, scope })
}

fn way(raw: &RawWay, spot: &Spot<'_>, problems: &mut Problems) -> Option<Way> {
    let matches = match raw.matches.as_deref() {
        None => None,
        Some("uuid") => Regex::new(UUID).ok(),
        Some(pattern) => match Regex::new(pattern) {
            Ok(matches) if pattern.starts_with('^') && pattern.ends_with('$') => Some(matches),
            _ => {
                let spot = spot.child("matches");
                spot.problem(problems, "write uuid, or a regular expression from ^ to $");
                return None;
            }
        },
    };
    let again = match &raw.again {
        Some(at) => Some(pointer(at, &spot.child("again"), problems)?),
        None => None,
    };
    Some(Way {
        matches,
        request: safe(raw, spot, problems)?,
        record: record(raw, spot, problems)?,
        again,
    })
}

fn safe(raw: &RawWay, spot: &Spot<'_>, problems: &mut Problems) -> Option<SafeRequest> {
    let parts = Parts {
        methods: vec![(Method::GET, raw.get.as_ref()), (Method::POST, raw.post.as_ref())],
        safe: raw.safe,
        query: &raw.query,
        headers: None,
        body: raw.body.as_ref(),
    };
    let names = Names { by: true, ..Names::default() };
    match request(&parts, &names, spot, problems)? {
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
            let text = |key: &str| map.get(key).and_then(Value::as_str);
            match (text("where"), text("in").unwrap_or_default()) {
                (Some(key), items) if map.keys().all(|key| key == "where" || key == "in") => {
                    let items = pointer(items, &below.child("in"), problems)?;
                    let key = pointer(key, &below.child("where"), problems)?;
                    Some(RecordAt::Where { items, key })
                }
                _ => {
                    below.problem(problems, "write {where: /id} or {in: /items, where: /id}");
                    None
                }
            }
        }
        _ => {
            spot.problem(problems, "say where the record is: record: /pointer, or single: /items");
            None
        }
    }
}
