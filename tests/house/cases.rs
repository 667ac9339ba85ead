//! Every case of `SECURITY.md` has a test that is named for it, or a reason why it has none.

use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("../../SECURITY.md");

/// The beginning of a test's name, and the reason where there is no such test.
fn rows() -> Vec<(String, &'static str)> {
    TABLE
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.trim_end_matches('|').split(" | ");
            let (case, _what) = (cells.next()?.trim(), cells.next()?);
            let reason = cells.next().unwrap_or_default().trim();
            let name = match case.strip_prefix("trap ") {
                Some(number) => format!("fn trap_{number}_"),
                None => format!("fn case_{case}_"),
            };
            case.ends_with(|c: char| c.is_ascii_digit()).then_some((name, reason))
        })
        .collect()
}

fn gather(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn the_table_is_whole() {
    let rows = rows();
    let traps = rows.iter().filter(|(name, _)| name.starts_with("fn trap_")).count();
    assert_eq!((rows.len() - traps, traps), (29 + 29 + 17 + 13 + 9 + 6 + 8 + 5, 20));
}

#[test]
fn every_case_has_its_test_or_a_reason() {
    let mut tests = String::new();
    for folder in ["src", "tests"] {
        gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut tests);
    }
    let mut faults = Vec::new();
    for (name, reason) in rows() {
        match (tests.contains(&name), reason.is_empty()) {
            (false, true) => faults.push(format!("no test and no reason: {name}")),
            (true, false) => faults.push(format!("a test, and a reason for having none: {name}")),
            _ => {}
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
