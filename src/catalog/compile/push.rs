//! That the caller's sites are part of a request wherever a scope says `push`: never only sometimes.

use crate::catalog::document::Spot;
use crate::catalog::http_request::HttpRequest;
use crate::catalog::problem::Problems;
use crate::catalog::template::{Hole, Leaf, Template};

use super::names::Names;

/// Holds what a scope says of pushing against the request.
pub(super) fn check(
    push: bool,
    request: Option<&HttpRequest>,
    names: &Names,
    spot: &Spot<'_>,
    problems: &mut Problems,
) {
    let occurs = request.is_some_and(|request| request.holes().any(pushes));
    if push && !occurs {
        let text = "what is pushed must occur in the request: {scope: sites}";
        spot.child("push").problem(problems, text);
    }
    if occurs && !push {
        spot.problem(problems, "the request holds {scope: sites}: say push: sites");
    }
    let risky = request.is_some_and(|request| {
        let query = request.query.iter().map(|(_, value)| value);
        let headers = request.headers.iter().map(|(_, value)| value);
        let mut elements = query.chain(headers);
        elements.any(|value| goes_with_another(value, names))
            || request.body.as_ref().is_some_and(|body| within(body, names))
    });
    if risky {
        spot.problem(
            problems,
            "{scope: sites} stands in one element with a value that may be absent, and would go \
             with it: give the scope an element of its own",
        );
    }
}

fn pushes(hole: &Hole) -> bool {
    matches!(hole.leaf, Leaf::Sites { .. })
}

/// True where a whole element holds the scope and can go for the sake of another value.
fn goes_with_another(element: &Template, names: &Names) -> bool {
    let holds = element.holes().into_iter().any(pushes);
    (holds && may_be_absent(element, names)) || within(element, names)
}

/// The same for the elements inside a value (tool-format rule 2).
fn within(value: &Template, names: &Names) -> bool {
    match value {
        Template::Literal(_) | Template::Hole(_) => false,
        Template::Array(items) => items.iter().any(|item| goes_with_another(item, names)),
        Template::Object(fields) => fields.iter().any(|(_, field)| within(field, names)),
    }
}

/// True where a hole other than the scope's can be unfilled, outside of arrays of its own.
pub(super) fn may_be_absent(value: &Template, names: &Names) -> bool {
    match value {
        Template::Literal(_) | Template::Array(_) => false,
        Template::Object(fields) => fields.iter().any(|(_, field)| may_be_absent(field, names)),
        Template::Hole(hole) => {
            hole.only_if.is_some()
                || match &hole.leaf {
                    Leaf::Argument(name) => !names.always(name),
                    Leaf::Found { argument, .. } | Leaf::Etag(argument) => !names.always(argument),
                    Leaf::Token => true,
                    _ => false,
                }
        }
    }
}
