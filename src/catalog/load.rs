//! Reads the definition files of a folder, or those built into the program, into a [`Catalog`]:
//! all of them or none, with every problem told at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Catalog;
use super::compile::{self, Known, Service};
use super::document::{Document, Problem, Problems};
use super::prompt;
use super::raw::RawService;
use super::resource::{self, Compiled};

/// The file that holds what a service's tools share.
const SERVICE_FILE: &str = "_service.yaml";
/// The folder of a service's prompts.
const PROMPTS: &str = "prompts";
/// The folder of a service's resources and resource templates.
const RESOURCES: &str = "resources";

/// Definition files by their path.
#[derive(Debug, Default)]
pub struct Files(BTreeMap<PathBuf, String>);

impl Files {
    /// Every `.yaml` file below a folder.
    ///
    /// # Errors
    /// A file or folder that can't be read, or a file that isn't a definition.
    pub fn read(folder: &Path) -> Result<Self, Problem> {
        let mut files = Self::default();
        files.descend(folder)?;
        Ok(files)
    }

    /// The definitions that come with the program.
    pub fn built_in() -> Self {
        let files = built_in::FILES.iter();
        Self(files.map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect())
    }

    /// Files that are named one by one, for tests and tools.
    pub fn of<P: Into<PathBuf>>(files: impl IntoIterator<Item = (P, String)>) -> Self {
        Self(files.into_iter().map(|(path, text)| (path.into(), text)).collect())
    }

    /// These and more; a later file takes the place of an earlier one of the same path.
    #[must_use]
    pub fn and<P: Into<PathBuf>>(mut self, more: impl IntoIterator<Item = (P, String)>) -> Self {
        self.0.extend(more.into_iter().map(|(path, text)| (path.into(), text)));
        self
    }

    fn descend(&mut self, folder: &Path) -> Result<(), Problem> {
        let unreadable = |path: &Path, error: std::io::Error| Problem {
            file: path.to_owned(),
            line: 1,
            text: format!("can't be read: {error}"),
        };
        let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| unreadable(folder, error))?.path();
            if path.is_dir() {
                self.descend(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let text =
                    std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
                self.0.insert(path, text);
            }
        }
        Ok(())
    }
}

/// Compiles definition files.
///
/// # Errors
/// Every problem of every file, by file and line.
pub fn load(files: &Files) -> Result<Catalog, Vec<Problem>> {
    let mut problems = Problems::default();
    let documents: Vec<Document> = files
        .0
        .iter()
        .filter_map(|(path, text)| {
            Document::parse(path, text).map_err(|problem| problems.add(problem)).ok()
        })
        .collect();
    let (services, known) = services(&documents, &mut problems);
    let mut catalog = Catalog::default();
    for document in &documents {
        define(document, &services, &known, &mut catalog, &mut problems);
    }
    if problems.is_empty() { Ok(catalog) } else { Err(problems.into_sorted()) }
}

/// One file that isn't `_service.yaml`.
fn define(
    document: &Document,
    services: &BTreeMap<PathBuf, Service>,
    known: &Known,
    catalog: &mut Catalog,
    problems: &mut Problems,
) {
    let folder = document.path().parent().unwrap_or(Path::new(""));
    if document.path().file_name().is_some_and(|name| name == SERVICE_FILE) {
        return;
    }
    match folder.file_name().and_then(|name| name.to_str()) {
        Some(PROMPTS) => return define_prompt(document, catalog, problems),
        Some(RESOURCES) => return define_resource(document, catalog, problems),
        _ => {}
    }
    let Some(service) = services.get(folder) else {
        document.root().problem(problems, format!("there is no usable {SERVICE_FILE} beside it"));
        return;
    };
    if let Some(tool) = compile::tool(document, service, known, problems)
        && let Some(before) = catalog.tools.insert(tool.id.name.clone(), Arc::new(tool))
    {
        let text = format!("{} has a tool of this name already", before.id.service);
        document.at("/name").problem(problems, text);
    }
}

/// One file of a folder `prompts`.
fn define_prompt(document: &Document, catalog: &mut Catalog, problems: &mut Problems) {
    if let Some(prompt) = prompt::compile(document, problems)
        && catalog.prompts.insert(prompt.name.clone(), Arc::new(prompt)).is_some()
    {
        document.at("/name").problem(problems, "another service has a prompt of this name already");
    }
}

/// One file of a folder `resources`.
fn define_resource(document: &Document, catalog: &mut Catalog, problems: &mut Problems) {
    let taken = match resource::compile(document, problems) {
        Some(Compiled::Resource(resource)) => {
            catalog.resources.insert(resource.uri.clone(), Arc::new(resource)).is_some()
        }
        Some(Compiled::Template(template)) => {
            let uri = template.uri.as_str().to_owned();
            catalog.templates.insert(uri, Arc::new(template)).is_some()
        }
        None => false,
    };
    if taken {
        document.root().problem(problems, "there is another resource of this URI already");
    }
}

/// The services by their folder, and every resolver.
fn services(
    documents: &[Document],
    problems: &mut Problems,
) -> (BTreeMap<PathBuf, Service>, Known) {
    let mut services = BTreeMap::new();
    let mut known = Known::default();
    for document in documents {
        let path = document.path();
        if path.file_name().is_none_or(|name| name != SERVICE_FILE) {
            continue;
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let slug = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(raw) = compile::typed::<RawService>(document, problems) else { continue };
        let mut service =
            Service { slug: slug.to_owned(), backend: raw.backend.clone(), rows: BTreeMap::new() };
        for (name, fields) in &raw.rows {
            let spot = document.at("/rows").child(name);
            service.rows.insert(name.clone(), compile::row(fields, &spot, problems));
        }
        for (name, raw) in &raw.resolve {
            let spot = document.at("/resolve").child(name);
            if let Some(resolver) = compile::resolver(raw, &service, &spot, problems) {
                known.resolvers.insert(format!("{slug}.{name}"), Arc::new(resolver));
            }
        }
        services.insert(folder, service);
    }
    (services, known)
}

/// The files under `tools/`, written here by the build script.
mod built_in {
    include!(concat!(env!("OUT_DIR"), "/built_in_tools.rs"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_definitions_have_no_problem() {
        let catalog = load(&Files::built_in()).unwrap_or_else(|problems| {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"))
        });
        assert_eq!(catalog.tools().count(), 18);
    }
}
