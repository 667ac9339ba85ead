//! `osier check` from outside: every fault of definitions and settings, each with file and line, all
//! in one run, exit 64; and what it says of a sound pair.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::osier;

const BAD: &str = "tests/fixtures/bad";

/// Each folder of `tests/fixtures/bad`: one kind of fault.
fn folders() -> Vec<String> {
    let entries = fs::read_dir(BAD).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<String> =
        entries.filter(|path| path.is_dir()).map(|path| path.display().to_string()).collect();
    folders.sort();
    assert!(folders.len() > 10, "{folders:?}");
    folders
}

fn faults(ended: &Output) -> String {
    assert_eq!(ended.status.code(), Some(64), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    String::from_utf8(ended.stderr.clone()).unwrap()
}

fn expected(folder: &str) -> String {
    fs::read_to_string(Path::new(folder).join("expected.txt")).unwrap_or_default()
}

/// `UPDATE_EXPECTED=1` writes what is said now beside the fixtures; read it before you commit it.
#[test]
fn each_fault_is_told_with_its_file_and_line() {
    for folder in folders() {
        let said = faults(&osier(&["check", "--tools", &folder]));
        for line in said.lines() {
            let place = line.strip_prefix(&folder).unwrap_or_else(|| panic!("no file: {line}"));
            let number = place.split(':').nth(1).unwrap_or_default();
            assert!(number.parse::<u32>().is_ok_and(|number| number > 0), "no line: {line}");
        }
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(Path::new(&folder).join("expected.txt"), &said).unwrap();
        }
        let expected = expected(&folder);
        assert!(said == expected, "{folder}\n--- expected\n{expected}\n--- said\n{said}");
    }
}

#[test]
fn all_faults_of_all_files_are_told_in_one_run() {
    let arguments = ["check", "--config", "tests/fixtures/bad/osier.toml", "--tools", BAD];
    let said = faults(&osier(&arguments));
    let said: BTreeSet<&str> = said.lines().collect();
    let settings = faults(&osier(&arguments[..3]));
    let alone: Vec<String> = folders().iter().map(|folder| expected(folder)).collect();
    for line in alone.iter().chain([&settings]).flat_map(|text| text.lines()) {
        assert!(said.contains(line), "not told: {line}");
    }
}

/// As a shell writes `tests/fixtures/bad/*`: folders of definitions and a configuration.
#[test]
fn any_number_of_folders_and_files_is_checked_in_one_run() {
    let folders = folders();
    let mut arguments = vec!["check", "tests/fixtures/bad/osier.toml"];
    arguments.extend(folders.iter().map(String::as_str));
    let said = faults(&osier(&arguments));
    let settings = faults(&osier(&["check", "--config", "tests/fixtures/bad/osier.toml"]));
    let alone: String = folders.iter().map(|folder| expected(folder)).collect();
    assert_eq!(said, settings + &alone);
}

#[test]
fn faulty_settings_still_say_where_the_definitions_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("osier.toml");
    fs::write(&path, "[tools]\ndir = \"tests/fixtures/bad/collision\"\nx = 1\n").unwrap();
    let said = faults(&osier(&["check", "--config", path.to_str().unwrap()]));
    assert!(said.contains("osier.toml:3: tools.x: is not a known key"), "{said}");
    assert!(said.contains(&expected("tests/fixtures/bad/collision")), "{said}");
}

/// Every text that the compiler has for a fault occurs in what is expected of some fixture.
#[test]
fn every_fault_that_is_known_has_a_fixture() {
    let expected: String = folders().iter().map(|folder| expected(folder)).collect();
    let mut missing = Vec::new();
    for (file, text) in texts_of_faults() {
        // A brace is doubled in a text with values only.
        let plain = text.replace("{{", "{").replace("}}", "}");
        let shown = [text.as_str(), plain.as_str()].iter().any(|text| {
            let parts: Vec<String> = text.split('\u{0}').map(regex::escape).collect();
            regex::Regex::new(&parts.join(".*?")).unwrap().is_match(&expected)
        });
        if !shown {
            missing.push(format!("{}: {}", file.display(), text.replace('\u{0}', "{}")));
        }
    }
    // What can't be written down as a file of a fixture.
    let rare = ["no definitions in this folder", "a key is here twice", "alias replay limit"];
    missing.retain(|text| !rare.iter().any(|rare| text.contains(rare)));
    assert!(missing.is_empty(), "no fixture shows\n{}", missing.join("\n"));
}

/// The literals of the compiler that read like a sentence, with NUL where a value goes in.
fn texts_of_faults() -> Vec<(PathBuf, String)> {
    let mut paths = vec![PathBuf::from("src/catalog/load.rs")];
    paths.extend([PathBuf::from("src/catalog/document.rs"), "src/catalog/compile.rs".into()]);
    for folder in ["src/catalog/compile", "src/catalog/query"] {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.extend(entries.filter(|path| !path.ends_with("tests.rs")));
    }
    let literal = regex::Regex::new(r#""((?:[^"\\]|\\.|\\\n)*)""#).unwrap();
    let folded = regex::Regex::new(r"\\\n\s*").unwrap();
    let hole = regex::Regex::new(r"\{[a-zA-Z_]*\}").unwrap();
    let mut texts = Vec::new();
    for path in paths {
        let code = fs::read_to_string(&path).unwrap();
        let code = code.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
        // Comments and attributes are for those who read the code, descriptions of shared arguments
        // for clients: none is shown to people who write files.
        let shown = code.lines().filter(|line| {
            let start = line.trim_start();
            let own = ["//", "#[", "reason = "].iter().any(|own| start.starts_with(own));
            !own && !line.contains("\"description\":")
        });
        let shown: Vec<&str> = shown.collect();
        for found in literal.captures_iter(&shown.join("\n")) {
            let text = folded.replace_all(&found[1], "").replace("\\\"", "\"");
            let text = hole.replace_all(&text, "\u{0}").replace("\\\\", "\\");
            if text.trim().contains(' ') && text.len() > 12 {
                texts.push((path.clone(), text));
            }
        }
    }
    assert!(texts.len() > 100, "only {} texts", texts.len());
    texts
}

#[test]
fn case_090_headers_that_a_definition_must_not_set_are_refused() {
    let said = faults(&osier(&["check", "--tools", "tests/fixtures/bad/requests"]));
    for header in ["Authorization", "Host", "Connection", "Transfer-Encoding"] {
        let line = format!("request.headers.{header}: a definition doesn't set this header");
        assert!(said.contains(&line), "{header}: {said}");
    }
    assert!(said.contains("request.headers.X-Lines: a header's value is one line"), "{said}");
}

#[test]
fn case_100_schemas_that_refer_outside_recur_or_are_too_large_are_refused() {
    let said = faults(&osier(&["check", "--tools", "tests/fixtures/bad/arguments"]));
    for says in [
        "external_ref.yaml:6: input.properties.q.$ref: nothing is fetched",
        "file_ref.yaml:6: input.properties.q.items.$ref: nothing is fetched",
        "whole_external_ref.yaml:6: input.schema.properties.q.$ref: nothing is fetched",
        "exponential.yaml:7: input.schema: 61 references",
        "too_long.yaml:8: input.properties.q: this JSON Schema has ",
        "huge_pattern.yaml:6: input.properties.q.pattern: not a pattern in RE2's syntax",
        "back_reference.yaml:6: input.properties.q.pattern: not a pattern in RE2's syntax",
    ] {
        assert!(said.contains(says), "{says}\n{said}");
    }
}

/// A configuration without fault, and more of it.
fn settings(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        r#"server.public_url = "https://osier.example.com"
identity.tenant_id = "8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34"
identity.audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
auth = {{ credential = "secret", client_secret = "only-for-tests" }}
access.url = "https://authz.example.com"
access.audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
keys.current = "sVvmqGTfcDm/7oZb5qOZbKqpr6TpsQbWZ7tsTi4LDgQ="
{more}"#
    );
    fs::write(folder.path().join("osier.toml"), text).unwrap();
    folder
}

#[test]
fn a_sound_deployment_is_told_what_it_serves() {
    let folder = settings(
        r#"
tools.disabled = ["list_workgroups"]
[backends.workflowcore]
base_url = "https://workflowcore.example.com"
token = "none"
[backends.caller]
kind = "caller"
[backends.spare]
kind = "caller"
"#,
    );
    let path = folder.path().join("osier.toml");
    let ended = osier(&["check", "--config", path.to_str().unwrap()]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.is_empty());
    let said = String::from_utf8(ended.stdout).unwrap();
    insta::assert_snapshot!(said.replace(folder.path().to_str().unwrap(), "FOLDER"));
}

#[test]
fn settings_and_definitions_that_do_not_go_together_are_told() {
    let folder = settings(
        r#"
tools.disabled = ["list_workgroup"]
[backends.caller]
base_url = "https://caller.example.com"
token = "none"
[backends.sitecore]
kind = "caller"
"#,
    );
    let path = folder.path().join("osier.toml");
    let said = faults(&osier(&["check", "--config", path.to_str().unwrap()]));
    insta::assert_snapshot!(said.replace(folder.path().to_str().unwrap(), "FOLDER"));
}

#[test]
fn the_definitions_that_come_with_the_program_have_no_fault() {
    let ended = osier(&["check", "--tools", "tools"]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let empty = tempfile::tempdir().unwrap();
    let said = faults(&osier(&["check", "--tools", empty.path().to_str().unwrap()]));
    assert!(said.contains("no definitions in this folder"), "{said}");
    let said = faults(&osier(&["check", "--tools", "tests/fixtures/none"]));
    assert!(said.starts_with("tests/fixtures/none:1: can't be read"), "{said}");
}

#[test]
#[cfg(not(feature = "conformance"))]
fn the_checked_in_schemas_are_those_of_the_types() {
    for of in ["tool", "service", "prompt", "resource"] {
        let path = format!("config/{of}.schema.json");
        let checked_in = fs::read_to_string(&path).unwrap_or_default();
        let ended = osier(&["schema", of]);
        assert_eq!(ended.status.code(), Some(0));
        let generated = String::from_utf8(ended.stdout).unwrap();
        assert!(checked_in == generated, "{path} is old: cargo run -- schema {of} > {path}");
        let schema: serde_json::Value = serde_json::from_str(&generated).unwrap();
        assert_eq!(schema["additionalProperties"], false);
        jsonschema::meta::validate(&schema).unwrap();
    }
}
