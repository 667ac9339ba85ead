//! Writes drafts into the service's folder. What is there already stays as it is: somebody has
//! decided about it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::catalog::{Document, Problems};

use super::{Draft, Drafted, Report};

/// Writes what isn't there yet.
///
/// # Errors
/// The path that can't be written, and why.
pub(super) fn write(out: &Path, drafted: Drafted) -> Result<Report, (PathBuf, String)> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| (path, format!("can't be written: {error}"))
    };
    let Drafted { tools, service, shared, left_out, section } = drafted;
    fs::create_dir_all(out).map_err(failed(out))?;
    let (mut written, mut kept, mut lacking) = (Vec::new(), Vec::new(), Vec::new());
    for (index, Draft { name, text }) in std::iter::once(service).chain(tools).enumerate() {
        let path = out.join(name);
        let opened = OpenOptions::new().write(true).create_new(true).open(&path);
        match opened {
            Ok(mut file) => {
                file.write_all(text.as_bytes()).map_err(failed(&path))?;
                written.push(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if index == 0 {
                    lacking = lacks(&path, &shared);
                }
                kept.push(path);
            }
            Err(error) => return Err(failed(&path)(error)),
        }
    }
    Ok(Report { written, kept, lacking, left_out, section })
}

/// Rows and resolvers that a file of before doesn't have.
fn lacks(path: &Path, shared: &[(String, String)]) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let document = Document::parse(path, &text, &mut Problems::default());
    let has = |name: &str| {
        let pointer = format!("/{}", name.replace('.', "/"));
        document.as_ref().is_some_and(|document| document.value().pointer(&pointer).is_some())
    };
    shared.iter().filter(|(name, _)| !has(name)).cloned().collect()
}
