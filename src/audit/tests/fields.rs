//! `docs/AUDIT.md` names every field of every record, every kind, and every word of the closed sets;
//! and no other.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::audit::chain::Head;
use crate::audit::end::End;
use crate::audit::event::{Cause, Closing, Configuration, Denied, Lost, Opening, Settled};
use crate::audit::record::{Fields, Stage};

const PAGE: &str = include_str!("../../../docs/AUDIT.md");

fn schema<T: JsonSchema>() -> Schema {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>()
}

/// The names of the innermost fields, as `outer.inner`.
fn add(schema: &Value, within: &str, names: &mut BTreeSet<String>) {
    // One that may be left out: itself, or null.
    let choices = schema["anyOf"].as_array().into_iter().flatten();
    let schema = choices.into_iter().find(|one| one["properties"].is_object()).unwrap_or(schema);
    match schema["properties"].as_object() {
        Some(fields) => {
            for (name, field) in fields {
                let name =
                    if within.is_empty() { name.clone() } else { format!("{within}.{name}") };
                add(field, &name, names);
            }
        }
        None => {
            names.insert(within.to_owned());
        }
    }
}

fn words<T: JsonSchema>() -> BTreeSet<String> {
    let schema = schema::<T>().to_value();
    let all = schema["oneOf"].as_array().into_iter().flatten();
    all.map(|one| one["const"].as_str().unwrap().to_owned()).collect()
}

/// The first cells of a section's table.
fn cells(section: &str) -> BTreeSet<String> {
    let from = PAGE.split(&format!("## {section}\n")).nth(1).unwrap_or_else(|| panic!("{section}"));
    let text = from.split("\n## ").next().unwrap();
    let cells = text.lines().filter_map(|line| line.strip_prefix("| `")?.split("` |").next());
    cells.flat_map(|cell| cell.split("`, `")).map(str::to_owned).collect()
}

#[test]
fn the_page_names_every_field_and_no_other() {
    let mut names = BTreeSet::new();
    for schema in [
        schema::<Fields>(),
        schema::<Opening>(),
        schema::<Closing>(),
        schema::<Lost>(),
        schema::<Denied>(),
        schema::<Configuration>(),
        schema::<Head>(),
    ] {
        add(schema.as_value(), "", &mut names);
    }
    names.insert("prev".to_owned());
    assert_eq!(cells("Fields"), names);
}

#[test]
fn the_page_names_every_word() {
    assert_eq!(cells("Status"), words::<End>());
    assert_eq!(cells("Stage"), words::<Stage>());
    for word in words::<Cause>().iter().chain(&words::<Settled>()) {
        assert!(PAGE.contains(&format!("`{word}`")), "{word}");
    }
    let kinds = ["start", "continued", "end", "call", "intent", "configuration", "denied", "lost"];
    assert_eq!(cells("Kinds"), kinds.map(str::to_owned).into());
}
