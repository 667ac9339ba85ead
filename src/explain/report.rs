//! The words of `osier explain`. Of the person it says what the tool asks about and no more.

use std::fmt::{self, Write as _};

use serde_json::{Map, Value};

use super::who::Person;
use crate::access::{Decision, Denied, Pushed, Scopes};
use crate::catalog::{Effect, HttpRequest, Leaf, Requirement, Tool};
use crate::check::LeftOut;
use crate::request;

/// More places than this aren't listed one by one.
const MOST: usize = 20;

/// What was found; displayed as lines of text.
#[derive(Debug)]
pub struct Report {
    allowed: bool,
    text: String,
}

impl Report {
    pub(super) fn of(
        person: &Person,
        left_out: Option<&LeftOut>,
        decision: &Decision<'_>,
        arguments: Option<&Map<String, Value>>,
    ) -> Self {
        let tool = decision.tool;
        let mut text =
            format!("{} for {}: {}\n", tool.id, person.name, verdict(left_out, decision));
        let mut say = |line: String| {
            text.push_str(&line);
            text.push('\n');
        };
        say(format!("asked: {} (object id {})", person.source, person.oid));
        about(decision, "", &mut say);
        let mut part = decision.part.as_deref();
        while let Some(inner) = part {
            say(format!("part {}:", inner.tool.id));
            about(inner, "  ", &mut say);
            part = inner.part.as_deref();
        }
        say(format!("scope: {}", scope(tool)));
        if tool.effect != Effect::Read {
            say("effect: a change; the person is asked for a yes each time, and their permissions are \
                 asked for afresh then".to_owned());
        }
        match (&decision.verdict, arguments) {
            (Ok(scopes), Some(arguments)) => fit(tool, scopes, arguments, &mut say),
            (Err(_), Some(_)) => {
                say("arguments: not looked at; nobody learns from an error what a \
                                      hidden tool takes"
                    .to_owned());
            }
            (_, None) => {}
        }
        Self { allowed: left_out.is_none() && decision.verdict.is_ok(), text }
    }

    /// May they?
    pub fn is_allowed(&self) -> bool {
        self.allowed
    }
}

fn verdict(left_out: Option<&LeftOut>, decision: &Decision<'_>) -> String {
    match left_out {
        Some(LeftOut::Disabled) => return "not served: tools.disabled names it".to_owned(),
        Some(LeftOut::NoBackend(name)) => {
            return format!("not served: there is no [backends.{name}]");
        }
        Some(LeftOut::Part(name)) => return format!("not served: its part {name} isn't"),
        None => {}
    }
    let rule = match &decision.verdict {
        Ok(_) => return "allowed".to_owned(),
        Err(rule) => *rule,
    };
    let why = match rule {
        Denied::UnknownTool => "there is no such tool",
        Denied::PermissionMissing => "what it requires isn't held anywhere",
        Denied::NarrowerThanASite => {
            "it is held on parts of sites only, and this tool can judge whole sites alone"
        }
        Denied::AppsNeverWrite => {
            "it changes something, and an application without a person never does"
        }
    };
    let whose = decision.part.as_ref().map(|part| format!("by its part {}: ", part.tool.id));
    format!("hidden, {}{why} (rule {})", whose.unwrap_or_default(), rule.rule())
}

/// What a tool requires, and where that is held.
fn about(decision: &Decision<'_>, indent: &str, say: &mut impl FnMut(String)) {
    let required = match &decision.tool.permission {
        Requirement::SignedIn(reason) => format!("a sign-in, and no permission: {reason}"),
        Requirement::Any(names) if names.len() > 1 => format!("any of {}", names.join(", ")),
        Requirement::All(names) if names.len() > 1 => format!("all of {}", names.join(", ")),
        Requirement::Any(names) | Requirement::All(names) => names.join(", "),
    };
    say(format!("{indent}requires: {required}"));
    for held in &decision.held {
        let whole = held.scopes.map_or_else(|| "nowhere".to_owned(), places);
        say(format!("{indent}held: {} {whole}", held.permission));
    }
    if let (Ok(scopes), true) = (&decision.verdict, decision.held.len() > 1) {
        say(format!("{indent}together: {}", places(scopes)));
    }
}

fn places(scopes: &Scopes) -> String {
    if scopes.is_global() {
        return "everywhere".to_owned();
    }
    let sites: Vec<&str> = scopes.sites().collect();
    let locations: Vec<String> =
        scopes.locations().map(|(id, site)| format!("{id} (of site {site})")).collect();
    let mut text = String::new();
    if !sites.is_empty() {
        text = list("at site", &sites);
    }
    if !locations.is_empty() {
        let joint = if text.is_empty() { "" } else { "; " };
        let locations: Vec<&str> = locations.iter().map(String::as_str).collect();
        // A `String` takes whatever is written to it.
        let _ = write!(text, "{joint}{}", list("at location", &locations));
    }
    if text.is_empty() { "nowhere".to_owned() } else { text }
}

fn list(what: &str, items: &[&str]) -> String {
    let plural = if items.len() == 1 { "" } else { "s" };
    let shown = items.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(MOST) {
        0 => format!("{what}{plural} {shown}"),
        more => format!("{what}{plural} {shown} and {more} more"),
    }
}

fn scope(tool: &Tool) -> String {
    let rule = &tool.scope;
    let mut how = Vec::new();
    if rule.push {
        how.push("the sites go into the request");
    }
    if rule.filter.is_some() {
        how.push("each row of the answer is judged");
    }
    if !rule.resolved.is_empty() {
        how.push("the record that the call names is looked up inside the scope first");
    }
    if let Some(reason) = &rule.none {
        how.push(reason);
    }
    match &tool.permission {
        Requirement::SignedIn(_) => {}
        _ if tool.serves_locations() => {
            how.push("holding a part of a site is enough to see the tool");
        }
        _ => how.push("only people who hold a whole site see the tool"),
    }
    how.join("; ")
}

/// What the call would do with these arguments, as far as that needs no network.
fn fit(tool: &Tool, scopes: &Scopes, arguments: &Map<String, Value>, say: &mut impl FnMut(String)) {
    let problems = request::problems(tool, &Value::Object(arguments.clone()));
    if !problems.is_empty() {
        for problem in problems {
            say(format!("arguments: refused: {problem}"));
        }
        return;
    }
    say("arguments: they fit the tool's schema".to_owned());
    for place in request::sites_not_found(tool, scopes, arguments) {
        say(format!("arguments: {place} isn't held or doesn't exist; the answer says notFound"));
    }
    for hole in tool.plan.request().into_iter().flat_map(HttpRequest::holes) {
        let Leaf::Sites { narrow } = &hole.leaf else { continue };
        let wanted = narrow.as_ref().and_then(|name| arguments.get(name)).map(request::sites_of);
        say(match scopes.push(tool.scope.judges_locations(), wanted) {
            Pushed::Everywhere => "sites in the request: none, since everywhere is held".to_owned(),
            Pushed::Sites(sites) => format!("sites in the request: {}", sites.join(", ")),
            Pushed::Nothing => {
                "sites in the request: nothing is sent, since no site that is named is held"
                    .to_owned()
            }
        });
    }
    for resolved in &tool.input.resolved {
        if arguments.contains_key(&resolved.argument) {
            say(format!(
                "arguments: {} names a record; whether it lies inside the scope is looked up with the \
                 person's own token when the tool is called, and not here",
                resolved.argument
            ));
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
