//! Reads schemas of `OpenAPI` 3.0 and 3.1 into shapes: references are followed, `allOf` is merged, and
//! what refers to itself or goes too deep is left open.

use serde_json::{Map, Value};

use super::shape::{Fields, Kind, Shape};
use super::source::{At, Source};

/// An object in an object in a list: what is deeper is no row that people read.
const MAX_DEPTH: usize = 6;

/// A keyword, and whether its value is of its type.
type Limit = (&'static str, fn(&Value) -> bool);

/// Keywords that are kept, with the type that each must have.
const LIMITS: [Limit; 12] = [
    ("minLength", Value::is_u64),
    ("maxLength", Value::is_u64),
    ("pattern", Value::is_string),
    ("minimum", Value::is_number),
    ("maximum", Value::is_number),
    ("exclusiveMinimum", Value::is_number),
    ("exclusiveMaximum", Value::is_number),
    ("multipleOf", Value::is_number),
    ("minItems", Value::is_u64),
    ("maxItems", Value::is_u64),
    ("uniqueItems", Value::is_boolean),
    ("default", |_| true),
];

/// Formats that JSON Schema knows, too.
const FORMATS: [&str; 8] =
    ["date", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"];

/// Reads the schema at a place.
pub(super) fn shape<'a>(source: &'a Source, at: &At<'a>) -> Shape {
    Reader { source, above: Vec::new() }.read(at, 0)
}

struct Reader<'a> {
    source: &'a Source,
    /// The places that are being read: a schema that leads back to one has no end.
    above: Vec<String>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, at: &At<'a>, depth: usize) -> Shape {
        if !self.source.step() || depth > MAX_DEPTH {
            return Shape::open("it is nested too deeply");
        }
        let Some(found) = self.source.follow(at) else { return Shape::silent() };
        if self.above.contains(&found.pointer) {
            return Shape::open("it refers to itself");
        }
        let name = found.pointer.strip_prefix("/components/schemas/").map(str::to_owned);
        let name = name.filter(|name| !name.contains('/'));
        self.above.push(found.pointer.clone());
        let mut shape = self.whole(&found, depth);
        self.above.pop();
        if name.is_some() {
            shape.name = name;
        }
        shape
    }

    fn whole(&mut self, at: &At<'a>, depth: usize) -> Shape {
        let Some(map) = at.map() else { return Shape::silent() };
        let mut shape = self.own(at, map, depth);
        for (_, part) in at.child("allOf").iter().flat_map(At::children) {
            shape = shape.and(self.read(&part, depth + 1));
        }
        for key in ["oneOf", "anyOf"] {
            let all = at.child(key).map(|all| all.children()).unwrap_or_default();
            let null = |part: &At<'_>| part.text("type") == Some("null");
            shape.nullable |= all.iter().any(|(_, part)| null(part));
            let mut choices: Vec<Shape> = Vec::new();
            for (_, part) in all.iter().filter(|(_, part)| !null(part)) {
                choices.push(self.read(part, depth + 1));
            }
            if let Some(either) = choices.into_iter().reduce(Shape::or) {
                shape = shape.and(either);
            }
        }
        shape
    }

    fn own(&mut self, at: &At<'a>, map: &Map<String, Value>, depth: usize) -> Shape {
        let (kind, null) = self.kind(at, map, depth);
        let mut shape = Shape::of(kind);
        shape.nullable = null || at.says("nullable");
        shape.read_only = at.says("readOnly");
        shape.write_only = at.says("writeOnly");
        shape.limits = limits(map);
        shape.description = at.text("description").map(str::to_owned);
        shape
    }

    /// The kind, and whether it may be null.
    fn kind(&mut self, at: &At<'a>, map: &Map<String, Value>, depth: usize) -> (Kind, bool) {
        let types: Vec<&str> = match map.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let null = types.contains(&"null");
        let types: Vec<&str> = types.into_iter().filter(|name| *name != "null").collect();
        let kind = match types.as_slice() {
            ["string"] => Kind::Text,
            ["integer"] => Kind::Integer,
            ["number"] | ["integer", "number"] | ["number", "integer"] => Kind::Number,
            ["boolean"] => Kind::Boolean,
            ["array"] => self.list(at, depth),
            ["object"] => self.object(at, map, depth),
            [] if map.contains_key("properties") => self.object(at, map, depth),
            [] if map.contains_key("items") => self.list(at, depth),
            [] => of_values(map),
            _ => Kind::Open("it may be of several types"),
        };
        (kind, null)
    }

    fn list(&mut self, at: &At<'a>, depth: usize) -> Kind {
        let item = at.child("items").map(|items| self.read(&items, depth + 1));
        Kind::List(Box::new(item.unwrap_or_else(Shape::silent)))
    }

    fn object(&mut self, at: &At<'a>, map: &Map<String, Value>, depth: usize) -> Kind {
        let properties = at.child("properties").map(|all| all.children()).unwrap_or_default();
        let composed = ["allOf", "oneOf", "anyOf"].iter().any(|key| map.contains_key(*key));
        let required = map.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: Vec<String> = required.filter_map(Value::as_str).map(str::to_owned).collect();
        if properties.is_empty() && !composed {
            return Kind::Open("its fields have no names");
        }
        let mut all = Vec::new();
        for (name, property) in properties {
            all.push((name, self.read(&property, depth + 1)));
        }
        Kind::Object(Fields { all, required })
    }
}

/// By the values that it may have, where no type is said.
fn of_values(map: &Map<String, Value>) -> Kind {
    let values = map.get("enum").and_then(Value::as_array);
    let values = values.into_iter().flatten().chain(map.get("const"));
    let mut values = values.filter(|value| !value.is_null()).peekable();
    if values.peek().is_some() && values.all(Value::is_string) {
        return Kind::Text;
    }
    Shape::silent().kind
}

fn limits(map: &Map<String, Value>) -> Map<String, Value> {
    let mut limits = Map::new();
    for (key, fits) in LIMITS {
        if let Some(value) = map.get(key).filter(|value| fits(value) && !value.is_null()) {
            limits.insert(key.to_owned(), value.clone());
        }
    }
    // 3.0 says that a limit is exclusive by a boolean beside it.
    for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if map.get(flag) == Some(&Value::Bool(true))
            && let Some(value) = limits.shift_remove(limit)
        {
            limits.insert(flag.to_owned(), value);
        }
    }
    if let Some(format) = map.get("format").and_then(Value::as_str)
        && FORMATS.contains(&format)
    {
        limits.insert("format".into(), format.into());
    }
    if let Some(Value::Array(values)) = map.get("enum") {
        let values: Vec<Value> = values.iter().filter(|value| !value.is_null()).cloned().collect();
        if !values.is_empty() {
            limits.insert("enum".into(), values.into());
        }
    } else if let Some(value) = map.get("const").filter(|value| !value.is_null()) {
        limits.insert("enum".into(), Value::Array(vec![value.clone()]));
    }
    limits
}
