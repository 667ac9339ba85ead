//! HTTP requests of definition files, judged by what they may do.

use http::{HeaderName, Method};
use serde_json::{Map, Value};

use crate::catalog::document::{Problems, Spot};
use crate::catalog::http_request::{ByEffect, HttpRequest};
use crate::catalog::template::Template;

use super::template::{Names, template};

/// Headers that Osier sets itself, and those that steer connections (RFC 9110 §7.6.1).
const OURS: [&str; 18] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "host",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "accept",
    "idempotency-key",
    "traceparent",
    "forwarded",
    "x-forwarded-for",
];

/// The parts of a request, as a file writes them.
pub(super) struct Parts<'a> {
    /// Methods with their paths; exactly one may be there.
    pub methods: Vec<(Method, Option<&'a Vec<Value>>)>,
    pub safe: bool,
    pub query: &'a Map<String, Value>,
    pub headers: Option<&'a Map<String, Value>>,
    pub body: Option<&'a Value>,
}

/// Reads a request.
pub(super) fn request(
    parts: &Parts<'_>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<ByEffect> {
    let mut written = parts.methods.iter().filter_map(|(method, path)| Some((method, (*path)?)));
    let (Some((method, segments)), None) = (written.next(), written.next()) else {
        spot.problem(problems, "write exactly one of get, post, put, patch and delete");
        return None;
    };
    let below = spot.child(method.as_str().to_ascii_lowercase());
    let path = path(segments, names, &below, problems);
    if parts.safe && method != Method::POST {
        spot.child("safe").problem(problems, "only a post needs to say that it is safe");
    }
    if method == Method::GET && parts.body.is_some() {
        spot.child("body").problem(problems, "a get has no body");
    }
    let pairs = |map: &Map<String, Value>, key: &str, problems: &mut Problems| -> Vec<_> {
        let below = spot.child(key);
        map.iter()
            .map(|(name, value)| {
                (name.clone(), template(value, names, &below.child(name), problems))
            })
            .collect()
    };
    let query = pairs(parts.query, "query", problems);
    let headers = parts.headers.map(|map| pairs(map, "headers", problems)).unwrap_or_default();
    let headers = headers
        .into_iter()
        .filter_map(|(name, value)| Some((header(&name, spot, problems)?, value)))
        .collect();
    let body = parts.body.map(|body| template(body, names, &spot.child("body"), problems));
    let request = HttpRequest { method: method.clone(), path, query, headers, body };
    Some(ByEffect::judge(request, parts.safe))
}

fn path(
    segments: &[Value],
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Vec<Template> {
    if segments.is_empty() {
        spot.problem(problems, "a path has at least one segment");
    }
    let segment = |(index, segment): (usize, &Value)| {
        let spot = spot.child(index);
        if let Value::String(text) = segment
            && (text.is_empty() || text == "." || text == ".." || text.contains('/'))
        {
            spot.problem(problems, "one segment of the path: not empty, no /, not . or ..");
        }
        template(segment, names, &spot, problems)
    };
    segments.iter().enumerate().map(segment).collect()
}

fn header(name: &str, spot: &Spot<'_>, problems: &mut Problems) -> Option<HeaderName> {
    let spot = spot.child("headers").child(name);
    let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
        spot.problem(problems, "not a header's name");
        return None;
    };
    if OURS.contains(&header.as_str()) {
        spot.problem(problems, "Osier sets this header itself: leave it out");
        return None;
    }
    Some(header)
}
