//! The operations of a description, each with its path, parameters, body and answer, or with the
//! reason why it can't be a tool.

use serde_json::Value;

use super::Wanted;
use super::answer::{self, Answer};
use super::schema;
use super::shape::{Kind, Shape};
use super::source::{At, Source};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    /// `get`, `post`, `put`, `patch` or `delete`.
    pub method: &'static str,
    /// As the description has it: `/pets/{petId}`.
    pub template: String,
    pub path: Vec<Segment>,
    pub id: Option<String>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub parameters: Vec<Parameter>,
    /// The JSON body, and whether it must be there.
    pub body: Option<Shape>,
    pub answer: Option<Answer>,
    /// A POST that only reads.
    pub safe: bool,
    /// Why it has no draft.
    pub left_out: Option<String>,
}

/// A segment of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Segment {
    Literal(String),
    Parameter(String),
}

/// A parameter.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub place: String,
    pub required: bool,
    pub description: Option<String>,
    pub shape: Shape,
    /// Lists are sent as `a=1&a=2`, the one way in which Osier sends them.
    pub repeated: bool,
}

impl Operation {
    /// `GET /pets (listPets)`
    pub(super) fn label(&self) -> String {
        let id = self.id.as_ref().map(|id| format!(" ({})", super::words::line(id)));
        let template = super::words::line(&self.template);
        format!("{} {template}{}", self.method.to_ascii_uppercase(), id.unwrap_or_default())
    }

    /// Does it only read?
    pub(super) fn reads(&self) -> bool {
        self.method == "get" || self.safe
    }
}

/// Every operation that is wanted.
pub(super) fn all(source: &Source, wanted: &Wanted) -> Vec<Operation> {
    let Some(paths) = source.root().child("paths") else {
        source.fault("", "it has no paths, and so no operations");
        return Vec::new();
    };
    let mut operations = Vec::new();
    for (template, item) in paths.children() {
        if !template.starts_with('/') {
            continue;
        }
        let Some(item) = source.follow(&item) else { continue };
        for method in METHODS {
            let Some(at) = item.child(method) else { continue };
            let id = at.text("operationId").map(str::to_owned);
            let named = id.as_ref().is_some_and(|id| wanted.only.contains(id));
            if wanted.only.is_empty() || named {
                operations.push(operation(source, wanted, method, &template, &item, &at));
            }
        }
    }
    for id in wanted.only.iter().chain(&wanted.safe) {
        let known = |operation: &Operation| operation.id.as_ref() == Some(id);
        if !operations.iter().any(known) {
            source.fault("/paths", format!("there is no operation '{id}'"));
        }
    }
    let posts = operations.iter().filter(|operation| operation.safe && operation.method != "post");
    for operation in posts {
        let text = format!("{}: only a POST is said to be --safe", operation.label());
        source.fault("/paths", text);
    }
    operations
}

fn operation<'a>(
    source: &'a Source,
    wanted: &Wanted,
    method: &'static str,
    template: &str,
    item: &At<'a>,
    at: &At<'a>,
) -> Operation {
    let id = at.text("operationId").map(str::to_owned);
    let named = |names: &[String]| id.as_ref().is_some_and(|id| names.contains(id));
    let (safe, only) = (named(&wanted.safe), named(&wanted.only));
    let mut reasons = Vec::new();
    let path = path(template).unwrap_or_else(|why| {
        reasons.push(why);
        Vec::new()
    });
    if item.child("servers").or_else(|| at.child("servers")).is_some() {
        reasons.push("it has a server of its own: import it as a service of its own".to_owned());
    }
    if at.says("deprecated") && !only {
        reasons.push("it is deprecated; --only drafts it all the same".to_owned());
    }
    // What a GET has for a body means nothing (RFC 9110 §9.3.1).
    let body = if method == "get" { Ok(None) } else { body(source, at) };
    let body = body.unwrap_or_else(|why| {
        reasons.push(why);
        None
    });
    let of = path.iter().rev().find_map(|segment| match segment {
        Segment::Literal(word) => Some(word.as_str()),
        Segment::Parameter(_) => None,
    });
    let answer = answered(source, at).and_then(|shape| answer::answer(&shape, of.unwrap_or("")));
    let answer = answer.map_err(|why| reasons.push(why)).ok();
    Operation {
        method,
        template: template.to_owned(),
        path,
        id,
        summary: at.text("summary").map(str::to_owned),
        description: at.text("description").map(str::to_owned),
        parameters: parameters(source, item, at),
        body,
        answer,
        safe,
        left_out: reasons.into_iter().next(),
    }
}

fn path(template: &str) -> Result<Vec<Segment>, String> {
    let splits = |c: char| c.is_control() || "\\?#%{}".contains(c);
    let segments = template.trim_start_matches('/').split('/');
    segments
        .map(|segment| {
            let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            match inner {
                Some(name) if !name.is_empty() && !name.contains(['{', '}']) => {
                    Ok(Segment::Parameter(name.to_owned()))
                }
                None if !segment.is_empty()
                    && segment != "."
                    && segment != ".."
                    && !segment.contains(splits) =>
                {
                    Ok(Segment::Literal(segment.to_owned()))
                }
                _ => Err("a segment of its path is empty, or only partly a parameter".to_owned()),
            }
        })
        .collect()
}

/// The operation's parameters, and those of its path that it doesn't replace.
fn parameters<'a>(source: &'a Source, item: &At<'a>, at: &At<'a>) -> Vec<Parameter> {
    let mut all: Vec<Parameter> = Vec::new();
    let listed = [item, at].into_iter().filter_map(|at| at.child("parameters"));
    for (_, parameter) in listed.flat_map(|list| list.children()) {
        let Some(parameter) = source.follow(&parameter) else { continue };
        let (Some(name), Some(place)) = (parameter.text("name"), parameter.text("in")) else {
            source.fault(&parameter.pointer, "a parameter has a name, and says where it is: in");
            continue;
        };
        let schema = parameter.child("schema").map(|at| schema::shape(source, &at));
        let style = parameter.text("style").unwrap_or("form");
        let read = Parameter {
            name: name.to_owned(),
            place: place.to_owned(),
            required: parameter.says("required") || place == "path",
            description: parameter.text("description").map(str::to_owned),
            shape: schema.unwrap_or_else(|| Shape::open("it is written in a way of its own")),
            repeated: style == "form"
                && parameter.value.get("explode") != Some(&Value::Bool(false)),
        };
        all.retain(|before| (&before.name, &before.place) != (&read.name, &read.place));
        all.push(read);
    }
    all
}

/// The schema of the JSON among what can be sent or answered.
fn json<'a>(source: &'a Source, at: &At<'a>) -> Option<Shape> {
    let content = at.child("content")?;
    let is_json = |kind: &str| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json") || kind == "*/*"
    };
    let (_, media) = content.children().into_iter().find(|(kind, _)| is_json(kind))?;
    let schema = media.child("schema").map(|schema| schema::shape(source, &schema));
    Some(schema.unwrap_or_else(Shape::silent))
}

fn body<'a>(source: &'a Source, at: &At<'a>) -> Result<Option<Shape>, String> {
    let Some(body) = at.child("requestBody") else { return Ok(None) };
    let Some(body) = source.follow(&body) else { return Ok(None) };
    match json(source, &body) {
        Some(shape) if matches!(shape.kind, Kind::Object(_)) => Ok(Some(shape)),
        Some(Shape { kind: Kind::Open(why), .. }) => Err(format!("its body has no fields: {why}")),
        Some(_) => Err("its body is no object".to_owned()),
        None => Err("its body is no JSON".to_owned()),
    }
}

/// The schema of what a success answers.
fn answered<'a>(source: &'a Source, at: &At<'a>) -> Result<Shape, String> {
    let responses = at.child("responses").map(|all| all.children()).unwrap_or_default();
    let mut good: Vec<_> =
        responses.into_iter().filter(|(status, _)| status.starts_with('2')).collect();
    good.sort_by(|(one, _), (two, _)| one.cmp(two));
    if good.is_empty() {
        good.extend(
            at.child("responses")
                .and_then(|all| Some(("default".to_owned(), all.child("default")?))),
        );
    }
    let mut shapes = good.iter().filter_map(|(_, response)| {
        let response = source.follow(response)?;
        json(source, &response)
    });
    shapes.next().ok_or_else(|| "it says of no JSON that it would answer with".to_owned())
}
