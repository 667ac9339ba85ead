//! Answers that are a part of a streamed text.

use http::Method;
use serde_json::{Value, json};

use crate::catalog::document::{Document, Spot};
use crate::catalog::http_request::HttpRequest;
use crate::catalog::problem::Problems;
use crate::catalog::raw::RawText;
use crate::catalog::scope_rule::ScopeRule;
use crate::catalog::template::{Leaf, Template};
use crate::catalog::text_answer::{TextAnswer, Unit};
use crate::catalog::tool::{Input, Plan, ReadPlan};

/// No answer is longer, whatever its argument says.
const MOST: u64 = 20_000;
/// A part holds at least one character of any length.
const LEAST: u64 = 4;

/// Reads the answer. Which arguments it takes is known even where its types are faulty.
pub(super) fn text(raw: &RawText, spot: &Spot<'_>, problems: &mut Problems) -> Option<TextAnswer> {
    if raw.types.is_empty() {
        let text = "say which content types are shown: [text/plain, application/json]";
        spot.child("types").problem(problems, text);
    }
    for (index, written) in raw.types.iter().enumerate() {
        if !is_type(written) {
            let text = "write type/subtype in lower case; only text/* stands for several";
            spot.child("types").child(index).problem(problems, text);
        }
    }
    let (length, unit) = match (&raw.chars, &raw.bytes) {
        (Some(name), None) => (name, Unit::Chars),
        (None, Some(name)) => (name, Unit::Bytes),
        _ => {
            spot.give_up(problems, "say how much at most: chars: ARGUMENT, or bytes: ARGUMENT");
            return None;
        }
    };
    Some(TextAnswer {
        types: raw.types.clone(),
        offset: raw.offset.clone(),
        length: length.clone(),
        unit,
        otherwise: raw.otherwise.clone(),
    })
}

/// Only kinds of which every member is text may stand for all of theirs.
fn is_type(written: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-+.".contains(c);
    let word = |word: &str| !word.is_empty() && word.chars().all(plain);
    written == "text/*"
        || written.split_once('/').is_some_and(|(kind, subtype)| word(kind) && word(subtype))
}

/// Holds a text against the tool's arguments, its request and its scope. A text can't be judged as
/// rows can: only what it belongs to holds it.
pub(super) fn agree(
    answer: &TextAnswer,
    (plan, scope, input): (&Plan, &ScopeRule, &Input),
    document: &Document,
    problems: &mut Problems,
) {
    let spot = document.at("/answer/text");
    let request = match plan {
        Plan::Read(ReadPlan::Request(request)) if request.http().method == Method::GET => {
            request.http()
        }
        _ => {
            spot.problem(problems, "a text is read: the request is a get");
            return;
        }
    };
    let number = |name: &str, limits: &str, key: &str, fits: &dyn Fn(&Value) -> bool| {
        let property = input.schema.get("properties").and_then(|all| all.get(name));
        let fits = property.is_some_and(|property| {
            property.get("type").is_some_and(|kind| kind == "integer") && fits(property)
        });
        (!fits).then(|| (key.to_owned(), format!("'{name}' must be an argument {limits}")))
    };
    let at = |property: &Value, key: &str| property.get(key).and_then(Value::as_u64);
    let required = input.schema.get("required").and_then(Value::as_array);
    let always = |name: &str, property: &Value| {
        property.get("default").is_some()
            || required.is_some_and(|all| all.iter().any(|one| one == name))
    };
    let key = if answer.unit == Unit::Chars { "chars" } else { "bytes" };
    let offset = number(&answer.offset, "of type integer with minimum: 0", "offset", &|property| {
        at(property, "minimum").is_some()
    });
    let limits = format!(
        "of type integer, required or with a default, with minimum: {LEAST} or more and maximum: \
         {MOST} or less"
    );
    let length = number(&answer.length, &limits, key, &|property| {
        always(&answer.length, property)
            && at(property, "minimum").is_some_and(|least| least >= LEAST)
            && at(property, "maximum").is_some_and(|most| most <= MOST)
    });
    for (key, text) in offset.into_iter().chain(length) {
        spot.child(key).problem(problems, text);
    }
    let held = scope.resolved.iter().any(|name| in_path(request, name));
    if !held || scope.filter.is_some() || scope.push {
        document.at("/scope").problem(
            problems,
            "a text has no rows that could be judged: write resolved: the arguments whose records \
             stand in the path, and nothing else",
        );
    }
}

fn in_path(request: &HttpRequest, name: &str) -> bool {
    let mut holes = request.path.iter().flat_map(Template::holes);
    holes.any(|hole| matches!(&hole.leaf, Leaf::Found { argument, .. } if argument == name))
}

/// The schema of a part of a text.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "offset": {"type": "integer", "description": "Where the part begins, in bytes."},
            "nextOffset": {"type": "integer", "description": "Where the next part begins."},
            "size": {"type": "integer", "description": "Bytes in all."},
            "contentType": {"type": "string"},
            "truncated": {"type": "boolean"},
        },
        "required": ["text", "offset", "truncated"],
        "additionalProperties": false,
    })
}
