//! The question as the person reads it: rendered from checked arguments and located records, never
//! from a model's text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::call::{Refusal, Response};
use crate::catalog::{Leaf, QuestionLine, QuestionText, TitlePart};
use crate::target::Located;

/// The key of the question, and of the one field in its form.
pub(super) const CONFIRM: &str = "confirm";
/// A longer value is cut where it is shown in a title.
const MAX_IN_TITLE: usize = 80;
/// A longer value is cut, visibly, where it is shown on a line: longer than any argument.
const MAX_ON_LINE: usize = 4_000;

/// A question, ready to be shown.
pub(super) struct Rendered {
    pub(super) message: String,
}

impl Rendered {
    /// Words the question for one located call.
    pub(super) fn of(question: &QuestionText, located: &Located) -> Self {
        let record =
            question.record.as_ref().and_then(|name| located.records().get(name)).map(|r| &r.value);
        let mut message = String::new();
        for part in &question.title {
            match part {
                TitlePart::Text(text) => message.push_str(text),
                TitlePart::Hole(at) => {
                    let value = record.and_then(|record| at.of(record));
                    message.push_str(&shown(value, MAX_IN_TITLE));
                }
            }
        }
        for line in &question.lines {
            let Some(to) = value_of(&line.to, located) else { continue };
            let to = worded(line, Some(to));
            let written = match (&line.from, record) {
                (Some(from), Some(record)) => {
                    write!(message, "\n- {}: {} → {to}", line.label, worded(line, from.of(record)))
                }
                _ => write!(message, "\n- {}: {to}", line.label),
            };
            debug_assert!(written.is_ok(), "writing to a String doesn't fail");
        }
        Self { message }
    }

    /// The form: exactly one required boolean.
    pub(super) fn schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": {
                CONFIRM: {
                    "type": "boolean",
                    "title": "Confirm",
                    "description": "Yes, do this.",
                },
            },
            "required": [CONFIRM],
        })
    }

    /// The outer result says whether this is an answer at all, the inner one whether it is a yes.
    pub(super) fn judge(
        &self,
        mut responses: BTreeMap<String, Response>,
    ) -> Result<Result<(), Refusal>, Refusal> {
        let response = responses.remove(CONFIRM).ok_or(Refusal::InvalidAnswer)?;
        if !responses.is_empty() {
            return Err(Refusal::InvalidAnswer);
        }
        match response {
            Response::Declined => Ok(Err(Refusal::Declined)),
            Response::Cancelled => Ok(Err(Refusal::Cancelled)),
            Response::Accepted(content) => {
                let fields = content.as_object().filter(|fields| fields.len() == 1);
                match fields.and_then(|fields| fields.get(CONFIRM)) {
                    Some(Value::Bool(true)) => Ok(Ok(())),
                    Some(Value::Bool(false)) => Ok(Err(Refusal::Declined)),
                    _ => Err(Refusal::InvalidAnswer),
                }
            }
        }
    }
}

/// The value to come, where the call has one.
fn value_of<'a>(leaf: &Leaf, located: &'a Located) -> Option<&'a Value> {
    match leaf {
        Leaf::Argument(name) => located.checked().arguments().get(name),
        Leaf::Found { argument, at } => {
            located.records().get(argument).and_then(|record| at.of(&record.value))
        }
        _ => None,
    }
}

fn worded(line: &QuestionLine, value: Option<&Value>) -> String {
    let plain = shown(value, MAX_ON_LINE);
    line.words.get(&plain).cloned().unwrap_or(plain)
}

/// A value as a person reads it: one line, without control or direction-changing characters.
fn shown(value: Option<&Value>, longest: usize) -> String {
    let text = match value {
        None | Some(Value::Null) => return "(empty)".to_owned(),
        Some(Value::String(text)) if text.is_empty() => return "(empty)".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(other) => other.to_string(),
    };
    let mut line: String = text.chars().map(visible).collect();
    if let Some((cut, _)) = line.char_indices().nth(longest) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// Replaces what could hide or fake a part of the question: controls and line breaks, zero-width
/// and bidirectional marks, Unicode tags.
fn visible(character: char) -> char {
    match character {
        '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}'
        | '\u{E0000}'..='\u{E007F}' => '\u{FFFD}',
        control if control.is_control() => '\u{FFFD}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_fake_a_line_of_the_question() {
        let value = json!("Fix\n- Priority: low\u{202E}\u{200B}\u{1b}[2K");
        assert_eq!(shown(Some(&value), 80), "Fix - Priority: low\u{FFFD}\u{FFFD}\u{FFFD}[2K");
        assert_eq!(shown(Some(&json!("abcdef")), 3), "abc…");
        assert_eq!(shown(Some(&json!("")), 3), "(empty)");
    }

    #[test]
    fn only_a_plain_true_is_a_yes() {
        let rendered = Rendered { message: String::new() };
        let judge = |content: Value| {
            let responses = [(CONFIRM.to_owned(), Response::Accepted(content))];
            rendered.judge(responses.into_iter().collect())
        };
        assert_eq!(judge(json!({"confirm": true})), Ok(Ok(())));
        assert_eq!(judge(json!({"confirm": false})), Ok(Err(Refusal::Declined)));
        for content in [
            json!({}),
            json!({"confirm": "true"}),
            json!({"confirm": 1}),
            json!({"confirm": true, "more": 1}),
            json!(true),
            json!(null),
        ] {
            assert_eq!(judge(content), Err(Refusal::InvalidAnswer));
        }
    }
}
