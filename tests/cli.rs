//! The program from outside: what it prints and how it ends.

#[cfg(test)]
#[path = "cli/check.rs"]
mod check;

#[cfg(test)]
#[path = "cli/explain.rs"]
mod explain;

#[cfg(test)]
use cli::osier;

#[cfg(test)]
mod cli {
    use std::process::{Command, Output};

    pub(super) fn osier(arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_osier"));
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OSIER_")) {
            command.env_remove(name);
        }
        command.output().unwrap()
    }

    #[test]
    fn check_tells_every_fault_of_a_file_at_once_and_ends_with_64() {
        let ended = osier(&["check", "--config", "tests/fixtures/bad/osier.toml"]);
        assert_eq!(ended.status.code(), Some(64));
        assert!(ended.stdout.is_empty());
        let said = String::from_utf8(ended.stderr).unwrap();
        insta::assert_snapshot!(said);
        assert!(!said.contains("aHVudGVyMg"), "a secret is shown");
    }

    #[test]
    fn a_file_that_is_not_there_is_bad_configuration() {
        let ended = osier(&["serve", "--config", "tests/fixtures/none.toml"]);
        assert_eq!(ended.status.code(), Some(64));
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.starts_with("tests/fixtures/none.toml:1: can't be read"), "{said}");
    }

    #[test]
    fn bad_usage_ends_with_64_and_help_with_0() {
        assert_eq!(osier(&["serve", "--confg", "x"]).status.code(), Some(64));
        assert_eq!(osier(&["--help"]).status.code(), Some(0));
        assert_eq!(osier(&["--version"]).status.code(), Some(0));
    }

    #[test]
    fn the_schema_goes_to_standard_output() {
        let ended = osier(&["schema", "config"]);
        assert_eq!(ended.status.code(), Some(0));
        let schema: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        assert_eq!(schema["additionalProperties"], false);
    }
}
