//! How a tool's answer is held inside the caller's places, in words.

use crate::catalog::{Answer, Filter, Plan, Tool};

/// A line for each fence, and one for who doesn't see the tool at all.
pub(super) fn lines(tool: &Tool) -> Vec<String> {
    let scope = &tool.scope;
    let mut lines = Vec::new();
    if let Some(parts) = tool.parts() {
        let parts: Vec<String> = parts
            .iter()
            .map(|part| {
                let name = &part.tool.id.name;
                let left_out = if part.if_permitted { " (left out for who may not)" } else { "" };
                format!("`{name}`{left_out}")
            })
            .collect();
        lines.push(format!("Made of calls of their own: {}", parts.join(", ")));
    } else if let Some(why) = &scope.none {
        lines.push(format!("Not scoped: {}", super::plain(why)));
    }
    if scope.push {
        lines.push("Pushed: the request asks for the person's sites only".to_owned());
    }
    for argument in &scope.resolved {
        lines.push(format!("Resolved: `{argument}` is looked up inside the person's places first"));
    }
    lines.extend(scope.filter.as_ref().map(filter));
    if !tool.serves_locations() && !matches!(tool.plan, Plan::Compose(_)) {
        let counts = matches!(tool.answer, Answer::Counts { .. });
        let why =
            if counts { "counts can't be cut to it" } else { "its rows name their site only" };
        lines.push(format!("Hidden from who holds no whole site: {why}"));
    }
    lines
}

fn filter(filter: &Filter) -> String {
    match filter {
        Filter::Equal { argument, .. } => {
            format!("Filtered: only rows that belong to the record of `{argument}`")
        }
        Filter::Place(place) => {
            let by: Vec<String> = [
                ("site", place.site.as_ref().map(|key| key.at.to_string())),
                ("location", place.location.as_ref().map(|at| at.as_str().to_owned())),
            ]
            .into_iter()
            .filter_map(|(what, at)| Some(format!("{what} (`{}`)", at?)))
            .collect();
            let above = if place.above.is_empty() {
                ""
            } else {
                "; of what lies above the person's places, only what names it"
            };
            format!("Filtered: each row is judged by its {}{above}", by.join(" and "))
        }
    }
}
