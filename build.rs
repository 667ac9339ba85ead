//! Builds the definition files under `tools/` into the program, so that one binary is enough; and what they say,
//! as JSON, so that it needn't read that much YAML whenever it starts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;

#[path = "src/catalog/document/options.rs"]
mod options;

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=tools");
    println!("cargo:rerun-if-changed=src/catalog/document/options.rs");
    let mut paths = Vec::new();
    if Path::new("tools").is_dir() {
        descend(Path::new("tools"), &mut paths)?;
    }
    paths.sort();
    let root = std::env::current_dir()?;
    let mut code = String::from("pub(super) const FILES: &[(&str, &str, Option<&str>)] = &[\n");
    for path in &paths {
        let full = root.join(path);
        let (name, full) = (path.display().to_string(), full.display().to_string());
        let says = says(&std::fs::read_to_string(path)?);
        let _ = writeln!(code, "    ({name:?}, include_str!({full:?}), {says:?}),");
    }
    code.push_str("];\n");
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    std::fs::write(Path::new(&out).join("built_in_tools.rs"), code)
}

/// A file's content as JSON; none where there is a mistake in it, which the program tells of.
fn says(text: &str) -> Option<String> {
    let options = options::options(DuplicateKeyPolicy::Error);
    let value: Value = serde_saphyr::from_str_with_options(text, options).ok()?;
    Some(value.to_string())
}

fn descend(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            descend(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            paths.push(path);
        }
    }
    Ok(())
}
