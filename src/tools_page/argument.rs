//! A tool's arguments as a table: name, type with its limits, and what it is for.

use std::fmt::{self, Write};

use serde_json::{Map, Value};

use crate::catalog::Tool;

/// Writes the table, where there is an argument.
pub(super) fn write(text: &mut String, tool: &Tool) -> fmt::Result {
    let schema = &tool.input.schema;
    let properties = schema.get("properties").and_then(Value::as_object);
    let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
        return Ok(());
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    writeln!(text, "| argument | type | what it is |")?;
    writeln!(text, "|---|---|---|")?;
    for (name, property) in properties {
        let must = if required.contains(&name.as_str()) { " (required)" } else { "" };
        let what = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let kind = match property.as_object() {
            // All of the row's, which would fill the page.
            Some(_) if name == "fields" => "list of names of fields".to_owned(),
            Some(property) => kind(property),
            None => "any".to_owned(),
        };
        writeln!(text, "| `{name}`{must} | {kind} | {} |", super::plain(what))?;
    }
    writeln!(text)
}

/// A JSON Schema in a few words.
fn kind(schema: &Map<String, Value>) -> String {
    let texts = |key: &str| schema.get(key).map(bare);
    let mut said = if let Some(Value::Array(values)) = schema.get("enum") {
        let values: Vec<String> = values.iter().map(bare).collect();
        format!("one of {}", values.join(", "))
    } else if let Some(Value::Object(items)) = schema.get("items") {
        format!("list of {}", kind(items))
    } else {
        let name = schema.get("type").and_then(Value::as_str).unwrap_or("any");
        match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => "time".to_owned(),
            Some(format) => format.to_owned(),
            None => name.to_owned(),
        }
    };
    let ends = [
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
        // That a text isn't empty goes without saying.
        ("", "maxLength", " characters"),
    ];
    for (least, most, of) in ends {
        match (texts(least), texts(most)) {
            (Some(least), Some(most)) => _ = write!(said, ", {least} to {most}{of}"),
            (Some(least), None) => _ = write!(said, ", at least {least}{of}"),
            (None, Some(most)) => _ = write!(said, ", at most {most}{of}"),
            (None, None) => {}
        }
    }
    if let Some(default) = texts("default") {
        _ = write!(said, ", {default} where it isn't given");
    }
    super::plain(&said)
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
