//! The models of the sample twins: some two hundred interfaces of the public Willow ontology, with
//! what each extends. `graph` takes models by name, `evaluate` asks what is of a model.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::demo::world::equipment::dtmi;

const LIST: &str = include_str!("models.txt");

/// The models.
#[derive(Debug)]
pub(in crate::demo) struct Models {
    /// As the service lists them, by id.
    pub(super) listed: BTreeMap<String, Value>,
    /// Each model with all that it extends, itself included.
    lineages: BTreeMap<String, BTreeSet<String>>,
}

impl Models {
    pub(super) fn build(uploaded: &str) -> Self {
        let mut definitions: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for line in LIST.lines().filter(|line| !line.starts_with('#')) {
            if let Some((kind, rest)) = line.split_once(' ').filter(|(kind, _)| "+>".contains(kind))
            {
                let mut words = rest.split(' ');
                let of = words.next().and_then(|name| definitions.get_mut(name));
                let contents = of.and_then(|of| of.get_mut("contents"));
                let Some(contents) = contents.and_then(Value::as_array_mut) else { continue };
                contents.extend(words.map(|word| content(kind, word)));
            } else if let Some((name, definition)) = interface(line) {
                definitions.insert(name, definition);
            }
        }
        let mut models = Self { listed: BTreeMap::new(), lineages: BTreeMap::new() };
        for (name, definition) in &definitions {
            let mut lineage = BTreeSet::new();
            add_lineage(&dtmi(name), &definitions, &mut lineage);
            models.lineages.insert(dtmi(name), lineage);
            let listed = json!({
                "id": dtmi(name),
                "displayName": definition.get("displayName"),
                "description": {},
                "uploadTime": uploaded,
                "decommissioned": false,
                "model": definition,
            });
            models.listed.insert(dtmi(name), listed);
        }
        models
    }

    /// Is something of one model also of the other?
    pub(super) fn is_of(&self, model: &str, wanted: &str, exact: bool) -> bool {
        let lineage = || self.lineages.get(model).is_some_and(|all| all.contains(wanted));
        if exact { model == wanted } else { lineage() }
    }

    /// A model and all that it extends.
    pub(super) fn needed_by(&self, id: &str) -> Option<&BTreeSet<String>> {
        self.lineages.get(id)
    }
}

/// `NAME < EXTENDS … | WORDS`
fn interface(line: &str) -> Option<(&str, Map<String, Value>)> {
    let (before, words) = line.split_once(" | ")?;
    let (name, parents) = before.split_once(" < ").unwrap_or((before, ""));
    let extends: Vec<String> = parents.split_whitespace().map(dtmi).collect();
    let definition = json!({
        "@context": ["dtmi:dtdl:context;3"],
        "@id": dtmi(name),
        "@type": "Interface",
        "displayName": {"en": words},
        "extends": extends,
        "contents": [],
    });
    match definition {
        Value::Object(definition) => Some((name, definition)),
        _ => None,
    }
}

/// `PROPERTY:SCHEMA` or `RELATIONSHIP:TARGET`
fn content(kind: &str, word: &str) -> Value {
    let (name, of) = word.split_once(':').unwrap_or((word, ""));
    match (kind, of) {
        ("+", "Map" | "Enum" | "Object" | "Array") => {
            json!({"@type": "Property", "name": name, "schema": {"@type": of}, "writable": true})
        }
        ("+", schema) => {
            json!({"@type": "Property", "name": name, "schema": schema, "writable": true})
        }
        (_, "") => json!({"@type": "Relationship", "name": name}),
        (_, target) => json!({"@type": "Relationship", "name": name, "target": dtmi(target)}),
    }
}

fn add_lineage(
    id: &str,
    definitions: &BTreeMap<&str, Map<String, Value>>,
    lineage: &mut BTreeSet<String>,
) {
    let name = id.trim_start_matches("dtmi:com:willowinc:").trim_end_matches(";1");
    if !lineage.insert(id.to_owned()) {
        return;
    }
    let parents = definitions.get(name).and_then(|one| one.get("extends"));
    for parent in parents.and_then(Value::as_array).into_iter().flatten() {
        add_lineage(parent.as_str().unwrap_or_default(), definitions, lineage);
    }
}
