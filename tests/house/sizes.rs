//! Sizes and names (style 18-20): small files, no `mod.rs`, no names that mean nothing.

use super::sources::{Source, sources};

fn lines(source: &Source) -> usize {
    let text = source.text.lines().collect::<Vec<_>>();
    let tests = text
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests {"));
    tests.unwrap_or(text.len())
}

#[test]
fn files_are_small() {
    let files = sources();
    let mut sizes: Vec<_> = files
        .iter()
        .filter(|file| !file.is_tests())
        .map(|file| (lines(file), file.path.as_str()))
        .collect();
    sizes.sort_unstable();
    let (median, _) = sizes[sizes.len() / 2];
    assert!(median <= 150, "the median file has {median} lines");
    let long: Vec<_> = sizes.iter().filter(|(lines, _)| *lines > 500).collect();
    assert!(long.is_empty(), "over 500 lines: {long:?}");
    let large: Vec<_> = sizes.iter().filter(|(lines, _)| *lines >= 300).collect();
    assert!(large.len() * 10 <= sizes.len(), "more than one in ten has 300 lines: {large:?}");
}

#[test]
fn the_pipeline_is_one_page() {
    for file in sources().iter().filter(|file| file.path == "pipeline.rs") {
        let lines = lines(file);
        assert!(lines <= 150, "pipeline.rs has {lines} lines");
    }
}

#[test]
fn every_file_says_what_it_owns() {
    for file in sources() {
        let said = file.text.lines().take_while(|line| line.starts_with("//!")).count();
        assert!(said >= 1, "src/{} doesn't open with //!", file.path);
    }
}

#[test]
fn files_are_named_for_what_they_own() {
    for file in sources() {
        let parts: Vec<_> = file.path.trim_end_matches(".rs").split('/').collect();
        for part in parts {
            let banned = ["mod", "util", "utils", "helper", "helpers", "common", "manager", "misc"];
            assert!(!banned.contains(&part), "src/{} is named {part}", file.path);
        }
    }
}

#[test]
fn nothing_is_allowed_silently_and_nothing_is_unsafe() {
    let manifest = include_str!("../../Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for file in sources() {
        let code = file.code();
        for banned in ["#[allow(", "#![allow(", "use crate::*"] {
            assert!(!code.contains(banned), "src/{} has {banned}", file.path);
        }
    }
}
