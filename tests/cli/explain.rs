//! `osier explain` from outside: each question of `tests/fixtures/explain/questions.txt` and its answer,
//! by the demo's assignments as a file. None of them touches the network.

use std::fmt::Write as _;
use std::fs;

use super::osier;

const QUESTIONS: &str = "tests/fixtures/explain/questions.txt";
const ANSWERS: &str = "tests/fixtures/explain/answers.txt";

/// A question's words; single quotes hold one together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn settings(adapter: &str, file: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        r#"server.public_url = "https://osier.example.com"
identity.tenant_id = "8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34"
identity.audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
auth.mode = "direct"
access.adapter = "{adapter}"
access.file = "{file}"
keys.current = "sVvmqGTfcDm/7oZb5qOZbKqpr6TpsQbWZ7tsTi4LDgQ="
tools.disabled = ["list_workgroups"]
[backends.workflowcore]
base_url = "https://workflowcore.example.com"
token = "none"
[backends.sitecore]
base_url = "https://sitecore.example.com"
token = "none"
"#
    );
    fs::write(folder.path().join("osier.toml"), text).unwrap();
    folder
}

/// What one run says, on either stream.
fn answer(config: &std::path::Path, question: &str) -> String {
    let mut arguments = vec!["explain".to_owned()];
    arguments.extend(words(question));
    arguments.extend(["--config".to_owned(), config.display().to_string()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = osier(&arguments);
    let (said, err) = (String::from_utf8(ended.stdout), String::from_utf8(ended.stderr));
    let code = ended.status.code().unwrap();
    let code = if code == 0 { String::new() } else { format!("exit {code}\n") };
    format!("{}{}{code}", said.unwrap(), err.unwrap())
}

/// `UPDATE_EXPECTED=1` writes what is said now; read it before you commit it.
#[test]
fn each_rule_is_told_in_words() {
    let by_file = settings("file", "config/demo-people.yaml");
    let by_claims = settings("claims", "tests/fixtures/explain/roles.yaml");
    let mut said = String::new();
    for line in fs::read_to_string(QUESTIONS).unwrap().lines() {
        let folder = if line.contains("--role") { &by_claims } else { &by_file };
        let answer = answer(&folder.path().join("osier.toml"), line);
        _ = writeln!(said, "$ osier explain {line}\n{answer}");
    }
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(ANSWERS, &said).unwrap();
    }
    let expected = fs::read_to_string(ANSWERS).unwrap_or_default();
    assert!(said == expected, "--- expected\n{expected}\n--- said\n{said}");
}

#[test]
fn arguments_that_are_no_object_are_bad_usage() {
    let ended = osier(&["explain", "--user", "ben", "--tool", "list_tickets", "--args", "[1]"]);
    assert_eq!(ended.status.code(), Some(64));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("not a JSON object"));
}
