//! Builds the definition files under `tools/` into the program, so that one binary is enough.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=tools");
    let mut paths = Vec::new();
    if Path::new("tools").is_dir() {
        descend(Path::new("tools"), &mut paths)?;
    }
    paths.sort();
    let root = std::env::current_dir()?;
    let mut code = String::from("pub(super) const FILES: &[(&str, &str)] = &[\n");
    for path in &paths {
        let full = root.join(path);
        let (name, full) = (path.display().to_string(), full.display().to_string());
        let _ = writeln!(code, "    ({name:?}, include_str!({full:?})),");
    }
    code.push_str("];\n");
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    std::fs::write(Path::new(&out).join("built_in_tools.rs"), code)
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
