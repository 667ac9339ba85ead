//! What is around the measured process: the look-alike of Entra, a service that gives one answer, a file of
//! permissions, and the requests of the people who call.

pub(crate) mod calls;
mod definitions;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use osier::demo::{ANA, BEN, CHLOE, Endpoint, FINN, Options, Person, Surroundings};
use osier::seal::random_bytes;
use serde_json::json;
use tempfile::TempDir;

use super::processes::{MEASURED, MEASURING, Process, free_port, on, part};

/// The sites that the caller holds, and one that is others'.
pub(crate) const OWN: [&str; 3] =
    [osier::demo::SITE_60M, osier::demo::SITE_12H, osier::demo::SITE_8KP];
/// Who calls; all of them hold the same.
pub(crate) const PEOPLE: [Person; 4] = [BEN, ANA, CHLOE, FINN];
const OTHER: &str = osier::demo::SITE_3LW;

const SETTINGS: &str = include_str!("world/osier.toml");

/// All that is around.
pub(crate) struct World {
    /// The program that is measured.
    program: PathBuf,
    around: Surroundings,
    pub(crate) folder: TempDir,
    /// The service; its other paths give the answers that a proxy passes on.
    pub(crate) service: Process,
}

impl World {
    /// Starts it. The program that is measured is the one that was built along, or another one.
    pub(crate) async fn start(other: Option<&Path>) -> anyhow::Result<Self> {
        let program =
            other.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_osier")), PathBuf::from);
        let around = Surroundings::start_anywhere(Options::default()).await?;
        let folder = TempDir::new()?;
        let answers = folder.path().join("answers");
        fs::create_dir(&answers)?;
        fs::write(answers.join("sites"), sites().to_string())?;
        fs::write(folder.path().join("people.yaml"), people())?;
        let port = free_port()?;
        let answers = answers.to_string_lossy();
        let mut service = part(&["answer", "--port", &port.to_string(), "--answers", &answers])?;
        let service = Process::listening(&mut service, port).await?;
        Ok(Self { program, around, folder, service })
    }

    /// The token of the person who calls.
    pub(crate) fn token(&self, person: &Person) -> String {
        self.around.entra().token(person)
    }

    /// Keeps an answer for the service to give.
    pub(crate) fn keep(&self, name: &str, answer: &[u8]) -> anyhow::Result<()> {
        Ok(fs::write(self.folder.path().join("answers").join(name), answer)?)
    }

    /// Osier as it is deployed, not started yet, and its port. `more` are settings by their variables.
    pub(crate) fn osier(&self, more: &[(&str, String)]) -> anyhow::Result<(Command, u16)> {
        let port = free_port()?;
        let settings = self.folder.path().join("osier.toml");
        fs::write(&settings, SETTINGS)?;
        let mut command = on(MEASURED, &self.program);
        command.args(["serve", "--config"]).arg(&settings);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OSIER_")) {
            command.env_remove(name);
        }
        let people = self.folder.path().join("people.yaml");
        let service = format!("http://127.0.0.1:{}", self.service.port);
        let own = [
            ("SERVER__LISTEN", format!("127.0.0.1:{port}")),
            ("SERVER__PUBLIC_URL", format!("http://127.0.0.1:{port}")),
            ("IDENTITY__DISCOVERY_URL", self.around.entra().url(Endpoint::Discovery)),
            ("ACCESS__FILE", people.to_string_lossy().into_owned()),
            ("BACKENDS__SITECORE__BASE_URL", service),
            ("KEYS__CURRENT", data_encoding::BASE64.encode(&random_bytes::<32>()?)),
        ];
        for (name, value) in own.iter().chain(more) {
            command.env(format!("OSIER_{name}"), value);
        }
        // The audit record: a file, as an operator's log collector keeps one.
        let audit = self.folder.path().join(format!("audit-{port}.jsonl"));
        command.stdout(fs::File::create(audit)?);
        Ok((command, port))
    }

    /// A folder of this many tools, all of which the caller may see.
    pub(crate) fn tools(&self, many: usize) -> anyhow::Result<String> {
        let folder = self.folder.path().join(format!("tools-{many}"));
        definitions::write(&folder, many).context("the tools")?;
        Ok(folder.to_string_lossy().into_owned())
    }

    /// The proxy of the comparison's other side, in front of the service's kept answers.
    pub(crate) async fn pass_on(&self) -> anyhow::Result<Process> {
        let (port, to) = (free_port()?, self.service.port);
        let arguments = ["pass-on", "--port", &port.to_string(), "--to", &to.to_string()];
        let mut command = on(MEASURED, &std::env::current_exe()?);
        Process::listening(command.args(arguments), port).await
    }

    /// nginx, where it is installed.
    pub(crate) async fn nginx(&self) -> anyhow::Result<Option<Process>> {
        let program = ["/usr/sbin/nginx", "/usr/bin/nginx"].map(PathBuf::from);
        let Some(program) = program.into_iter().find(|program| program.exists()) else {
            return Ok(None);
        };
        let port = free_port()?;
        let folder = self.folder.path().join("nginx");
        fs::create_dir_all(&folder)?;
        let settings = include_str!("world/nginx.conf")
            .replace("FOLDER", &folder.to_string_lossy())
            .replace("LISTEN", &port.to_string())
            .replace("ONWARD", &self.service.port.to_string());
        let file = folder.join("nginx.conf");
        fs::write(&file, settings)?;
        let mut command = on(MEASURED, &program);
        command.arg("-p").arg(&folder).arg("-e").arg(folder.join("error.log")).arg("-c").arg(&file);
        Ok(Some(Process::listening(&mut command, port).await?))
    }
}

/// The service's answer: about 1 KB, one row of which lies outside the caller's scope.
fn sites() -> serde_json::Value {
    let row = |(number, id): (usize, &str)| {
        json!({
            "id": id, "name": format!("{} Market Street", 60 + number), "code": format!("MKT-{number}"),
            "type": "Office", "status": "Operations", "address": "60 Market Street",
            "suburb": "Sydney", "state": "NSW", "postcode": "2000", "country": "Australia",
            "size": {"value": 42_000.0, "unit": "sqm"},
            "latitude": -33.8688, "longitude": 151.2093, "timeZone": "Australia/Sydney",
        })
    };
    let rows = OWN.into_iter().chain([OTHER]).enumerate().map(row);
    json!({"items": rows.collect::<Vec<_>>()})
}

/// Who may do what: everybody who calls holds three sites.
fn people() -> String {
    let mut text = "roles:\n  viewer: [WillowApp.CanViewLocations]\nusers:\n".to_owned();
    text.extend(PEOPLE.map(|person| format!("  - {{id: {}, groups: [all]}}\n", person.oid)));
    text.push_str("assignments:\n");
    text.extend(
        OWN.map(|site| format!("  - {{group: all, role: viewer, at: {{site: {site}}}}}\n")),
    );
    text
}

/// The core that the measuring shares, for the processes that it starts.
pub(crate) fn stay_beside() -> anyhow::Result<()> {
    super::processes::stay_on(MEASURING)
}
