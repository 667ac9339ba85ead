//! Questions before writes; each argument that is sent must be shown (tool-format rule 7).

use std::collections::BTreeSet;

use http::Method;

use crate::catalog::document::Spot;
use crate::catalog::http_request::HttpRequest;
use crate::catalog::problem::Problems;
use crate::catalog::question::{QuestionLine, QuestionText, TitlePart};
use crate::catalog::raw::{RawLine, RawQuestion};
use crate::catalog::template::{Hole, Leaf, Template};
use crate::catalog::tool::Effect;

use super::names::Names;
use super::template::leaf;
use super::{decided, pointer};

/// A question as it is written, and the write that it asks about.
pub(super) struct Asked<'a> {
    pub raw: &'a RawQuestion,
    pub effect: Effect,
    pub http: &'a HttpRequest,
}

/// Reads a question and holds it against the request that it asks about.
pub(super) fn question(
    asked: &Asked<'_>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) -> Option<QuestionText> {
    let before = problems.count();
    let raw = asked.raw;
    let record = raw.before.as_ref().or(raw.about.as_ref());
    check_record(asked, names, spot, problems);
    let worded = problems.count();
    let title = title(&raw.title, record.is_some(), &spot.child("title"), problems);
    let worded = problems.count() == worded;
    if worded && record.is_some() && !title.iter().any(|part| matches!(part, TitlePart::Hole(_))) {
        let text = "name the record that is meant, by one of its values: {/name}";
        spot.child("title").problem(problems, text);
    }
    let mut lines = Vec::new();
    for (key, listed) in [("diff", &raw.diff), ("show", &raw.show)] {
        for (index, raw) in listed.iter().enumerate() {
            lines.extend(line(raw, key, names, &spot.child(key).child(index), problems));
        }
    }
    check_shown(asked, &lines, spot, problems);
    let record = record.cloned();
    (problems.count() == before).then_some(QuestionText { title, record, lines })
}

/// The record that the question is about is the one that the request changes or adds to.
fn check_record(asked: &Asked<'_>, names: &Names, spot: &Spot<'_>, problems: &mut Problems) {
    let raw = asked.raw;
    if raw.before.is_some() && raw.about.is_some() {
        spot.problem(problems, "write before (a change) or about (an addition), not both");
    }
    if raw.before.is_none() && !raw.diff.is_empty() {
        spot.child("diff").problem(problems, "a diff needs before: the changed record's argument");
    }
    if raw.before.is_none() && asked.effect == Effect::Update {
        spot.problem(
            problems,
            "an update shows the values before and after: write before: the changed record's \
             argument, and diff",
        );
    } else if raw.before.is_none() && asked.effect == Effect::Delete {
        spot.problem(problems, "say what goes: before: the argument of the record");
    }
    for (key, name) in [("before", &raw.before), ("about", &raw.about)] {
        let Some(name) = name else { continue };
        let spot = spot.child(key);
        let Some(record) = names.record(name) else {
            spot.problem(problems, format!("'{name}' isn't an argument with resolve"));
            continue;
        };
        if record.many {
            spot.problem(problems, format!("'{name}' names several records: show them in a line"));
            continue;
        }
        if !names.always(name) {
            spot.problem(problems, format!("'{name}' must be required: the question names it"));
        }
        let mut holes = asked.http.holes();
        if !holes.any(|hole| matches!(&hole.leaf, Leaf::Found { argument, .. } if argument == name))
        {
            let text = format!(
                "the request doesn't hold '{name}', so the question is about something else"
            );
            spot.problem(problems, text);
        }
        let changes = [Method::PUT, Method::PATCH, Method::DELETE].contains(&asked.http.method);
        let versioned = record.resolver.as_ref().is_some_and(|resolver| resolver.etag.is_some());
        let mut headers = asked.http.headers.iter();
        let bound = headers.any(|(header, value)| {
            *header == http::header::IF_MATCH
                && matches!(value, Template::Hole(Hole { leaf: Leaf::Etag(of), .. }) if of == name)
        });
        if key == "before" && changes && versioned && !bound {
            spot.problem(
                problems,
                format!(
                    "what was shown must still be what is changed: headers: {{If-Match: {{etag: \
                     {name}}}}}"
                ),
            );
        }
    }
}

/// What is sent is shown, and what is shown is sent.
fn check_shown(
    asked: &Asked<'_>,
    lines: &[QuestionLine],
    spot: &Spot<'_>,
    problems: &mut Problems,
) {
    let record = asked.raw.before.as_deref().or(asked.raw.about.as_deref());
    let shown: BTreeSet<&str> =
        lines.iter().filter_map(|line| named(&line.to)).chain(record).collect();
    let sent: BTreeSet<&str> = asked.http.holes().flat_map(arguments).collect();
    for name in sent.difference(&shown) {
        let text = format!("'{name}' is sent but not shown: add it to diff or show");
        spot.problem(problems, text);
    }
    for name in shown.difference(&sent).filter(|name| Some(**name) != record) {
        let text = format!("'{name}' is shown but not sent: add it to the request");
        spot.problem(problems, text);
    }
}

/// The arguments on which it depends what is sent.
fn arguments(hole: &Hole) -> impl Iterator<Item = &str> {
    let narrow = match &hole.leaf {
        Leaf::Sites { narrow } => narrow.as_deref(),
        Leaf::Given { argument, .. } => Some(argument.as_str()),
        leaf => named(leaf),
    };
    narrow.into_iter().chain(hole.only_if.as_deref())
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
    if raw.label.trim().is_empty() {
        spot.child("label").problem(problems, "say what the line is about");
    }
    let from = match (&raw.from, key) {
        (Some(from), "diff") => pointer(from, &spot.child("from"), problems),
        (None, "diff") => {
            spot.problem(problems, "a diff says where the value before is: from: /pointer");
            None
        }
        (Some(_), _) => {
            spot.child("from").problem(problems, "'show' has no value before: use diff");
            None
        }
        (None, _) => None,
    };
    let each = raw.each.as_ref().and_then(|each| pointer(each, &spot.child("each"), problems));
    if raw.each.is_some() && raw.from.is_none() {
        spot.child("each").problem(problems, "is for the value before: from: /pointer");
    }
    let before = problems.count();
    let to = leaf(&raw.to, names, &spot.child("to"), problems);
    let Some(to) = to.filter(|leaf| named(leaf).is_some()) else {
        if problems.count() == before {
            let text = "write {arg: NAME} or {found: NAME, at: /pointer}";
            spot.child("to").problem(problems, text);
        }
        return None;
    };
    Some(QuestionLine { label: raw.label.clone(), from, each, to, words: raw.words.clone() })
}

/// Splits a title at its `{/pointer}` holes.
fn title(text: &str, has_record: bool, spot: &Spot<'_>, problems: &mut Problems) -> Vec<TitlePart> {
    let mut parts = Vec::new();
    let mut rest = text;
    if !decided(text) {
        spot.problem(problems, "write what the person is asked");
    }
    while let Some((before, after)) = rest.split_once('{') {
        let Some((hole, tail)) = after.split_once('}').filter(|(hole, _)| !hole.contains('{'))
        else {
            spot.problem(problems, "a { without its }");
            return parts;
        };
        if !has_record {
            spot.problem(problems, "a hole needs before or about: the argument of its record");
        }
        if hole.starts_with('/') {
            parts.push(TitlePart::Text(before.to_owned()));
            parts.extend(pointer(hole, spot, problems).map(TitlePart::Hole));
        } else {
            let text = "a hole takes a value of the record: {/name}";
            spot.problem(problems, text);
        }
        rest = tail;
    }
    parts.push(TitlePart::Text(rest.to_owned()));
    parts.retain(|part| *part != TitlePart::Text(String::new()));
    parts
}
