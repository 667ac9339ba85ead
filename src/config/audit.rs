//! `[audit]`: where the audit records go, and what holds while they can't be written.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

use super::problems::Report;

/// Where the audit records go.
#[derive(Clone, Debug)]
pub struct Audit {
    /// What takes the records.
    pub sink: Sink,
    /// What becomes of reads while it takes none.
    pub reads_without_audit: ReadsWithoutAudit,
    /// How long it may take over one.
    pub max_wait: Duration,
}

/// What takes the audit records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    /// Standard output, one JSON line a record; nothing else is written there.
    Stdout,
    /// A file that is appended to.
    File {
        /// Where it is.
        path: PathBuf,
        /// When it is brought to the disk.
        fsync: Fsync,
    },
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum RawSink {
    /// Standard output.
    #[default]
    Stdout,
    /// The file `file`.
    File,
}

/// When records are brought to the disk, beyond the operating system's memory.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Fsync {
    /// The intent of a write, before the write goes out.
    #[default]
    Intent,
    /// Every record.
    Always,
    /// None: a crash of the machine may take the last ones.
    Never,
}

/// What becomes of reads while records can't be written.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ReadsWithoutAudit {
    /// They are refused, as writes are.
    #[default]
    Refuse,
    /// They are served; their records wait, and those beyond 4096 are counted as lost.
    Serve,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawAudit {
    /// Where the records go. `OSIER_AUDIT__SINK`
    sink: RawSink,
    /// The file of `sink = "file"`; it is made if it is missing, and only its owner may read it.
    /// `OSIER_AUDIT__FILE`
    file: Option<PathBuf>,
    /// When the file is brought to the disk. `OSIER_AUDIT__FSYNC`
    fsync: Fsync,
    /// What becomes of reads while records can't be written; writes are always refused then.
    /// `OSIER_AUDIT__READS_WITHOUT_AUDIT`
    reads_without_audit: ReadsWithoutAudit,
    /// Milliseconds that a record may take to be written. `OSIER_AUDIT__MAX_WAIT_MS`
    #[validate(range(min = 10, max = 60_000))]
    max_wait_ms: u32,
}

impl Default for RawAudit {
    fn default() -> Self {
        Self {
            sink: RawSink::default(),
            file: None,
            fsync: Fsync::default(),
            reads_without_audit: ReadsWithoutAudit::default(),
            max_wait_ms: 2_000,
        }
    }
}

impl RawAudit {
    pub(super) fn resolve(self, report: &mut Report) -> Option<Audit> {
        let key = "audit.file";
        let sink = match (self.sink, self.file) {
            (RawSink::Stdout, _) => Sink::Stdout,
            (RawSink::File, Some(path)) if !path.as_os_str().is_empty() => {
                Sink::File { path, fsync: self.fsync }
            }
            (RawSink::File, _) => {
                report.require::<()>(key, None, "audit.sink = \"file\" needs a path");
                return None;
            }
        };
        let max_wait = Duration::from_millis(self.max_wait_ms.into());
        Some(Audit { sink, reads_without_audit: self.reads_without_audit, max_wait })
    }
}

#[cfg(test)]
mod tests {
    use super::{Fsync, ReadsWithoutAudit, Sink};
    use crate::config::{Config, Environment, Problems};

    const DEMO: &str = include_str!("../../config/demo.toml");

    fn read(settings: &[(&str, &str)]) -> Result<Config, Problems> {
        let key = data_encoding::BASE64.encode(&crate::seal::random_bytes::<32>().unwrap());
        let environment = settings.iter().fold(
            Environment::default().with("OSIER_KEYS__CURRENT", key),
            |environment, (name, value)| environment.with(*name, *value),
        );
        Config::parse("osier.toml", DEMO, &environment)
    }

    #[test]
    fn a_sink_that_is_a_file_has_a_path() {
        let (sink, file) = (("OSIER_AUDIT__SINK", "file"), ("OSIER_AUDIT__FILE", "/var/a.jsonl"));
        let audit = read(&[]).unwrap().audit;
        assert_eq!(audit.sink, Sink::Stdout);
        assert_eq!(audit.reads_without_audit, ReadsWithoutAudit::Refuse);
        let audit = read(&[sink, file]).unwrap().audit;
        let path = "/var/a.jsonl".into();
        assert_eq!(audit.sink, Sink::File { path, fsync: Fsync::Intent });
        let problems = |setting| read(&[setting]).unwrap_err().to_string();
        let says = problems(sink);
        assert!(
            says.contains("audit.file: is missing: audit.sink = \"file\" needs a path"),
            "{says}"
        );
        let says = problems(("OSIER_AUDIT__MAX_WAIT_MS", "5"));
        assert!(says.ends_with("must be a whole number from 10 to 60000"), "{says}");
        let says = problems(("OSIER_AUDIT__FSYNC", "sometimes"));
        assert!(says.contains("\"intent\", \"always\", \"never\""), "{says}");
    }
}
