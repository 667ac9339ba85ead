//! Models (DTDL interfaces). The service has no search for them, so that they are read whole; what a
//! model takes from those that it extends stands with it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::call::TroubleKind;

use super::Stopped;
use super::ask::Models;
use super::client::{Client, token_of};
use super::condition::{Unfit, is_model_id};
use super::record::text;

/// As many pages of models are read; an instance has at most 10,000 models.
const MOST_PAGES: usize = 100;
/// As many models are asked for at once.
const MODELS_AT_ONCE: usize = 1_000;
/// Models a page, where nothing is said.
const USUAL_PAGE: usize = 25;

/// `{items, next?}`, by id.
pub(super) async fn list(asked: &Models, client: &mut Client<'_, '_>) -> Result<Value, Stopped> {
    if asked.below.as_deref().is_some_and(|root| !is_model_id(root)) {
        return Err(Unfit::Model.into());
    }
    let all = read(None, client).await?;
    let all: BTreeMap<&str, &Value> = all.iter().map(|model| (text(model, "id"), model)).collect();
    let below = asked.below.as_deref().map(|root| descendants(root, &all));
    let wanted = asked.search.as_deref().map(str::to_lowercase);
    let found: Vec<Value> = all
        .iter()
        .filter(|(id, _)| below.as_ref().is_none_or(|below| below.contains(*id)))
        .filter_map(|(_, model)| summary(model))
        .filter(|model| {
            let told = |field| text(model, field).to_lowercase();
            wanted.as_ref().is_none_or(|wanted| {
                told("id").contains(wanted) || told("displayName").contains(wanted)
            })
        })
        .collect();
    let start = match &asked.after {
        Some(after) => after.parse().map_err(|_| TroubleKind::BadAnswer)?,
        None => 0_usize,
    };
    let end = start.saturating_add(asked.page_size.unwrap_or(USUAL_PAGE)).min(found.len());
    let items = found.get(start..end).unwrap_or_default();
    let next = (end < found.len()).then(|| end.to_string());
    Ok(json!({"items": items, "next": next}))
}

/// One model, with what it inherits; nothing where there is none.
pub(super) async fn one(id: &str, client: &mut Client<'_, '_>) -> Result<Option<Value>, Stopped> {
    if !is_model_id(id) {
        return Ok(None);
    }
    let models = match read(Some(id), client).await {
        Ok(models) => models,
        Err(TroubleKind::Gone) => return Ok(None),
        Err(kind) => return Err(kind.into()),
    };
    let all: BTreeMap<&str, &Value> =
        models.iter().map(|model| (text(model, "id"), model)).collect();
    let Some(mut whole) = all.get(id).and_then(|model| summary(model)) else { return Ok(None) };
    let mut contents: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for from in lineage(id, &all) {
        let definition = all.get(from).and_then(|model| model.get("model"));
        let listed = definition.and_then(|model| model.get("contents")).and_then(Value::as_array);
        for content in listed.into_iter().flatten() {
            let Some((kind, content)) = read_content(content, from) else { continue };
            let known = contents.entry(kind).or_default();
            // The nearest definition of a name is the one that holds.
            if !known.iter().any(|one| text(one, "name") == text(&content, "name")) {
                known.push(content);
            }
        }
    }
    for (kind, listed) in contents {
        super::record::set(&mut whole, kind, listed);
    }
    Ok(Some(whole))
}

/// Every model, or one and those that it needs, with their definitions.
async fn read(of: Option<&str>, client: &mut Client<'_, '_>) -> Result<Vec<Value>, TroubleKind> {
    let mut models = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut query = vec![("includeModelDefinition", "true")];
        query.extend(of.map(|id| ("dependenciesFor", id)));
        query.extend(token.as_deref().map(|token| ("continuationToken", token)));
        let mut page = client.get(&["models"], &query, Some(MODELS_AT_ONCE)).await?;
        match page.get_mut("value").map(Value::take) {
            Some(Value::Array(rows)) => models.extend(rows),
            _ => return Err(TroubleKind::BadAnswer),
        }
        let next = token_of(text(&page, "nextLink"));
        if next.is_none() || next == token {
            return Ok(models);
        }
        token = next;
    }
    Ok(models)
}

/// What a list tells of a model.
fn summary(model: &Value) -> Option<Value> {
    let id = text(model, "id");
    let definition = model.get("model").unwrap_or(&Value::Null);
    (!id.is_empty()).then(|| {
        json!({
            "id": id,
            "displayName": words(model.get("displayName").or(definition.get("displayName"))),
            "description": words(model.get("description").or(definition.get("description"))),
            "extends": parents(model),
            "decommissioned": model.get("decommissioned"),
            "uploadTime": model.get("uploadTime"),
        })
    })
}

/// A text in English, or in whatever language comes first.
fn words(value: Option<&Value>) -> Option<&str> {
    match value? {
        Value::String(text) => Some(text),
        Value::Object(languages) => {
            let first = || languages.values().next();
            languages.get("en").or_else(first).and_then(Value::as_str)
        }
        _ => None,
    }
}

fn parents(model: &Value) -> Vec<&str> {
    match model.get("model").and_then(|definition| definition.get("extends")) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The model and those that it extends, nearest first.
fn lineage<'a>(id: &'a str, all: &BTreeMap<&'a str, &'a Value>) -> Vec<&'a str> {
    let mut line = vec![id];
    let mut next = 0;
    while let Some(model) = line.get(next) {
        for parent in all.get(model).map(|model| parents(model)).unwrap_or_default() {
            if !line.contains(&parent) {
                line.push(parent);
            }
        }
        next += 1;
    }
    line
}

/// The model and those that extend it, at any distance.
fn descendants<'a>(root: &'a str, all: &BTreeMap<&'a str, &'a Value>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::from([root]);
    loop {
        let before = found.len();
        for (id, model) in all {
            if parents(model).iter().any(|parent| found.contains(parent)) {
                found.insert(id);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// One element of a model's contents: the list in which it is told of, and what is told.
fn read_content(content: &Value, from: &str) -> Option<(&'static str, Value)> {
    let kinds: Vec<&str> = match content.get("@type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let list = match () {
        () if kinds.contains(&"Property") => "properties",
        () if kinds.contains(&"Relationship") => "relationships",
        () if kinds.contains(&"Component") => "components",
        () => return None,
    };
    let schema = content.get("schema").and_then(|schema| match schema {
        Value::String(name) => Some(name.as_str()),
        complex => complex.get("@type").and_then(Value::as_str),
    });
    let told = json!({
        "name": text(content, "name"),
        "displayName": words(content.get("displayName")),
        "schema": schema,
        "unit": content.get("unit"),
        "target": content.get("target"),
        "from": from,
    });
    Some((list, told))
}
