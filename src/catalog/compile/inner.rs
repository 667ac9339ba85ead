//! Lists inside rows: one that names sites is judged like the rows themselves. A list that isn't would
//! show what lies elsewhere under a row that lies inside.

use crate::catalog::document::Document;
use crate::catalog::problem::Problems;
use crate::catalog::row::{Row, Shape};
use crate::catalog::scope_rule::{Filter, PlaceFilter, ScopeRule};
use crate::catalog::tool::{Answer, List};

/// Holds a row's lists against the scope.
pub(super) fn check(
    answer: &Answer,
    scope: &ScopeRule,
    document: &Document,
    problems: &mut Problems,
) {
    let (Answer::List(List { row, .. }) | Answer::Record { row, .. }) = answer else { return };
    if scope.none.is_some() {
        return;
    }
    let spot = document.at("/scope/filter");
    let place = match &scope.filter {
        Some(Filter::Place(place)) => Some(place),
        _ => None,
    };
    if let Some(place) = place {
        check_within(place, row, document, problems);
    }
    for field in &row.fields {
        let judged = place.is_some_and(|place| place.judged_lists().any(|key| key == field.name));
        let hidden = match (&field.shape, judged) {
            // Only the elements of the list itself are judged, not those of lists in them.
            (Shape::List(item), true) => names_sites_below(item),
            (shape, _) => names_sites_below(shape),
        };
        if hidden {
            let text = format!(
                "'{}' lists what names a site of its own, and nobody judges it: add within: [/{}]",
                field.name, field.name
            );
            spot.problem(problems, text);
        }
    }
}

/// What is judged is a list of the row.
fn check_within(place: &PlaceFilter, row: &Row, document: &Document, problems: &mut Problems) {
    for (index, at) in place.within.iter().enumerate() {
        let key = at.single_key().unwrap_or_default();
        let list = row.field(key).is_some_and(|field| matches!(&field.shape, Shape::List(_)));
        if !key.is_empty() && !list {
            let text = format!("the answer's row has no list '{key}'");
            document.at("/scope/filter/within").child(index).problem(problems, text);
        }
    }
}

/// Is there, in a list somewhere below, something that names its site?
fn names_sites_below(shape: &Shape) -> bool {
    match shape {
        Shape::List(item) => match &**item {
            Shape::Object(row) => row.field("siteId").is_some() || names_sites_below(item),
            _ => names_sites_below(item),
        },
        Shape::Object(row) => row.fields.iter().any(|field| names_sites_below(&field.shape)),
        _ => false,
    }
}
