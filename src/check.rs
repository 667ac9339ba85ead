//! `osier check`: what is wrong with the settings and the definitions, all of it in one run, and what
//! a sound pair of them amounts to. The command line calls it; it never touches the network.

mod report;
mod served;

pub use report::Report;
pub use served::{LeftOut, left_out};

use std::fmt;
use std::path::Path;

use crate::catalog::{self, Catalog, Dialect, Files, Plan, ReadPlan, Tool};
use crate::config::{self, Backend, Config, Environment, Problems};

/// What is wrong, a line for each fault: `file:line: place: text`.
#[derive(Debug, Default)]
pub struct Faults(Vec<String>);

impl Faults {
    /// True where nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds those of another subject.
    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Faults {}

/// What is to be checked.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A folder of definitions alone.
    Definitions(&'a Path),
    /// A configuration, with the definitions of `tools`, else those that it names, else those that
    /// are built in.
    Deployment {
        /// The configuration's file.
        config: &'a Path,
        /// The folder of definitions, where it isn't the configured one.
        tools: Option<&'a Path>,
    },
}

/// Checks.
///
/// # Errors
/// Every fault of the settings and of every definition file.
pub fn check(subject: Subject<'_>, environment: &Environment) -> Result<Report, Faults> {
    match subject {
        Subject::Definitions(folder) => match definitions(Some(folder)) {
            Ok(catalog) => Ok(Report::of(&catalog, Some(folder), None)),
            Err(problems) => Err(Faults(lines(&problems))),
        },
        Subject::Deployment { config: path, tools } => {
            let config = Config::load(path, environment);
            // Also faulty settings may say where the definitions are.
            let named = config::definitions_dir(path, environment);
            let folder = tools.or(named.as_deref());
            let catalog = definitions(folder);
            let mut faults = match (&config, &catalog) {
                (Ok(config), Ok(catalog)) => disagreements(path, config, catalog),
                _ => Vec::new(),
            };
            match (config, catalog) {
                (Ok(config), Ok(catalog)) if faults.is_empty() => {
                    Ok(Report::of(&catalog, folder, Some((path, &config))))
                }
                (config, catalog) => {
                    faults.extend(
                        config.err().iter().flat_map(Problems::iter).map(ToString::to_string),
                    );
                    faults.extend(catalog.err().iter().flat_map(|problems| lines(problems)));
                    Err(Faults(faults))
                }
            }
        }
    }
}

fn definitions(folder: Option<&Path>) -> Result<Catalog, Vec<catalog::Problem>> {
    let files = match folder {
        Some(folder) => Files::read(folder).map_err(|problem| vec![problem])?,
        None => Files::built_in(),
    };
    catalog::load(&files)
}

fn lines(problems: &[catalog::Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// The dialects that the tool, and the resolvers of its own service, ask in.
fn spoken(tool: &Tool) -> impl Iterator<Item = Dialect> {
    let resolvers = tool.input.resolved.iter().map(|resolved| &resolved.resolver);
    let own = resolvers.filter(|resolver| resolver.backend == tool.backend);
    let ways = own.flat_map(|resolver| resolver.ways.iter().chain(&resolver.all));
    let ways = ways.map(|way| way.request.http());
    tool.plan.request().into_iter().chain(ways).map(|request| request.dialect)
}

/// Does the backend answer what is asked in this dialect?
fn answers(backend: &Backend, dialect: Dialect) -> bool {
    matches!(
        (backend, dialect),
        (Backend::Rest(_) | Backend::Adt(_), Dialect::Rest)
            | (Backend::Graphql(_), Dialect::Graphql)
            | (Backend::Adt(_), Dialect::Adt)
            | (Backend::Snowflake(_), Dialect::Snowflake)
    )
}

/// What each is sound by itself and doesn't go together.
fn disagreements(path: &Path, config: &Config, catalog: &Catalog) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line_of = |mark: &str| {
        let found = text.lines().position(|line| line.trim_start().starts_with(mark));
        found.map_or(1, |index| index + 1)
    };
    let mut faults: Vec<(usize, String)> = Vec::new();
    for name in config.tools.disabled.iter().filter(|name| catalog.tool(name).is_none()) {
        let line = line_of("disabled").max(line_of("tools.disabled"));
        faults.push((line, format!("tools.disabled: there is no tool '{name}'")));
    }
    for tool in catalog.tools() {
        let name = &tool.backend;
        let caller = matches!(tool.plan, Plan::Read(ReadPlan::Caller));
        let says = match config.backends.get(name) {
            Some(Backend::Caller) if tool.plan.request().is_some() => {
                "sends a request, and kind = \"caller\" has no service"
            }
            None | Some(Backend::Caller) => continue,
            #[cfg(feature = "conformance")]
            Some(Backend::Scripted) => continue,
            Some(_) if caller => {
                "is the caller's own record, and needs a backend of kind = \"caller\""
            }
            Some(backend) => match spoken(tool).find(|dialect| !answers(backend, *dialect)) {
                None => continue,
                Some(Dialect::Rest) => "sends a request of its own, and needs kind = \"rest\"",
                Some(Dialect::Graphql) => "asks in GraphQL, and needs kind = \"graphql\"",
                Some(Dialect::Adt) => "asks Azure Digital Twins, and needs kind = \"adt\"",
                Some(Dialect::Snowflake) => "runs saved queries, and needs kind = \"snowflake\"",
            },
        };
        let line = line_of(&format!("[backends.{name}]"));
        faults.push((line, format!("backends.{name}.kind: {} {says}", tool.id)));
    }
    faults.sort();
    faults.into_iter().map(|(line, says)| format!("{}:{line}: {says}", path.display())).collect()
}
