//! That the scope which a tool states is one that holds: what would leave an answer or a write
//! unfenced is a fault, however well it reads.

use crate::catalog::document::{Document, Spot};
use crate::catalog::http_request::HttpRequest;
use crate::catalog::problem::Problems;
use crate::catalog::scope_rule::{Filter, ScopeRule};
use crate::catalog::template::{Hole, Leaf, Template};
use crate::catalog::tool::{Answer, List, Plan, ReadPlan, Requirement};

use super::names::{Kind, Names};
use super::{adt, push};

/// The parts of a tool that a fence is made of.
pub(super) struct Fence<'a> {
    pub plan: &'a Plan,
    pub answer: &'a Answer,
    pub scope: &'a ScopeRule,
    pub permission: Option<&'a Requirement>,
    pub names: &'a Names,
}

/// Holds the parts against each other.
pub(super) fn check(fence: &Fence<'_>, document: &Document, problems: &mut Problems) {
    let spot = document.at("/scope");
    push::check(fence.scope.push, fence.plan.request(), fence.names, &spot, problems);
    fence.check_sign_in(document, problems);
    fence.check_resolved(&spot.child("resolved"), problems);
    fence.check_filter(&spot, problems);
    match fence.plan {
        Plan::Read(_) => fence.check_read(document, problems),
        Plan::Write { .. } => fence.check_write(document, problems),
        // Each part is a full run of its own.
        Plan::Compose(_) => {}
    }
}

impl Fence<'_> {
    /// Whoever is signed in holds every place, so that judging by places holds nobody.
    fn check_sign_in(&self, document: &Document, problems: &mut Problems) {
        if !matches!(self.permission, Some(Requirement::SignedIn(_))) {
            return;
        }
        if self.scope.none.is_none() {
            document.at("/scope").problem(
                problems,
                "signed_in asks for no permission, so there are no places to hold this inside: \
                 name a permission, or write none: the reason",
            );
        }
        for (name, argument) in &self.names.arguments {
            let resolver = argument.record.as_ref().and_then(|record| record.resolver.as_ref());
            if resolver.is_some_and(|resolver| resolver.holds()) {
                let text = format!(
                    "'{name}' is found inside a permission's places, and signed_in has none: name \
                     a permission"
                );
                document.at("/permission").problem(problems, text);
            }
        }
    }

    /// An argument that answers for the rest is always there, was itself found inside the scope,
    /// and is what the request asks for.
    fn check_resolved(&self, spot: &Spot<'_>, problems: &mut Problems) {
        for name in &self.scope.resolved {
            if !self.names.always(name) {
                let text = format!("'{name}' isn't required, and without it nothing is held");
                spot.problem(problems, text);
            }
            if self.names.record(name).is_some_and(|record| !record.held) {
                let text = format!(
                    "the resolver of '{name}' has scope: none, so that it finds every record: \
                     give it a filter, or name another argument"
                );
                spot.problem(problems, text);
            }
            let asks = match self.plan {
                Plan::Read(ReadPlan::Found(argument)) => argument == name,
                _ => self
                    .plan
                    .request()
                    .is_some_and(|request| request.holes().any(|hole| finds(hole, name))),
            };
            if !asks {
                let text = format!(
                    "the request doesn't ask by '{name}', so that it says nothing about the \
                     answer: {{found: {name}, at: /id}}"
                );
                spot.problem(problems, text);
            }
        }
    }

    fn check_filter(&self, spot: &Spot<'_>, problems: &mut Problems) {
        if let Some(Filter::Equal { argument, found, .. }) = &self.scope.filter {
            let below = spot.child("filter").child("to");
            if !self.names.always(argument) {
                below.problem(
                    problems,
                    format!("'{argument}' isn't required, and without it every row goes"),
                );
            }
            if !self.names.ties(argument, found) {
                let text = format!(
                    "what equals this of '{argument}' may still lie outside of the person's \
                     places: compare the record's own id, or filter by site and location"
                );
                below.problem(problems, text);
            }
        }
        if matches!(self.answer, Answer::Counts { .. }) {
            if !self.scope.push {
                spot.problem(
                    problems,
                    "counts can't be filtered afterwards: they need push: sites",
                );
            }
            if self.scope.filter.is_some() {
                let text = "counts can't be filtered afterwards: push alone holds them";
                spot.child("filter").problem(problems, text);
            }
        }
    }

    fn check_read(&self, document: &Document, problems: &mut Problems) {
        let judged = self.scope.filter.is_some() || self.scope.none.is_some();
        let Some(request) = self.plan.request().filter(|_| !judged) else { return };
        self.check_path(request, document, problems);
        let row = match self.answer {
            Answer::List(List { row, .. }) | Answer::Record { row, .. } => Some(row),
            _ => None,
        };
        let in_path = |name: &String| {
            request.path.iter().flat_map(Template::holes).any(|hole| finds(hole, name))
        };
        let held_by_path = self.scope.resolved.iter().any(in_path);
        // What goes from twin to twin has a rule of its own, told there.
        if held_by_path || row.is_none() || adt::goes_on(request) {
            return;
        }
        // A service that overlooks a parameter answers with everything.
        if !self.scope.push || row.is_some_and(|row| row.field("siteId").is_some()) {
            document.at("/scope").problem(
                problems,
                "a service that overlooks a parameter would show everything: judge the rows too, \
                 by filter: {site: /siteId}",
            );
        }
    }

    fn check_write(&self, document: &Document, problems: &mut Problems) {
        let Some(request) = self.plan.request() else { return };
        let spot = document.at("/scope");
        let anybody = matches!(self.permission, Some(Requirement::SignedIn(_)) | None);
        match &self.scope.none {
            Some(_) if anybody => return,
            Some(_) => {
                spot.child("none").problem(
                    problems,
                    "a write changes something at some place: write resolved: the argument that \
                     names its record or site",
                );
                return;
            }
            None => {}
        }
        if !self.scope.push && self.scope.resolved.is_empty() {
            spot.problem(
                problems,
                "a filter judges the answer, after the change was made: add resolved: the argument \
                 that names the record or site",
            );
        }
        self.check_path(request, document, problems);
        let at = document.at("/request");
        for argument in request.path.iter().flat_map(Template::holes).filter_map(record_of) {
            if self.names.record(argument).is_some_and(|record| !record.held) {
                let text = format!(
                    "'{argument}' is found by a resolver with scope: none, so that any record could be changed"
                );
                at.problem(problems, text);
            }
        }
        for name in request.holes().filter_map(argument_of) {
            let kind = self.names.arguments.get(name).map(|argument| argument.kind);
            if kind == Some(Kind::Open) {
                let text = format!(
                    "'{name}' may carry any field, and a place among them: give each field that \
                     is written an argument of its own, with a type"
                );
                at.problem(problems, text);
            }
        }
        let query = request.query.iter().map(|(key, value)| (key.as_str(), value));
        for (key, value) in query {
            check_places(key, value, &at.child("query").child(key), problems);
        }
        if let Some(body) = &request.body {
            check_places("", body, &at.child("body"), problems);
        }
    }

    /// A free text in a path names a record that nobody looked at.
    fn check_path(&self, request: &HttpRequest, document: &Document, problems: &mut Problems) {
        let spot = document.at("/request").child(request.method.as_str().to_ascii_lowercase());
        for (index, segment) in request.path.iter().enumerate() {
            let Template::Hole(Hole { leaf: Leaf::Argument(name), .. }) = segment else { continue };
            let kind = self.names.arguments.get(name).map(|argument| argument.kind);
            if kind != Some(Kind::Closed) {
                let text = format!(
                    "'{name}' names a record that nothing holds inside the scope: give it resolve: \
                     NAME and write {{found: {name}, at: /id}} here"
                );
                spot.child(index).problem(problems, text);
            }
        }
    }
}

/// A place that a write names is looked up like any record (tool-format rule 8).
fn check_places(key: &str, value: &Template, spot: &Spot<'_>, problems: &mut Problems) {
    match value {
        Template::Literal(_) => {}
        Template::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check_places(key, item, &spot.child(index), problems);
            }
        }
        Template::Object(fields) => {
            for (key, field) in fields {
                check_places(key, field, &spot.child(key), problems);
            }
        }
        Template::Hole(hole) => {
            if let Leaf::Argument(name) = &hole.leaf
                && (names_a_place(key) || names_a_place(name))
            {
                let text = format!(
                    "'{name}' names a place, and a write's places are looked up: give it \
                     resolve: NAME and write {{found: {name}, at: /id}}"
                );
                spot.problem(problems, text);
            }
        }
    }
}

/// The argument whose record a hole takes its value from.
fn record_of(hole: &Hole) -> Option<&str> {
    match &hole.leaf {
        Leaf::Found { argument, .. } => Some(argument),
        _ => None,
    }
}

/// The argument that is sent as it was written.
fn argument_of(hole: &Hole) -> Option<&str> {
    match &hole.leaf {
        Leaf::Argument(name) => Some(name),
        _ => None,
    }
}

fn finds(hole: &Hole, argument: &str) -> bool {
    hole.only_if.is_none() && record_of(hole) == Some(argument)
}

/// `siteId`, `newSiteIds`, `location_id` and the like.
fn names_a_place(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let key = key.to_ascii_lowercase();
    let key = key.strip_suffix('s').unwrap_or(&key);
    ["siteid", "locationid", "scopeid"].iter().any(|place| key.ends_with(place))
}
