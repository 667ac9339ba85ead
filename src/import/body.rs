//! The JSON body of a write or a search: each field that can be an argument is one, so that a person
//! is shown all that is sent.

use serde_json::{Map, Value, json};

use super::argument;
use super::name::Given;
use super::shape::{Fields, Kind, Shape};

/// A field of a field of a field.
const MAX_DEPTH: usize = 3;

/// A body's arguments.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// What is sent.
    pub template: Map<String, Value>,
    pub properties: Map<String, Value>,
    pub required: Vec<String>,
    /// `(argument, JSON Pointer into the body)`
    pub sent: Vec<(String, String)>,
    /// What isn't sent, and why.
    pub lost: Vec<String>,
}

/// Reads a body's fields.
///
/// # Errors
/// A field that must be sent and can't be an argument.
pub(super) fn body(fields: &Fields, given: &mut Given) -> Result<Body, String> {
    let mut body = Body::default();
    body.template = body.object(fields, &Place::default(), given)?;
    Ok(body)
}

#[derive(Default)]
struct Place {
    /// `owner_`
    prefix: String,
    pointer: String,
    depth: usize,
    /// An object around it may be absent.
    optional: bool,
}

impl Body {
    fn object(
        &mut self,
        fields: &Fields,
        place: &Place,
        given: &mut Given,
    ) -> Result<Map<String, Value>, String> {
        let mut template = Map::new();
        for (name, shape) in fields.all.iter().filter(|(_, shape)| !shape.read_only) {
            let required = fields.requires(name);
            let named = format!("{}{name}", place.prefix);
            let pointer = format!("{}{}", place.pointer, super::answer::pointer(name));
            if let Kind::Object(inner) = &shape.kind
                && place.depth < MAX_DEPTH
            {
                let below = Place {
                    prefix: format!("{named}_"),
                    pointer,
                    depth: place.depth + 1,
                    optional: place.optional || !required,
                };
                let inner = self.object(inner, &below, given)?;
                if !inner.is_empty() {
                    template.insert(name.clone(), Value::Object(inner));
                }
                continue;
            }
            let must = required && !place.optional;
            match argument::schema(shape, None) {
                Some(schema) if !is_secret(name, shape) => {
                    let argument = given.argument(&named);
                    template.insert(name.clone(), json!({"arg": argument}));
                    if must {
                        self.required.push(argument.clone());
                    }
                    self.properties.insert(argument.clone(), Value::Object(schema));
                    self.sent.push((argument, pointer));
                }
                _ if must => return Err(format!("its body needs '{named}', {}", why(shape))),
                _ => self.lost.push(format!("{named}: {}", why(shape))),
            }
        }
        Ok(template)
    }
}

fn why(shape: &Shape) -> &'static str {
    match &shape.kind {
        Kind::Open(why) => why,
        kind if shape.is_scalar() && *kind == Kind::Text => "which is a secret",
        _ => "which is more than a value or a list of values",
    }
}

/// A secret has no place among what an assistant writes.
pub(super) fn is_secret(name: &str, shape: &Shape) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    let named = ["password", "secret", "apikey", "accesstoken"];
    let format = shape.format() == Some("password");
    format || named.iter().any(|secret| name.contains(secret))
}
