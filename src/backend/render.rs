//! Fills a request's holes and builds what goes on the wire.
//!
//! Values never meet text: path segments are percent-encoded whole, queries and bodies are built
//! by serializers, header values are refused if they hold more than one line.

use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::access::Pushed;
use crate::call::Refusal;
use crate::catalog::{Hole, HttpRequest, Leaf, Template};
use crate::clock::Clock;
use crate::request::sites_of;
use crate::target::{Fill, Taken};

#[cfg(test)]
mod tests;

/// All but the unreserved characters of RFC 3986 §2.3 is encoded.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request whose holes are filled.
pub(super) enum Rendering {
    /// Ready to be sent.
    Ready(Filled),
    /// A pushed scope met nothing of what was asked for: there is nothing to send.
    OutOfScope,
}

/// What goes on the wire, below the backend's base URL.
pub(super) struct Filled {
    pub(super) method: Method,
    /// Encoded segments, joined with `/`, without a leading one.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Option<Value>,
}

/// Why a template has no value.
enum Gap {
    /// An optional value isn't there.
    Absent,
    /// The scope and what was asked for don't meet.
    OutOfScope,
    /// A record was located and lacks what is taken of it. To leave that out would ask for
    /// everything, or change whatever is there by now.
    Missing,
}

impl Rendering {
    /// Fills a request's holes.
    ///
    /// # Errors
    /// [`Refusal::InvalidArguments`] for a value that can't stand where it should go.
    pub(super) fn of(
        request: &HttpRequest,
        fill: &Fill<'_>,
        clock: &Clock,
    ) -> Result<Self, Refusal> {
        let filler = Filler { fill, clock };
        let mut segments = Vec::with_capacity(request.path.len());
        for template in &request.path {
            match filler.value(template, true) {
                Ok(value) => segments.push(segment(template, &value)?),
                Err(Gap::OutOfScope) => return Ok(Self::OutOfScope),
                Err(Gap::Absent | Gap::Missing) => return Err(Refusal::Internal),
            }
        }
        let mut query = Vec::new();
        for (name, template) in &request.query {
            match filler.value(template, true) {
                Ok(Value::Array(items)) => {
                    query.extend(items.iter().map(|item| (name.clone(), text(item))));
                }
                Ok(value) => query.push((name.clone(), text(&value))),
                Err(Gap::OutOfScope) => return Ok(Self::OutOfScope),
                Err(Gap::Missing) => return Err(Refusal::Internal),
                Err(Gap::Absent) => {}
            }
        }
        let mut headers = Vec::new();
        for (name, template) in &request.headers {
            match filler.value(template, true) {
                Ok(value) => headers.push((name.clone(), header(template, &value)?)),
                Err(Gap::OutOfScope) => return Ok(Self::OutOfScope),
                Err(Gap::Missing) => return Err(Refusal::Internal),
                Err(Gap::Absent) => {}
            }
        }
        let body = match request.body.as_ref().map(|body| filler.value(body, false)) {
            None | Some(Err(Gap::Absent)) => None,
            Some(Ok(body)) => Some(body),
            Some(Err(Gap::OutOfScope)) => return Ok(Self::OutOfScope),
            Some(Err(Gap::Missing)) => return Err(Refusal::Internal),
        };
        let path = segments.join("/");
        Ok(Self::Ready(Filled { method: request.method.clone(), path, query, headers, body }))
    }
}

/// Fills the arguments of a composed tool's part; those with an unfilled hole go.
///
/// # Errors
/// [`Refusal::Internal`] for a hole that no part may have.
pub fn arguments(
    with: &[(String, Template)],
    fill: &Fill<'_>,
    clock: &Clock,
) -> Result<Map<String, Value>, Refusal> {
    let filler = Filler { fill, clock };
    let mut arguments = Map::new();
    for (name, template) in with {
        match filler.value(template, true) {
            Ok(value) => {
                arguments.insert(name.clone(), value);
            }
            Err(Gap::Absent) => {}
            Err(Gap::OutOfScope | Gap::Missing) => return Err(Refusal::Internal),
        }
    }
    Ok(arguments)
}

/// Encodes one path segment whole. An empty one and dot segments would name another resource
/// (RFC 3986 §5.2.4).
fn segment(template: &Template, value: &Value) -> Result<String, Refusal> {
    let text = text(value);
    if text.is_empty() || text == "." || text == ".." || text.contains(char::is_control) {
        return Err(unusable(template, "can't be part of an address"));
    }
    Ok(encoded(&text))
}

/// One path segment, encoded whole; that it isn't empty or a dot segment is the caller's to know.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn header(template: &Template, value: &Value) -> Result<HeaderValue, Refusal> {
    HeaderValue::from_str(&text(value))
        .map_err(|_| unusable(template, "must be one line of printable characters"))
}

fn unusable(template: &Template, why: &str) -> Refusal {
    match template.holes().first().map(|hole| &hole.leaf) {
        Some(Leaf::Argument(name)) => Refusal::InvalidArguments(vec![format!("{name}: {why}")]),
        // An id that a resolver was asked for.
        Some(Leaf::By) => Refusal::InvalidArguments(vec![format!("an id {why}")]),
        _ => Refusal::Internal,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn missing(argument: &str, what: &str) -> Gap {
    tracing::warn!(argument, what, "a located record lacks what the definition takes of it");
    Gap::Missing
}

struct Filler<'a> {
    fill: &'a Fill<'a>,
    clock: &'a Clock,
}

impl Filler<'_> {
    /// A template's value. `in_element`: an absent hole takes the whole array element with it.
    fn value(&self, template: &Template, in_element: bool) -> Result<Value, Gap> {
        match template {
            Template::Literal(value) => Ok(value.clone()),
            Template::Hole(hole) => self.hole(hole),
            Template::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    match self.value(item, true) {
                        Ok(value) => list.push(value),
                        Err(Gap::Absent) => {}
                        Err(gap) => return Err(gap),
                    }
                }
                Ok(Value::Array(list))
            }
            Template::Object(fields) => {
                let mut object = Map::with_capacity(fields.len());
                for (name, field) in fields {
                    match self.value(field, in_element) {
                        Ok(value) => {
                            object.insert(name.clone(), value);
                        }
                        Err(Gap::Absent) if !in_element => {}
                        Err(gap) => return Err(gap),
                    }
                }
                Ok(Value::Object(object))
            }
        }
    }

    fn hole(&self, hole: &Hole) -> Result<Value, Gap> {
        if let Some(condition) = &hole.only_if
            && self.fill.arguments.get(condition) != Some(&Value::Bool(true))
        {
            return Err(Gap::Absent);
        }
        let position = self.fill.position;
        match &hole.leaf {
            Leaf::Argument(name) => self.fill.arguments.get(name).cloned().ok_or(Gap::Absent),
            Leaf::Given { argument, least } => {
                let given = self.fill.arguments.get(argument);
                let enough = |given: &Value| {
                    least.is_none_or(|least| given.as_u64().is_some_and(|given| given >= least))
                };
                Ok(given.is_some_and(enough).into())
            }
            Leaf::Sites { narrow } => self.sites(narrow.as_deref()),
            Leaf::Page { first } => Ok(position.page.unwrap_or(*first).into()),
            Leaf::Token => position.token.clone().map(Value::from).ok_or(Gap::Absent),
            Leaf::Text(text) => Ok(text.clone().into()),
            Leaf::Caller => Ok(self.fill.identity.subject().into()),
            Leaf::Now => {
                let now = chrono::DateTime::<chrono::Utc>::from(self.clock.now());
                Ok(now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into())
            }
            Leaf::Found { argument, at } => {
                let record = self.fill.records.get(argument).ok_or(Gap::Absent)?;
                match record.take(at) {
                    Taken::Value(value) => Ok(value),
                    Taken::Nothing => Err(Gap::OutOfScope),
                    Taken::Lacking => Err(missing(argument, at.as_str())),
                }
            }
            Leaf::Etag(argument) => {
                let record = self.fill.records.get(argument).ok_or(Gap::Absent)?;
                let etag = record.etag.clone().map(Value::from);
                etag.ok_or_else(|| missing(argument, "its entity tag"))
            }
            Leaf::By => self.fill.by.map(Value::from).ok_or(Gap::Absent),
            Leaf::ByAll => Ok(self.fill.by_all.into()),
        }
    }

    /// The caller's sites, narrowed. Nothing for somebody who may everywhere and narrows nothing.
    fn sites(&self, narrow: Option<&str>) -> Result<Value, Gap> {
        let wanted = narrow.and_then(|name| self.fill.arguments.get(name)).map(sites_of);
        match self.fill.scopes.push(self.fill.touched_sites, wanted) {
            Pushed::Everywhere => Err(Gap::Absent),
            Pushed::Sites(sites) => Ok(sites.into()),
            Pushed::Nothing => Err(Gap::OutOfScope),
        }
    }
}
