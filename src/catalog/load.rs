//! Reads the definition files of a folder, or those built into the program, into a [`Catalog`]:
//! all of them or none, with every problem told at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

use super::Catalog;
use super::compile::{self, Known, Service};
use super::document::Document;
use super::problem::{Problem, Problems};
use super::prompt;
use super::query;
use super::raw::{RawService, RawTool};
use super::resource::{self, Compiled};

/// The file that holds what a service's tools share.
const SERVICE_FILE: &str = "_service.yaml";
/// The folder of a service's prompts.
const PROMPTS: &str = "prompts";
/// The folder of a service's resources and resource templates.
const RESOURCES: &str = "resources";
/// The folder of a service's saved queries.
const QUERIES: &str = "queries";

/// Definition files by their path.
#[derive(Debug, Default)]
pub struct Files {
    texts: BTreeMap<PathBuf, String>,
    /// What files of these say that were read when the program was built: their texts and their JSON.
    read: BTreeMap<PathBuf, (&'static str, &'static str)>,
    /// The folder that the paths begin with, where there is one.
    folder: PathBuf,
    /// Files that can't be read, or whose name keeps them from being definitions.
    unreadable: Vec<Problem>,
}

impl Files {
    /// Every `.yaml` file below a folder. What begins with a dot is left out: editors and mounted
    /// volumes keep copies of their own there.
    ///
    /// # Errors
    /// A folder that can't be read, or that holds no definition.
    pub fn read(folder: &Path) -> Result<Self, Problem> {
        let problem = |text: String| Problem { file: folder.to_owned(), line: 1, text };
        let mut files = Self { folder: folder.to_owned(), ..Self::default() };
        files.descend(folder).map_err(|error| problem(format!("can't be read: {error}")))?;
        if files.texts.is_empty() && files.unreadable.is_empty() {
            return Err(problem("no definitions in this folder: SERVICE/TOOL.yaml".to_owned()));
        }
        Ok(files)
    }

    /// The definitions that come with the program.
    pub fn built_in() -> Self {
        let files = built_in::FILES;
        let texts = files.iter().map(|(path, text, _)| (*path, (*text).to_owned()));
        let read = files
            .iter()
            .filter_map(|(path, text, says)| Some((PathBuf::from(path), (*text, (*says)?))));
        Self { folder: PathBuf::from("tools"), read: read.collect(), ..Self::of(texts) }
    }

    /// Files that are named one by one, for tests and tools.
    pub fn of<P: Into<PathBuf>>(files: impl IntoIterator<Item = (P, String)>) -> Self {
        let texts = files.into_iter().map(|(path, text)| (path.into(), text)).collect();
        Self { texts, ..Self::default() }
    }

    /// These and more; a later file takes the place of an earlier one of the same path.
    #[must_use]
    pub fn and<P: Into<PathBuf>>(mut self, more: impl IntoIterator<Item = (P, String)>) -> Self {
        for (path, text) in more {
            let path = path.into();
            self.read.remove(&path);
            self.texts.insert(path, text);
        }
        self
    }

    fn documents(&self, problems: &mut Problems) -> Vec<Document> {
        let document = |(path, text): (&PathBuf, &String)| match self.read.get(path) {
            Some((text, says)) => Document::built_in(path, text, says),
            None => Document::parse(path, text, problems),
        };
        self.texts.iter().filter_map(document).collect()
    }

    fn descend(&mut self, folder: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let hidden = path.file_name().and_then(|name| name.to_str());
            if hidden.is_none_or(|name| name.starts_with('.')) {
                continue;
            }
            let problem = |text: String| Problem { file: path.clone(), line: 1, text };
            if path.is_dir() {
                if let Err(error) = self.descend(&path) {
                    self.unreadable.push(problem(format!("can't be read: {error}")));
                }
                continue;
            }
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("yaml") => match std::fs::read_to_string(&path) {
                    Ok(text) => {
                        self.texts.insert(path, text);
                    }
                    Err(error) => {
                        self.unreadable.push(problem(format!("can't be read: {error}")));
                    }
                },
                Some("yml") => {
                    let text = "a definition's name ends with .yaml: rename it".to_owned();
                    self.unreadable.push(problem(text));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// SHA-256, in hex, of the lines `DIGEST  PATH` of all files, sorted by their path in the folder,
    /// as `sha256sum` writes them.
    fn digest(&self) -> String {
        let hex = |bytes: &[u8]| HEXLOWER.encode(digest(&SHA256, bytes).as_ref());
        let files = self.texts.iter().map(|(path, text)| {
            let path = path.strip_prefix(&self.folder).unwrap_or(path);
            (path.display().to_string(), hex(text.as_bytes()))
        });
        let lines = files.collect::<BTreeMap<_, _>>().into_iter();
        let lines: Vec<_> = lines.map(|(path, digest)| format!("{digest}  {path}\n")).collect();
        hex(lines.concat().as_bytes())
    }

    /// True where the folder has a file for what its tools share, usable or not.
    fn has_service(&self, folder: &Path) -> bool {
        self.texts.contains_key(&folder.join(SERVICE_FILE))
    }
}

/// Compiles definition files.
///
/// # Errors
/// Every problem of every file, by file and line.
pub fn load(files: &Files) -> Result<Catalog, Vec<Problem>> {
    let mut problems = Problems::default();
    for problem in &files.unreadable {
        problems.add(problem.clone());
    }
    let documents = files.documents(&mut problems);
    let (services, mut known) = services(&documents, &mut problems);
    let mut catalog = Catalog::default();
    // Composed tools refer to the others, and so come last.
    let composed = |document: &Document| document.value().pointer("/request/compose").is_some();
    let (last, first): (Vec<_>, Vec<_>) = documents.iter().partition(|one| composed(one));
    for document in first {
        define(document, files, &services, &known, &mut catalog, &mut problems);
    }
    known.tools.clone_from(&catalog.tools);
    for document in last {
        define(document, files, &services, &known, &mut catalog, &mut problems);
    }
    catalog.digest = files.digest();
    if problems.is_empty() { Ok(catalog) } else { Err(problems.into_sorted()) }
}

/// One file that isn't `_service.yaml`.
fn define(
    document: &Document,
    files: &Files,
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
        Some(QUERIES) => return define_query(document, files, services, catalog, problems),
        _ => {}
    }
    let Some(service) = services.get(folder) else {
        if files.has_service(folder) {
            // That file's own problem was told; the rest is judged once it can be read.
            compile::typed::<RawTool>(document, problems);
        } else {
            let text = format!("there is no {SERVICE_FILE} beside it");
            document.root().problem(problems, text);
        }
        return;
    };
    if let Some(tool) = compile::tool(document, service, known, problems)
        && let Some(before) = catalog.tools.insert(tool.id.name.clone(), Arc::new(tool))
    {
        let text = format!(
            "the service {} has a tool of this name already: names are shared by all services",
            before.id.service
        );
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

/// One file of a folder `queries`.
fn define_query(
    document: &Document,
    files: &Files,
    services: &BTreeMap<PathBuf, Service>,
    catalog: &mut Catalog,
    problems: &mut Problems,
) {
    let folder = document.path().ancestors().nth(2).unwrap_or(Path::new(""));
    let service = services.get(folder);
    if service.is_none() && !files.has_service(folder) {
        let text = format!("there is no {SERVICE_FILE} in the folder above it");
        document.root().problem(problems, text);
    }
    let backend = service.map(|service| service.backend.as_str()).unwrap_or_default();
    let Some(query) = query::compile(document, backend, problems) else { return };
    let named = catalog.queries.values().find(|one| one.dashboard.id == query.dashboard.id);
    if named.is_some_and(|one| one.dashboard.name != query.dashboard.name) {
        let text = "another query gives this dashboard another name";
        document.at("/dashboard/name").problem(problems, text);
    }
    if catalog.queries.insert(query.id.clone(), Arc::new(query)).is_some() {
        document.at("/id").problem(problems, "another service has a query of this id already");
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
        check_slug(slug, &services, document, problems);
        let Some(raw) = compile::typed::<RawService>(document, problems) else { continue };
        let mut service =
            Service { slug: slug.to_owned(), backend: raw.backend.clone(), rows: BTreeMap::new() };
        if raw.backend.trim().is_empty() {
            document.at("/backend").problem(problems, "write the name of a [backends.NAME]");
        }
        for (name, fields) in &raw.rows {
            let spot = document.at("/rows").child(name);
            service.rows.insert(name.clone(), compile::row(fields, &spot, problems));
        }
        for (name, raw) in &raw.resolve {
            let spot = document.at("/resolve").child(name);
            let resolver = compile::resolver(raw, &service, &spot, problems).map(Arc::new);
            known.resolvers.insert(format!("{slug}.{name}"), resolver);
        }
        services.insert(folder, service);
    }
    (services, known)
}

/// A service goes by its folder's name, everywhere.
fn check_slug(
    slug: &str,
    services: &BTreeMap<PathBuf, Service>,
    document: &Document,
    problems: &mut Problems,
) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = slug.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || !slug.chars().all(plain) || slug.contains("__") {
        let text = format!(
            "the folder '{slug}' is the service's name: a-z, 0-9 and single _, starting with a \
             letter"
        );
        document.root().problem(problems, text);
    }
    if services.values().any(|service| service.slug == slug) {
        let text = format!("there is another service '{slug}': rename one of the folders");
        document.root().problem(problems, text);
    }
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
        assert!(catalog.tools().count() > 17);
    }

    #[test]
    fn what_was_read_when_the_program_was_built_is_what_the_files_say() {
        let files = Files::built_in();
        assert_eq!(files.read.len(), files.texts.len());
        let mut problems = Problems::default();
        for document in files.documents(&mut problems) {
            let text = &files.texts[document.path()];
            let parsed = Document::parse(document.path(), text, &mut problems).unwrap();
            let (ahead, now) = (document.value().to_string(), parsed.value().to_string());
            assert_eq!(ahead, now, "{}", document.path().display());
        }
        assert!(problems.is_empty());
    }
}
