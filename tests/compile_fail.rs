//! What must not compile: forging what a stage hands over, skipping a stage, sending a write as a read.
//! The types are the fence; each file in `tests/compile_fail` would be a hole in it.
//!
//! The cases are compiled against the library that the other tests use, so that no dependency is
//! built a second time.

#[cfg(test)]
mod compile_fail {
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::{env, fs};

    use serde_json::Value;

    const CASES: &str = "tests/compile_fail";
    /// The one case that compiles: the legal order.
    const LEGAL: &str = "the_order_of_a_call.rs";

    /// What Cargo says about a crate that it has built: its name, and the file to link.
    fn built() -> Vec<(String, PathBuf)> {
        let mut cargo = Command::new(env!("CARGO"));
        // As a test, since the tests' own dependencies add features to those of the library.
        cargo.args(["test", "--no-run", "--test", "compile_fail"]);
        cargo.args(["--locked", "--message-format=json"]);
        if cfg!(feature = "conformance") {
            cargo.args(["--features", "conformance"]);
        }
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let ended = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        let said = String::from_utf8(ended.stdout).unwrap();
        let crates = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let linked = crates.filter_map(|said| {
            let name = said["target"]["name"].as_str()?.replace('-', "_");
            let files = said["filenames"].as_array()?.iter().filter_map(Value::as_str);
            let mut files = files.map(PathBuf::from);
            let rlib = files.find(|file| file.extension().is_some_and(|end| end == "rlib"))?;
            Some((name, rlib))
        });
        linked.collect()
    }

    /// What is wrong with a case, a line for each error: `line: error[code]: message`.
    fn errors(case: &Path, crates: &[(String, PathBuf)]) -> String {
        let out = tempfile::tempdir().unwrap();
        let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition=2024", "--error-format=json", "--emit=metadata", "-Awarnings"]);
        rustc.arg("--out-dir").arg(out.path()).arg(case);
        for wanted in ["osier", "serde_json"] {
            let (_, file) = crates.iter().find(|(name, _)| name == wanted).unwrap();
            rustc.arg("--extern").arg(format!("{wanted}={}", file.display()));
            // Where the crates that these need lie.
            let folder = file.parent().unwrap();
            let deps = if folder.ends_with("deps") { folder.into() } else { folder.join("deps") };
            rustc.arg("-L").arg(format!("dependency={}", deps.display()));
        }
        let ended = rustc.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        let mut lines = Vec::new();
        for said in said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let (Some("error"), Some(code)) =
                (said["level"].as_str(), said["code"]["code"].as_str())
            else {
                continue;
            };
            let spans = said["spans"].as_array().unwrap();
            let at = spans.iter().find(|span| span["is_primary"] == true).unwrap();
            assert_eq!(at["file_name"].as_str(), case.to_str(), "{said}");
            let message = said["message"].as_str().unwrap();
            let label = at["label"].as_str().map(|label| format!(": {label}")).unwrap_or_default();
            let line = at["line_start"].as_u64().unwrap();
            lines.push((line, format!("{line}: error[{code}]: {message}{label}\n")));
        }
        lines.sort();
        assert_eq!(ended.status.success(), lines.is_empty(), "{}: {said}", case.display());
        lines.into_iter().map(|(_, text)| text).collect()
    }

    /// `UPDATE_EXPECTED=1` writes what the compiler says now beside the cases; read it before you
    /// commit it.
    #[test]
    fn stages_can_be_neither_forged_nor_skipped() {
        let crates = built();
        let entries = fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path());
        let mut cases: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
        cases.sort();
        assert!(cases.len() > 15, "{cases:?}");
        for case in cases {
            let said = errors(&case, &crates);
            if case.ends_with(LEGAL) {
                assert_eq!(said, "", "the legal order must compile");
                continue;
            }
            let beside = case.with_extension("stderr");
            if env::var_os("UPDATE_EXPECTED").is_some() {
                fs::write(&beside, &said).unwrap();
            }
            let expected = fs::read_to_string(&beside).unwrap_or_default();
            assert!(!said.is_empty(), "{} compiles", case.display());
            assert_eq!(said, expected, "{}", case.display());
        }
    }
}
