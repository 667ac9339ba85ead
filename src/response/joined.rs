//! Outcomes of a composed tool's parts, put together. Each was checked by itself; the whole has a
//! schema and a bound of its own.

use serde_json::{Map, Value, json};

use crate::call::Refusal;
use crate::catalog::{Answer, Part};
use crate::confirm::Consent;

use super::{Bounds, Outcome, worded};

/// What became of a part.
#[derive(Debug)]
pub enum PartEnd {
    /// Its outcome.
    Outcome(Outcome),
    /// Its service can't answer, and the whole does without.
    Unavailable,
}

/// Puts the ends of the parts that were run together.
///
/// # Errors
/// As [`super::check`].
pub fn join(
    consent: &Consent,
    ends: Vec<(&Part, PartEnd)>,
    bounds: &Bounds,
) -> Result<Outcome, Refusal> {
    let tool = consent.located().checked().permit().tool();
    let mut unavailable = Vec::new();
    let mut answers = Vec::new();
    for (part, end) in ends {
        match end {
            PartEnd::Unavailable => unavailable.push(part.name.clone()),
            PartEnd::Outcome(outcome) => {
                let structured = outcome.structured.filter(|_| !outcome.is_error);
                answers.push((part, structured.ok_or(Refusal::Internal)?.into_inner()));
            }
        }
    }
    let mut whole = match &tool.answer {
        Answer::Results { most } => results(&answers, *most),
        Answer::Document => document(&answers).ok_or(Refusal::Internal)?,
        _ => {
            // Counts of places that aren't the person's are no counts of theirs.
            let own = answers.into_iter().filter(|(part, answer)| {
                !(part.if_permitted || part.if_available) || !answer.contains_key("notFound")
            });
            own.map(|(part, answer)| (part.name.clone(), Value::Object(answer))).collect()
        }
    };
    if !unavailable.is_empty() {
        whole.insert("unavailable".to_owned(), unavailable.into());
    }
    worded(whole, tool, bounds)
}

/// The rows of all parts in turns, so that no service's rows crowd the others out.
fn results(answers: &[(&Part, Map<String, Value>)], most: usize) -> Map<String, Value> {
    let rows = |answer: &Map<String, Value>| -> Vec<Value> {
        answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let lists: Vec<(&Part, Vec<Value>)> =
        answers.iter().map(|(part, answer)| (*part, rows(answer))).collect();
    let longest = lists.iter().map(|(_, rows)| rows.len()).max().unwrap_or_default();
    let turns = (0..longest).flat_map(|turn| {
        lists.iter().filter_map(move |(part, rows)| Some((*part, rows.get(turn)?)))
    });
    let results: Vec<Value> = turns
        .filter_map(|(part, row)| {
            let id = format!("{}:{}", part.name, id_of(row)?);
            Some(json!({"id": id, "title": title(part, row), "url": url(row)}))
        })
        .take(most)
        .collect();
    Map::from_iter([("results".to_owned(), results.into())])
}

/// One record as a text to read, or with the text that another part gave of it.
fn document(answers: &[(&Part, Map<String, Value>)]) -> Option<Map<String, Value>> {
    let (part, answer) = answers.iter().find(|(part, _)| part.text.is_none())?;
    let record = answer.get("item")?;
    let id = format!("{}:{}", part.name, id_of(record)?);
    let mut texts = answers
        .iter()
        .filter_map(|(part, answer)| part.text.as_ref()?.text_of(answer.get("item")?));
    let text = match texts.next() {
        Some(text) => text.to_owned(),
        None => serde_json::to_string_pretty(record).ok()?,
    };
    let mut metadata = Map::from_iter([("type".to_owned(), json!(part.name))]);
    if let Some(site) = record.get("siteId").filter(|site| site.is_string()) {
        metadata.insert("siteId".to_owned(), site.clone());
    }
    let whole = json!({
        "id": id, "title": title(part, record), "text": text, "url": url(record),
        "metadata": metadata,
    });
    whole.as_object().cloned()
}

fn id_of(row: &Value) -> Option<&str> {
    row.get("id").and_then(Value::as_str)
}

fn title(part: &Part, row: &Value) -> String {
    let words: Vec<&str> = part.title.iter().filter_map(|at| at.text_of(row)).collect();
    if words.is_empty() { part.tool.title.clone() } else { words.join(" · ") }
}

fn url(row: &Value) -> &str {
    row.get("url").and_then(Value::as_str).unwrap_or_default()
}
