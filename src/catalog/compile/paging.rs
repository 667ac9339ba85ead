//! That a list which says where its next page is can be asked for it, and the other way about.

use crate::catalog::document::Document;
use crate::catalog::http_request::HttpRequest;
use crate::catalog::problem::Problems;
use crate::catalog::template::{Hole, Leaf};
use crate::catalog::tool::{Answer, More};

/// Holds an answer's `more`, the shared argument `page` and the request's cursor against each other,
/// and tells the answer which number the first page has.
pub(super) fn agree(
    answer: &mut Answer,
    paged: bool,
    request: Option<&HttpRequest>,
    document: &Document,
    problems: &mut Problems,
) {
    let cursor = request.and_then(|request| request.holes().find_map(cursor_of));
    let spot = document.at("/answer");
    let more = match answer {
        Answer::List(list) => list.more.as_mut(),
        _ => None,
    };
    let Some(more) = more else {
        if let Some((kind, _)) = cursor {
            let text = format!(
                "the request asks for pages: say where the answer says that there is more: more: {{{kind}: /pointer}}"
            );
            spot.problem(problems, text);
        } else if paged {
            let text =
                "a cursor is for a list that says where there is more: answer: {items, more}";
            document.at("/input/use").problem(problems, text);
        }
        return;
    };
    if !paged {
        let text = "nobody can ask for the next page: add use: [page], or [cursor]";
        document.at("/input").problem(problems, text);
    }
    let (kind, first) = match more {
        More::Page { first, .. } => ("page", Some(first)),
        More::Token(_) => ("token", None),
        More::Whole => {
            if cursor.is_some() {
                let text = "with whole: true everything comes at once: take the cursor away";
                document.at("/request").problem(problems, text);
            }
            return;
        }
    };
    match (cursor, first) {
        (Some(("page", number)), Some(first)) => *first = number,
        (Some(("token", _)), None) => {}
        _ => {
            let text =
                format!("the next page is asked for by {{cursor: {kind}}}: put it in the request");
            document.at("/request").problem(problems, text);
        }
    }
}

/// What a hole asks a list for, and the number of the first page.
fn cursor_of(hole: &Hole) -> Option<(&'static str, u64)> {
    match &hole.leaf {
        Leaf::Page { first } if hole.only_if.is_none() => Some(("page", *first)),
        Leaf::Token if hole.only_if.is_none() => Some(("token", 1)),
        _ => None,
    }
}
