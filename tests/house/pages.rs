//! The pages in `docs/` say what is there: links lead somewhere, keys are known, and each page that
//! people may meet in their browser is explained to them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CONNECT: &str = include_str!("../../docs/CONNECT.md");
const FAILURES: &str = include_str!("../../src/oauth/failure.rs");
const SETTINGS: &str = include_str!("../../config/osier.toml");

fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["", "docs", "deploy/azure", "deploy/entra", "deploy/grafana", "deploy/helm"];
    let files = folders.iter().flat_map(|folder| fs::read_dir(root.join(folder)).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    let pages = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    assert!(pages.len() > 10);
    for (path, text) in pages {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if file.is_empty() || file.contains(':') {
                continue;
            }
            let there = path.parent().unwrap().join(file).exists();
            assert!(there, "{} leads to {target}", path.display());
        }
    }
}

#[test]
fn each_failure_is_explained_to_people() {
    let titles: Vec<_> =
        FAILURES.lines().filter_map(|line| line.trim().strip_prefix("title: \"")).collect();
    assert!(titles.len() > 10);
    for title in titles {
        let title = title.trim_end_matches("\",");
        assert!(CONNECT.contains(&format!("**{title}**")), "docs/CONNECT.md lacks '{title}'");
    }
}

/// `section.key` of each key that `config/osier.toml` shows.
fn keys() -> BTreeSet<String> {
    let mut section = String::new();
    let mut keys = BTreeSet::new();
    for line in SETTINGS.lines() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            name.clone_into(&mut section);
        } else if let Some((key, _)) = line.split_once(" = ") {
            keys.insert(format!("{section}.{key}"));
        }
    }
    keys
}

#[test]
fn settings_that_are_named_are_known() {
    let keys = keys();
    let sections = [
        "access",
        "audit",
        "auth",
        "clients",
        "identity",
        "confirmation",
        "store",
        "keys",
        "server",
        "telemetry",
    ];
    let mut named = 0;
    for (path, text) in pages() {
        for span in text.split('`').skip(1).step_by(2) {
            let key = span.split([' ', '=']).next().unwrap();
            let Some((section, name)) = key.split_once('.') else { continue };
            let plain = name.bytes().all(|sign| sign.is_ascii_lowercase() || sign == b'_');
            // Attributes of OpenTelemetry's may begin as a section does.
            let others = ["rs", "md", "toml", "address", "port"];
            if sections.contains(&section) && plain && !others.contains(&name) {
                named += 1;
                assert!(keys.contains(key), "{} names {key}", path.display());
            }
        }
    }
    assert!(named > 40, "{named}");
}
