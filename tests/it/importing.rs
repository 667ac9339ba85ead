//! A service of the customer's own: `docs/ADD-A-SERVICE.md` as it is written, and descriptions that
//! nobody here wrote, imported and called.

mod examples;
mod page;
mod service;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use super::harness::{Setup, TestApp, osier};

/// Runs the program's import.
fn import(file: &Path, out: &Path) -> Output {
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    osier(&["import", "openapi", file, "--out", out], &BTreeMap::new()).output().unwrap()
}

/// What `osier check` says of a folder of definitions.
fn check(folder: &Path) -> (Option<i32>, String) {
    let folder = folder.to_str().unwrap();
    let ended = osier(&["check", "--tools", folder], &BTreeMap::new()).output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stderr).unwrap().replace(folder, "TOOLS"))
}

/// The demo with these definitions, too, and a backend at this address.
async fn app(backend: &str, url: &str, files: Vec<(String, String)>) -> TestApp {
    let name = |key: &str| format!("OSIER_BACKENDS__{}__{key}", backend.to_uppercase());
    let settings = [
        (name("BASE_URL"), url.to_owned()),
        (name("TOKEN"), "none".to_owned()),
        (name("ALLOW_PRIVATE_NETWORK"), "true".to_owned()),
    ];
    TestApp::with(Setup { files, settings: settings.into(), ..Setup::default() }).await
}
