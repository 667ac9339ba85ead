//! HTTP requests of definition files, judged by what they may do.

use http::{HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};

use crate::catalog::document::Spot;
use crate::catalog::http_request::{ByEffect, Dialect, HttpRequest};
use crate::catalog::problem::Problems;
use crate::catalog::template::Template;

use super::names::Names;
use super::template::template;

/// Headers that Osier sets itself, those that steer connections (RFC 9110 §7.6.1), and those by
/// which services are told who calls or what is meant instead.
const OURS: [&str; 27] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "idempotency-key",
    "keep-alive",
    "max-forwards",
    "origin",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "traceparent",
    "tracestate",
    "upgrade",
    "user-agent",
    "via",
    "x-method-override",
    "x-real-ip",
];

/// Beginnings of such headers.
const OURS_BY_PREFIX: [&str; 7] = [
    "proxy-",
    "sec-",
    "x-forwarded-",
    "x-http-method",
    "x-ms-client-principal",
    "x-ms-token-",
    "x-original-",
];

/// Parts of the names of headers and parameters that hold credentials.
const CREDENTIALS: [&str; 6] =
    ["api-key", "apikey", "password", "secret", "subscription-key", "token"];

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
        let known: Vec<String> =
            parts.methods.iter().map(|(method, _)| method.as_str().to_ascii_lowercase()).collect();
        let text = format!("write exactly one of {}, with the path's segments", known.join(", "));
        spot.problem(problems, text);
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
    let query = parts
        .query
        .iter()
        .map(|(name, value)| {
            let spot = spot.child("query").child(name);
            check_parameter(name, value, &spot, problems);
            (name.clone(), template(value, names, &spot, problems))
        })
        .collect();
    let headers = headers(parts.headers, names, spot, problems);
    let body = parts.body.map(|body| template(body, names, &spot.child("body"), problems));
    let dialect = Dialect::Rest;
    let request = HttpRequest { dialect, method: method.clone(), path, query, headers, body };
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
        let read = template(segment, names, &spot, problems);
        match &read {
            Template::Hole(_) | Template::Literal(Value::Number(_)) => {}
            Template::Literal(Value::String(text)) if is_segment(text) => {}
            Template::Literal(Value::String(_)) => spot.problem(
                problems,
                "one segment of the path, as it reads before it is encoded: not empty, not . or \
                 .., without / \\ ? # and %; what follows a ? goes under query",
            ),
            // A leaf or a text that was told already.
            Template::Literal(Value::Null) if !segment.is_null() => {}
            _ => spot.problem(problems, "a segment of the path is a text or a leaf"),
        }
        read
    };
    segments.iter().enumerate().map(segment).collect()
}

fn is_segment(text: &str) -> bool {
    let splits = |c: char| c.is_control() || "/\\?#%".contains(c);
    !text.is_empty() && text != "." && text != ".." && !text.contains(splits)
}

fn check_parameter(name: &str, value: &Value, spot: &Spot<'_>, problems: &mut Problems) {
    if value.is_null() {
        spot.problem(problems, "is empty: write a value, or take the key away");
    }
    // Frameworks that honour it would make a write of what is sent as a read.
    if name.eq_ignore_ascii_case("_method") {
        spot.problem(problems, "write the method itself: get, post, put, patch or delete");
    }
    check_credential(name, value, spot, problems);
}

/// A credential in a definition would be there for everybody who may read the file.
fn check_credential(name: &str, value: &Value, spot: &Spot<'_>, problems: &mut Problems) {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let literal = value.as_str().is_some_and(|text| !text.is_empty());
    if literal && CREDENTIALS.iter().any(|credential| name.contains(credential)) {
        spot.problem(problems, "a secret has no place in a definition: leave it out");
    }
}

fn headers(
    written: Option<&Map<String, Value>>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Vec<(HeaderName, Template)> {
    let spot = spot.child("headers");
    let mut headers: Vec<(HeaderName, Template)> = Vec::new();
    for (name, value) in written.into_iter().flatten() {
        let spot = spot.child(name);
        let read = template(value, names, &spot, problems);
        match &read {
            Template::Literal(Value::String(text)) if HeaderValue::from_str(text).is_ok() => {}
            Template::Hole(_) => {}
            Template::Literal(Value::Null) if !value.is_null() => {}
            _ => spot.problem(problems, "a header's value is one line of text, or a leaf"),
        }
        check_credential(name, value, &spot, problems);
        let Some(header) = header(name, &spot, problems) else { continue };
        if headers.iter().any(|(before, _)| *before == header) {
            spot.problem(problems, "this header is here already");
        }
        headers.push((header, read));
    }
    headers
}

fn header(name: &str, spot: &Spot<'_>, problems: &mut Problems) -> Option<HeaderName> {
    let Ok(header) = HeaderName::from_bytes(name.as_bytes()) else {
        spot.problem(problems, "not a header's name");
        return None;
    };
    let ours = |header: &str| {
        OURS.contains(&header) || OURS_BY_PREFIX.iter().any(|prefix| header.starts_with(prefix))
    };
    if ours(header.as_str()) {
        spot.problem(problems, "a definition doesn't set this header: leave it out");
        return None;
    }
    Some(header)
}
