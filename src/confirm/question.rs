//! The question as the person reads it: rendered from checked arguments and located records, never
//! from a model's text; and what the person said to it. `confirm` alone uses it.

mod plain;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::{Refusal, Response};
use crate::catalog::{Leaf, QuestionLine, QuestionText, TitlePart, WriteRequest};
use crate::target::{Located, Taken};

use plain::plain_line;

/// The key of the question, and of the one field in its form.
pub(super) const CONFIRM: &str = "confirm";
/// A longer value is cut where it is shown in a title.
const MAX_IN_TITLE: usize = 80;
/// A longer value is cut, visibly, where it is shown on a line: longer than any argument.
const MAX_ON_LINE: usize = 4_000;

/// A question, ready to be shown.
pub(super) struct Rendered {
    /// What the person reads.
    pub(super) message: String,
    /// What of the located records the request will carry, in its order: ids behind the names that
    /// the person reads.
    pub(super) carried: Vec<Option<Value>>,
}

/// What a person said to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// `accept` with `confirm: true`, and nothing else.
    Yes,
    /// `decline`, or `accept` with `confirm: false`.
    No,
    /// `cancel`: the question was closed.
    Closed,
}

impl Rendered {
    /// Words the question for one located call.
    pub(super) fn of(question: &QuestionText, write: &WriteRequest, located: &Located) -> Self {
        let record = question.record.as_ref().and_then(|name| located.records().get(name));
        let record = record.map(|record| &record.value);
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
            message.push_str("\n- ");
            message.push_str(&line.label);
            message.push_str(": ");
            if let (Some(from), Some(record)) = (&line.from, record) {
                message.push_str(&worded(line, from.of(record)));
                message.push_str(" → ");
            }
            message.push_str(&worded(line, Some(&to)));
        }
        let carried = write.http().holes().filter(|hole| matches!(hole.leaf, Leaf::Found { .. }));
        let carried = carried.map(|hole| value_of(&hole.leaf, located)).collect();
        Self { message, carried }
    }
}

/// The form: exactly one required boolean.
pub(super) fn form() -> Value {
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

impl Verdict {
    /// Reads the responses to the question.
    ///
    /// # Errors
    /// [`Refusal::InvalidAnswer`] for what doesn't have the asked form: neither a yes nor a no.
    pub(super) fn of(mut responses: BTreeMap<String, Response>) -> Result<Self, Refusal> {
        let response = responses.remove(CONFIRM).filter(|_| responses.is_empty());
        match response.ok_or(Refusal::InvalidAnswer)? {
            Response::Declined => Ok(Self::No),
            Response::Cancelled => Ok(Self::Closed),
            Response::Accepted(content) => {
                let fields = content.as_object().filter(|fields| fields.len() == 1);
                match fields.and_then(|fields| fields.get(CONFIRM)) {
                    Some(Value::Bool(true)) => Ok(Self::Yes),
                    Some(Value::Bool(false)) => Ok(Self::No),
                    _ => Err(Refusal::InvalidAnswer),
                }
            }
        }
    }
}

/// The value to come, where the call has one.
fn value_of(leaf: &Leaf, located: &Located) -> Option<Value> {
    match leaf {
        Leaf::Argument(name) => located.checked().arguments().get(name).cloned(),
        Leaf::Found { argument, at } => match located.records().get(argument)?.take(at) {
            Taken::Value(value) => Some(value),
            Taken::Nothing | Taken::Lacking => None,
        },
        _ => None,
    }
}

fn worded(line: &QuestionLine, value: Option<&Value>) -> String {
    let plain = shown(value, MAX_ON_LINE);
    line.words.get(&plain).cloned().unwrap_or(plain)
}

/// Words of somebody else's, on one line of at most so many characters.
pub(super) fn one_line(text: &str, longest: usize) -> String {
    plain_line(text).chars().take(longest).collect()
}

/// A value as a person reads it: one line, in which nothing hides and nothing looks like a part of
/// the question.
fn shown(value: Option<&Value>, longest: usize) -> String {
    let text = match value {
        None | Some(Value::Null) => return "(empty)".to_owned(),
        Some(Value::String(text)) => plain_line(text),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(other) => plain_line(&other.to_string()),
    };
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    match text.char_indices().nth(longest) {
        Some((cut, _)) => {
            let (kept, rest) = text.split_at(cut);
            format!("{kept}… (and {} more characters)", rest.chars().count())
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut_where_it_can_be_seen() {
        assert_eq!(shown(Some(&json!("abcdef")), 3), "abc… (and 3 more characters)");
        assert_eq!(shown(Some(&json!("abcdef")), 6), "abcdef");
        for nothing in [None, Some(&json!(null)), Some(&json!("")), Some(&json!(" \n"))] {
            assert_eq!(shown(nothing, 3), "(empty)");
        }
    }

    #[test]
    fn only_a_plain_true_is_a_yes() {
        let verdict = |content: Value| {
            Verdict::of(BTreeMap::from([(CONFIRM.to_owned(), Response::Accepted(content))]))
        };
        assert_eq!(verdict(json!({"confirm": true})), Ok(Verdict::Yes));
        assert_eq!(verdict(json!({"confirm": false})), Ok(Verdict::No));
        for content in [
            json!({}),
            json!({"confirm": "true"}),
            json!({"confirm": 1}),
            json!({"confirm": true, "more": 1}),
            json!(true),
            json!(null),
        ] {
            assert_eq!(verdict(content), Err(Refusal::InvalidAnswer));
        }
    }

    #[test]
    fn only_the_asked_question_can_be_answered() {
        let yes = || Response::Accepted(json!({"confirm": true}));
        let named = |names: &[&str]| {
            Verdict::of(names.iter().map(|name| ((*name).to_owned(), yes())).collect())
        };
        assert_eq!(named(&["confirm"]), Ok(Verdict::Yes));
        for names in [&[][..], &["other"], &["Confirm"], &["confirm", "other"]] {
            assert_eq!(named(names), Err(Refusal::InvalidAnswer));
        }
    }
}
