//! What a sound configuration and sound definitions amount to, in words for the person who runs the
//! deployment: what is served, what isn't, and where Osier is the only fence.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::catalog::{Answer, Catalog, Tool};
use crate::config::{Config, OutgoingToken};

use super::LeftOut;

/// What was found; displayed as lines of text.
#[derive(Debug)]
pub struct Report {
    config: Option<PathBuf>,
    folder: Option<PathBuf>,
    tools: usize,
    services: usize,
    prompts: usize,
    resources: usize,
    /// Why -> tools.
    left_out: BTreeMap<String, Vec<String>>,
    whole_sites_only: Vec<String>,
    notes: Vec<String>,
}

impl Report {
    pub(super) fn of(
        catalog: &Catalog,
        folder: Option<&Path>,
        config: Option<(&Path, &Config)>,
    ) -> Self {
        let settings = config.map(|(_, config)| config);
        let services: BTreeSet<&str> =
            catalog.tools().map(|tool| tool.id.service.as_str()).collect();
        let mut left_out: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut tools: Vec<_> = catalog.tools().collect();
        tools.sort_by_key(|tool| &tool.id);
        let (mut whole_sites_only, mut notes) = (Vec::new(), Vec::new());
        for tool in tools {
            let id = tool.id.to_string();
            let why = settings.and_then(|config| super::left_out(tool, config));
            if let Some(why) = why {
                left_out.entry(title(&why)).or_default().push(id);
            } else {
                notes.extend(only_pushed(tool));
                if !tool.serves_locations() {
                    whole_sites_only.push(id);
                }
            }
        }
        notes.extend(settings.into_iter().flat_map(|config| about_backends(config, catalog)));
        Self {
            config: config.map(|(path, _)| path.to_owned()),
            folder: folder.map(Path::to_owned),
            tools: catalog.tools().count(),
            services: services.len(),
            prompts: catalog.prompts().count(),
            resources: catalog.resources().count() + catalog.templates().count(),
            left_out,
            whole_sites_only,
            notes,
        }
    }
}

/// A list whose rows can't be judged: the service alone holds it inside the scope.
fn only_pushed(tool: &Tool) -> Option<String> {
    let counts = matches!(tool.answer, Answer::Counts { .. });
    let judged = tool.scope.filter.is_some() || !tool.scope.resolved.is_empty();
    (tool.scope.push && !judged && !counts).then(|| {
        format!(
            "{}: its rows aren't judged: that the service heeds the pushed sites is the only fence",
            tool.id
        )
    })
}

fn about_backends(config: &Config, catalog: &Catalog) -> Vec<String> {
    let used: BTreeSet<&str> = catalog.tools().flat_map(|tool| tool.backends()).collect();
    let mut notes = Vec::new();
    for (name, backend) in &config.backends {
        if !used.contains(name.as_str()) {
            notes.push(format!("backends.{name}: no tool uses it"));
        }
        let fence = match backend.http().map(|service| &service.token) {
            Some(OutgoingToken::None) => "token = \"none\": the service doesn't know who asks",
            Some(OutgoingToken::Service { .. }) => {
                "token = \"service\": the service takes everybody for Osier"
            }
            Some(OutgoingToken::Forward | OutgoingToken::OnBehalfOf { .. }) | None => continue,
        };
        notes.push(format!(
            "backends.{name}: {fence}, so that Osier's own scoping is the only fence"
        ));
    }
    notes
}

fn title(why: &LeftOut) -> String {
    match why {
        LeftOut::Disabled => "Left out by tools.disabled".to_owned(),
        LeftOut::NoBackend(name) => format!("Left out, since there is no [backends.{name}]"),
        LeftOut::Part(name) => format!("Left out, since its part {name} is"),
    }
}

/// `1 tool`, `2 tools`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn list(f: &mut fmt::Formatter<'_>, title: &str, lines: &[String]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}:")?;
    lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(config) = &self.config {
            writeln!(f, "{}: no problems", config.display())?;
        }
        match &self.folder {
            Some(folder) => write!(f, "{}: no problems: ", folder.display())?,
            None => write!(f, "the built-in definitions: no problems: ")?,
        }
        write!(f, "{} of {}", count(self.tools, "tool"), count(self.services, "service"))?;
        for (number, what) in [(self.prompts, "prompt"), (self.resources, "resource")] {
            if number > 0 {
                write!(f, ", {}", count(number, what))?;
            }
        }
        writeln!(f)?;
        for (why, tools) in &self.left_out {
            list(f, why, tools)?;
        }
        list(
            f,
            "Judged by whole sites, and so hidden from people all of whose places are narrower",
            &self.whole_sites_only,
        )?;
        list(f, "Notes", &self.notes)
    }
}
