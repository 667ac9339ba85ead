//! A tenant of the stand-in: its state, its calls, and the script run against it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const TENANT: &str = "8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34";
/// The application id of the first registration that the stand-in makes.
pub(crate) const APP: &str = "5d0b7a52-1c1f-4c0e-8f0c-000000000001";
pub(crate) const BEN: &str = "3f3e4e1c-c46a-5bdf-9552-816213ce8f7e";
/// A managed identity that the stand-in knows.
pub(crate) const IDENTITY: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/osier";
/// How each secret of the stand-in begins.
pub(crate) const SECRET: &str = "stub~secret~that~nobody~may~see";

pub(crate) struct Tenant {
    folder: TempDir,
}

pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
    /// The calls that changed the tenant, as `az` commands.
    pub(crate) changes: Vec<String>,
    /// All calls.
    pub(crate) calls: Vec<String>,
}

/// The interpreter itself: a version manager's shim before it takes longer than the stand-in.
fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let said =
            Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        String::from_utf8(said.unwrap().stdout).unwrap().trim().to_owned()
    })
}

impl Tenant {
    pub(crate) fn new() -> Self {
        let tenant = Self { folder: TempDir::new().unwrap() };
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy");
        fs::copy(here.join("state.json"), tenant.path("state.json")).unwrap();
        fs::create_dir(tenant.path("bin")).unwrap();
        let az = tenant.path("bin/az");
        let stub = here.join("az.py");
        fs::write(&az, format!("#!/bin/sh\nexec {} -I -S {} \"$@\"\n", python(), stub.display()))
            .unwrap();
        fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
        tenant
    }

    /// A tenant in which the script ran before, with no credential and nobody assigned.
    pub(crate) fn registered() -> Self {
        static STATE: OnceLock<String> = OnceLock::new();
        let state = STATE.get_or_init(|| {
            let tenant = Self::new();
            tenant.register(&["--credential", "none"]).well();
            tenant.state().to_string()
        });
        let tenant = Self::new();
        fs::write(tenant.path("state.json"), state).unwrap();
        tenant
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn state(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.path("state.json")).unwrap()).unwrap()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Value)) {
        let mut state = self.state();
        change(&mut state);
        fs::write(self.path("state.json"), state.to_string()).unwrap();
    }

    /// Runs the script for `https://osier.example.com`, in the tenant's own folder.
    pub(crate) fn register(&self, options: &[&str]) -> Run {
        self.run(&[&["--url", "https://osier.example.com"], options].concat())
    }

    /// Runs the script with these words alone.
    pub(crate) fn run(&self, words: &[&str]) -> Run {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = std::env::var("PATH").unwrap();
        let bin = self.path("bin");
        let ended = Command::new("bash")
            .arg(root.join("deploy/entra/register.sh"))
            .args(words)
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("AZ_STUB", self.folder.path())
            .env("REGISTER_PAUSE", "0")
            .output()
            .unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert!(!err.contains("jq is not installed"), "this test needs jq: apt-get install jq");
        let recorded = fs::read_to_string(self.path("calls.jsonl")).unwrap_or_default();
        let _ = fs::remove_file(self.path("calls.jsonl"));
        let recorded: Vec<Value> =
            recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let command = |call: &Value| {
            let words = call["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
            let command = words.collect::<Vec<_>>().join(" ");
            command.replace(" --only-show-errors --output json", "")
        };
        Run {
            code: ended.status.code().unwrap(),
            out: String::from_utf8(ended.stdout).unwrap(),
            err,
            changes: recorded.iter().filter(|call| call["changes"] == true).map(command).collect(),
            calls: recorded.iter().map(command).collect(),
        }
    }
}

impl Run {
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.err);
        self
    }

    /// The run was refused with this text, and changed nothing.
    pub(crate) fn refused(self, text: &str) {
        assert_eq!(self.code, 1, "{}", self.err);
        assert!(self.err.contains(text), "{}", self.err);
        assert_eq!(self.changes, [""; 0]);
        assert_eq!(self.out, "");
    }
}
