//! Every cache has a bound and an age, and `docs/LIMITS.md` names it.

use super::sources::{Source, sources};

const PAGE: &str = include_str!("../../docs/LIMITS.md");

/// What is wrong with the caches of a file.
fn faults(file: &Source) -> Vec<String> {
    let code = file.code();
    let mut faults = Vec::new();
    if code.contains("Cache::new(") && code.contains("use moka::") {
        faults.push(format!("src/{}: a cache that forgets nothing", file.path));
    }
    for (_, rest) in code.match_indices("Cache::builder()").map(|(at, _)| code.split_at(at)) {
        let chain = rest.split(".build()").next().unwrap_or_default();
        if !(chain.contains(".max_capacity(") && chain.contains(".time_to_")) {
            faults.push(format!("src/{}: a cache without a bound or an age", file.path));
        }
        if !PAGE.contains(&format!("`src/{}`", file.path)) {
            faults.push(format!("docs/LIMITS.md doesn't name src/{}", file.path));
        }
    }
    faults
}

#[test]
fn caches_are_bounded_and_on_the_page() {
    let files = sources();
    let files = files.iter().filter(|file| file.top() != "demo" && !file.is_tests());
    let faults: Vec<_> = files.flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_fault_is_found() {
    let said =
        |text: &str| faults(&Source { path: "x.rs".to_owned(), text: text.to_owned() }).len();
    assert_eq!(said("use moka::future::Cache;\nfn f() { Cache::new(3) }"), 1);
    assert_eq!(said("fn f() { Cache::builder().max_capacity(3).build() }"), 2);
    assert_eq!(said("fn f() { Cache::builder().max_capacity(3).time_to_live(x).build() }"), 1);
}

#[test]
fn each_key_of_limits_is_on_the_page() {
    let settings = include_str!("../../config/osier.toml");
    let section = settings.split("\n[limits]\n").nth(1).unwrap().split("\n[log]").next().unwrap();
    let mut prefix = "";
    let mut keys = 0;
    for line in section.lines() {
        if line == "[limits.connections]" {
            prefix = "connections.";
        }
        let Some((key, _)) = line.strip_prefix('#').and_then(|line| line.split_once(" = ")) else {
            continue;
        };
        keys += 1;
        assert!(
            PAGE.contains(&format!("`{prefix}{key}`")) || PAGE.contains(&format!("`{key}`")),
            "{key}"
        );
    }
    assert!(keys > 20, "{keys}");
}
