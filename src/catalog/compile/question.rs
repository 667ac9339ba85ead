//! Questions before writes; each argument that is sent must be shown (tool-format rule 7).

use std::collections::BTreeSet;

use crate::catalog::document::{Problems, Spot};
use crate::catalog::http_request::HttpRequest;
use crate::catalog::question::{QuestionLine, QuestionText, TitlePart};
use crate::catalog::raw::{RawLine, RawQuestion};
use crate::catalog::template::Leaf;

use super::pointer;
use super::template::{Names, hole};

/// Reads a question and holds it against the request that it asks about.
pub(super) fn question(
    raw: &RawQuestion,
    request: &HttpRequest,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<QuestionText> {
    let before = problems.count();
    let record = raw.before.as_ref().or(raw.about.as_ref());
    if raw.before.is_some() && raw.about.is_some() {
        spot.problem(problems, "write before (a change) or about (an addition), not both");
    }
    if let Some(name) = record.filter(|name| !names.resolved.contains(*name)) {
        spot.problem(problems, format!("'{name}' isn't an argument with resolve"));
    }
    if raw.before.is_none() && !raw.diff.is_empty() {
        spot.child("diff").problem(problems, "a diff needs before: the changed record's argument");
    }
    let title = title(&raw.title, record.is_some(), &spot.child("title"), problems);
    let mut lines = Vec::new();
    for (key, listed) in [("diff", &raw.diff), ("show", &raw.show)] {
        for (index, raw) in listed.iter().enumerate() {
            lines.extend(line(raw, key, names, &spot.child(key).child(index), problems));
        }
    }
    let shown: BTreeSet<&str> =
        lines.iter().filter_map(|line| named(&line.to)).chain(record.map(String::as_str)).collect();
    for name in request.holes().filter_map(|hole| named(&hole.leaf)) {
        if !shown.contains(name) {
            spot.problem(
                problems,
                format!("'{name}' is sent but not shown: add it to diff or show"),
            );
        }
    }
    let record = record.cloned();
    (problems.count() == before).then_some(QuestionText { title, record, lines })
}

/// The argument that a leaf takes its value from.
fn named(leaf: &Leaf) -> Option<&str> {
    match leaf {
        Leaf::Argument(name) => Some(name),
        Leaf::Found { argument, .. } => Some(argument),
        _ => None,
    }
}

fn line(
    raw: &RawLine,
    key: &str,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<QuestionLine> {
    let from = match (&raw.from, key) {
        (Some(from), "diff") => Some(pointer(from, &spot.child("from"), problems)?),
        (None, "show") => None,
        (None, _) => {
            spot.problem(problems, "a diff says where the value before is: from: /pointer");
            return None;
        }
        (Some(_), _) => {
            spot.child("from").problem(problems, "'show' has no value before: use diff");
            return None;
        }
    };
    let to = raw.to.as_object().and_then(|map| hole(map, names, &spot.child("to"), problems));
    let Some(to) = to.map(|hole| hole.leaf).filter(|leaf| named(leaf).is_some()) else {
        spot.child("to").problem(problems, "write {arg: NAME} or {found: NAME, at: /pointer}");
        return None;
    };
    Some(QuestionLine { label: raw.label.clone(), from, to, words: raw.words.clone() })
}

/// Splits a title at its `{/pointer}` holes.
fn title(text: &str, has_record: bool, spot: &Spot<'_>, problems: &mut Problems) -> Vec<TitlePart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((hole, tail)) = after.split_once('}') else {
            spot.problem(problems, "a { without its }");
            return parts;
        };
        if !has_record {
            spot.problem(problems, "a hole needs before or about: the argument of its record");
        }
        parts.push(TitlePart::Text(before.to_owned()));
        parts.extend(pointer(hole, spot, problems).map(TitlePart::Hole));
        rest = tail;
    }
    parts.push(TitlePart::Text(rest.to_owned()));
    parts.retain(|part| *part != TitlePart::Text(String::new()));
    parts
}
