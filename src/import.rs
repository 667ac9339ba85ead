//! `osier import openapi`: drafts definition files from a description of an API (`OpenAPI` 3.0, 3.1). A
//! draft leaves `permission` and `scope` to a person, and `check` refuses it until they are decided.
//! The command line calls it. It fetches nothing and never writes over a file.

mod answer;
mod argument;
mod body;
mod draft;
mod files;
mod input;
mod name;
mod operation;
mod report;
mod row;
mod schema;
mod service;
mod shape;
mod source;
mod words;
mod yaml;

pub use report::Report;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::catalog::Problem;

use self::service::Service;
use self::source::Source;

/// Descriptions of large APIs have five or six million bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Nobody decides about more in one go, and no assistant chooses among more.
const MAX_OPERATIONS: usize = 500;

/// What is to be drafted.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Only these operations, by `operationId`; all of them where there is none.
    pub only: Vec<String>,
    /// POST operations that only read, by `operationId`.
    pub safe: Vec<String>,
}

/// Why nothing was drafted: a line for each problem.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Faults(Vec<Problem>);

/// Drafts a service's definitions into the folder `out`, whose name is the service's.
///
/// # Errors
/// Every problem of the description, of the folder's name and of what is wanted; then nothing is
/// written. And a folder that can't be written.
pub fn openapi(file: &Path, out: &Path, wanted: &Wanted) -> Result<Report, Faults> {
    let slug = name::slug(out).map_err(|text| one(out, text))?;
    let text = read(file).map_err(|text| one(file, text))?;
    let source = Source::parse(file, &text).map_err(Faults)?;
    let operations = operation::all(&source, wanted);
    if operations.len() > MAX_OPERATIONS {
        let text = format!(
            "{} operations: at most {MAX_OPERATIONS} are drafted in one go; name them by --only",
            operations.len()
        );
        source.fault("/paths", text);
    }
    let mut service = Service::new(&source, slug);
    for operation in &operations {
        service.learn(operation);
    }
    for operation in &operations {
        service.draft(operation);
    }
    let drafted = service.into_drafted();
    let faults = source.into_faults();
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    files::write(out, drafted).map_err(|(path, text)| one(&path, text))
}

fn one(path: &Path, text: String) -> Faults {
    Faults(vec![Problem { file: path.to_owned(), line: 1, text }])
}

fn read(file: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("can't be read: {error}");
    let opened = File::open(file).map_err(unreadable)?;
    let mut text = String::new();
    opened.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(format!("has more than {MAX_BYTES} bytes"));
    }
    Ok(text)
}

/// One file of a service, before it is written.
#[derive(Debug)]
struct Draft {
    /// The file's name.
    name: PathBuf,
    text: String,
}

/// All of a service, before it is written.
#[derive(Debug)]
struct Drafted {
    tools: Vec<Draft>,
    /// `_service.yaml`
    service: Draft,
    /// Rows and resolvers of it, by `rows.NAME`: each as it stands in the file.
    shared: Vec<(String, String)>,
    /// Operations that have no draft, and why.
    left_out: Vec<(String, String)>,
    /// What the configuration needs.
    section: String,
}

#[cfg(test)]
mod tests;
