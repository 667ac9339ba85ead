//! The arguments of one tool, and where each goes: path, query, header or body.

use serde_json::{Map, Value, json};

use super::body::{self, is_secret};
use super::name::Given;
use super::operation::{Operation, Parameter, Segment};
use super::service::Found;
use super::shape::Kind;
use super::{argument, words};

/// Names of continuation tokens and of page sizes in requests.
const TOKENS: [&str; 11] = [
    "continuationToken",
    "nextToken",
    "next_token",
    "pageToken",
    "page_token",
    "nextPageToken",
    "next_page_token",
    "nextCursor",
    "next_cursor",
    "cursor",
    "after",
];
const SIZES: [&str; 9] = [
    "pageSize",
    "page_size",
    "limit",
    "perPage",
    "per_page",
    "size",
    "maxResults",
    "max_results",
    "top",
];
/// The longest page that can be asked of Osier.
const PAGE: u64 = 100;
/// Headers of which `OpenAPI` itself says that they aren't parameters.
const IGNORED: [&str; 3] = ["accept", "content-type", "authorization"];

/// A tool's arguments and its request.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub paged: bool,
    pub properties: Map<String, Value>,
    pub required: Vec<String>,
    pub path: Vec<Value>,
    pub query: Map<String, Value>,
    pub headers: Map<String, Value>,
    pub body: Option<Value>,
    /// The argument of the record that the path leads through.
    pub record: Option<String>,
    /// `(argument, JSON Pointer into the body; none for others)`
    pub sent: Vec<(String, Option<String>)>,
    pub lost: Vec<String>,
}

/// Reads an operation's arguments; `found` is the record that its path leads through.
///
/// # Errors
/// Something that must be sent and can't be.
pub(super) fn input(operation: &Operation, found: Option<&Found>) -> Result<Input, String> {
    let mut given = Given::default();
    let mut input = Input::default();
    input.read_path(operation, found, &mut given)?;
    let paging = paging(operation);
    if paging.is_some() {
        given.take("pageSize");
        input.paged = true;
    }
    for parameter in &operation.parameters {
        match (parameter.place.as_str(), &paging) {
            ("query", Some((token, _))) if parameter.name == *token => {
                input.query.insert(token.clone(), json!({"cursor": "token"}));
            }
            ("query", Some((_, size))) if parameter.name == *size => {
                input.query.insert(size.clone(), json!({"arg": "pageSize"}));
            }
            ("query" | "header", _) => input.read(parameter, &mut given)?,
            ("cookie", _) => input.lost.push(format!("{}: it is a cookie", parameter.name)),
            _ => {}
        }
    }
    if let Some(Kind::Object(fields)) = operation.body.as_ref().map(|body| &body.kind) {
        let body = body::body(fields, &mut given)?;
        input.properties.extend(body.properties);
        input.required.extend(body.required);
        input.sent.extend(body.sent.into_iter().map(|(name, at)| (name, Some(at))));
        input.lost.extend(body.lost);
        input.body = Some(Value::Object(body.template));
    }
    Ok(input)
}

impl Input {
    fn read_path(
        &mut self,
        operation: &Operation,
        found: Option<&Found>,
        given: &mut Given,
    ) -> Result<(), String> {
        for (index, segment) in operation.path.iter().enumerate() {
            let name = match segment {
                Segment::Literal(word) => {
                    self.path.push(json!(word));
                    continue;
                }
                Segment::Parameter(name) => name,
            };
            let parameter = operation
                .parameters
                .iter()
                .find(|parameter| parameter.place == "path" && parameter.name == *name);
            let said = parameter.and_then(|parameter| parameter.description.as_deref());
            let argument = given.argument(name);
            self.required.push(argument.clone());
            if let Some(found) = found.filter(|found| found.index == index) {
                let mut property = Map::new();
                property.insert("resolve".into(), json!(found.resolver));
                let said = said.map(words::argument).filter(|said| !said.is_empty());
                let said =
                    said.unwrap_or_else(|| format!("{} by its id.", words::label(&found.resolver)));
                property.insert("description".into(), said.into());
                self.properties.insert(argument.clone(), Value::Object(property));
                self.path.push(json!({"found": argument, "at": found.id}));
                self.record = Some(argument);
                continue;
            }
            let schema = match parameter {
                Some(parameter) => {
                    argument::schema(&parameter.shape, said).filter(|_| parameter.shape.is_scalar())
                }
                None => json!({"type": "string", "minLength": 1}).as_object().cloned(),
            };
            let Some(schema) = schema else {
                return Err(format!("'{name}' in its path is more than a value"));
            };
            self.properties.insert(argument.clone(), Value::Object(schema));
            self.path.push(json!({"arg": argument}));
            self.sent.push((argument, None));
        }
        Ok(())
    }

    fn read(&mut self, parameter: &Parameter, given: &mut Given) -> Result<(), String> {
        let header = parameter.place == "header";
        if header && IGNORED.contains(&parameter.name.to_ascii_lowercase().as_str()) {
            return Ok(());
        }
        let schema = argument::schema(&parameter.shape, parameter.description.as_deref());
        let why = match (&schema, &parameter.shape.kind) {
            _ if is_secret(&parameter.name, &parameter.shape) => "it is a secret",
            (None, Kind::Open(why)) => why,
            (None, _) => "it is more than a value or a list of values",
            (_, Kind::List(_)) if header || !parameter.repeated => {
                "its list is written in a way of its own"
            }
            _ if header && !parameter.required => "it is a header that need not be there",
            _ if parameter.name.eq_ignore_ascii_case("_method") => "it would change the method",
            _ => "",
        };
        let Some(schema) = schema.filter(|_| why.is_empty()) else {
            if parameter.required {
                return Err(format!("it needs '{}': {why}", words::line(&parameter.name)));
            }
            self.lost.push(format!("{}: {why}", parameter.name));
            return Ok(());
        };
        let argument = given.argument(&parameter.name);
        let leaf = json!({"arg": argument});
        if header {
            self.headers.insert(parameter.name.clone(), leaf);
        } else {
            self.query.insert(parameter.name.clone(), leaf);
        }
        if parameter.required {
            self.required.push(argument.clone());
        }
        self.properties.insert(argument.clone(), Value::Object(schema));
        self.sent.push((argument, None));
        Ok(())
    }
}

/// The parameters that a list is paged by, where that is plain: the answer has a token, and the
/// request takes one and a size that may be as large as Osier's pages.
fn paging(operation: &Operation) -> Option<(String, String)> {
    let answer = operation.answer.as_ref()?;
    answer.token.as_ref()?;
    let named = |names: &[&str]| {
        operation.parameters.iter().find(|parameter| {
            parameter.place == "query" && names.contains(&parameter.name.as_str())
        })
    };
    let (token, size) = (named(&TOKENS)?, named(&SIZES)?);
    let most = size.shape.limits.get("maximum").and_then(Value::as_u64);
    let fits = size.shape.kind == Kind::Integer && most.is_none_or(|most| most >= PAGE);
    (fits && token.shape.kind == Kind::Text).then(|| (token.name.clone(), size.name.clone()))
}
