//! Guards inbound: from the arguments as a client wrote them to [`Checked`] ones.
//!
//! The pipeline calls [`check`] once the caller holds a permit, so that nobody learns from an error
//! what arguments a hidden tool takes.

mod canonical;
mod cursor;
mod span;

pub use canonical::digest;
pub use cursor::Position;

use serde_json::{Map, Value};

use crate::access::{Permit, Scopes};
use crate::call::Refusal;
use crate::catalog::Tool;
use crate::clock::Clock;
use crate::private::Private;
use crate::seal::KeyRing;

/// More problems than this aren't listed.
const MAX_PROBLEMS: usize = 20;

/// Arguments that fit the tool's schema, with its defaults filled in. Only [`check`] makes them.
#[derive(Debug)]
pub struct Checked {
    permit: Permit,
    arguments: Private<Map<String, Value>>,
    digest: String,
    position: Position,
}

/// Checks a call's arguments against the permitted tool's schema.
///
/// # Errors
/// [`Refusal::InvalidArguments`] with every problem; [`Refusal::InvalidCursor`].
pub fn check(
    permit: Permit,
    arguments: Map<String, Value>,
    keys: &KeyRing,
    clock: &Clock,
) -> Result<Checked, Refusal> {
    let input = &permit.tool().input;
    let value = Value::Object(arguments);
    let problems = problems(permit.tool(), &value);
    if !problems.is_empty() {
        return Err(Refusal::InvalidArguments(problems));
    }
    let Value::Object(mut arguments) = value else {
        return Err(Refusal::Internal);
    };
    arguments.values_mut().for_each(write_whole_numbers);
    if let Some(problem) = input.span.as_ref().and_then(|span| span::problem(span, &arguments)) {
        return Err(Refusal::InvalidArguments(vec![problem]));
    }
    let cursor = arguments.shift_remove("cursor");
    fill_defaults(&input.schema, &mut arguments);
    let digest = digest(&Value::Object(arguments.clone()));
    let position = match &cursor {
        Some(Value::String(text)) => cursor::open(text, &permit, &digest, keys, clock)?,
        _ => Position::start(),
    };
    Ok(Checked { permit, arguments: arguments.into(), digest, position })
}

/// What is wrong with arguments, each with its place; nothing where they fit the tool's schema.
pub fn problems(tool: &Tool, arguments: &Value) -> Vec<String> {
    let errors = tool.input.validator.iter_errors(arguments).take(MAX_PROBLEMS);
    errors.map(|error| describe(&error)).collect()
}

/// The sites that an argument names: one id, or a list of them.
pub fn sites_of(argument: &Value) -> Vec<&str> {
    match argument {
        Value::String(site) => vec![site],
        Value::Array(sites) => sites.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Places in `siteIds` (`siteIds.0`) that name a site which isn't held or doesn't exist, both alike:
/// by place, so that the answer is the same whatever was named. One who may everywhere holds
/// whatever is named.
pub fn sites_not_found(
    tool: &Tool,
    scopes: &Scopes,
    arguments: &Map<String, Value>,
) -> Vec<String> {
    let named = arguments.get("siteIds").and_then(Value::as_array);
    if scopes.is_global() {
        return Vec::new();
    }
    let held = scopes.pushed_sites(tool.scope.judges_locations());
    let named = named.into_iter().flatten().map(|site| site.as_str().unwrap_or_default());
    let unknown = named.enumerate().filter(|(_, site)| !held.contains(site));
    unknown.map(|(index, _)| format!("siteIds.{index}")).collect()
}

/// Where, what is wrong, and by that how to mend it. The value itself isn't repeated.
fn describe(error: &jsonschema::ValidationError<'_>) -> String {
    let place = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
    let text = error.masked_with("the value").to_string();
    if place.is_empty() { text } else { format!("{place}: {text}") }
}

/// `2.0` is an integer to JSON Schema (2020-12 §4.2.3), and to hardly any service: it goes on as `2`.
fn write_whole_numbers(value: &mut Value) {
    /// Beyond it neighbouring whole numbers have the same `f64`.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            let float = number.as_f64().filter(|_| number.is_f64());
            let whole = float.filter(|float| float.fract() == 0.0 && float.abs() < EXACT);
            if let Some(whole) = whole.and_then(|whole| format!("{whole:.0}").parse::<i64>().ok()) {
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_whole_numbers),
        Value::Object(map) => map.values_mut().for_each(write_whole_numbers),
        _ => {}
    }
}

fn fill_defaults(schema: &Map<String, Value>, arguments: &mut Map<String, Value>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        if let (false, Some(default)) = (arguments.contains_key(name), property.get("default")) {
            arguments.insert(name.clone(), default.clone());
        }
    }
}

impl Checked {
    /// The permit under which they were checked.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// The arguments, without the cursor.
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    /// Places in `siteIds` that name a site which the caller doesn't hold ([`sites_not_found`]).
    pub fn sites_not_found(&self) -> Vec<String> {
        sites_not_found(self.permit.tool(), self.permit.scopes(), &self.arguments)
    }

    /// SHA-256 of the arguments in canonical form (RFC 8785 in spirit: sorted keys), in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How many rows a page has, in a tool that pages.
    pub fn page_size(&self) -> Option<usize> {
        let size = self.arguments.get("pageSize").filter(|_| self.permit.tool().input.paged)?;
        usize::try_from(size.as_u64()?).ok()
    }

    /// Where in the list the call goes on.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// A cursor to another position of the same list, for the same caller and scope.
    pub fn cursor(&self, to: Position, keys: &KeyRing, clock: &Clock) -> Result<String, Refusal> {
        cursor::seal(to, &self.permit, &self.digest, keys, clock)
    }
}
