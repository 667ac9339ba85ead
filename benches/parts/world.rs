//! Osier's parts, wired as in a deployment, with permissions from a file and no service to ask.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use criterion::Criterion;
use osier::app::{Assembly, Means, assemble, definitions};
use osier::audit::Sink;
use osier::clock::Clock;
use osier::config::{Config, Environment};
use osier::demo::{ANA, Endpoint, Options, Person, SITE_60M, Surroundings};
use osier::identity::Identity;
use osier::store::Store;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SETTINGS: &str = include_str!("../load/world/osier.toml");

/// All of it; it stops when it is dropped.
pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) around: Surroundings,
    pub(crate) config: Config,
    pub(crate) assembly: Assembly,
    _folder: TempDir,
}

/// Short enough for all parts in a minute or two.
pub(crate) fn brief() -> Criterion {
    Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

/// This many people, of whom the first is the demo's ana.
pub(crate) fn people(many: usize) -> Vec<Person> {
    let number = |number: usize| {
        let oid: &'static str = format!("00000000-0000-4000-8000-{number:012}").leak();
        Person { oid, ..ANA }
    };
    std::iter::once(ANA).chain((1..many).map(number)).collect()
}

impl World {
    /// With this many tools (none: those that Osier brings) and people.
    pub(crate) fn new(tools: Option<usize>, people: &[Person]) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let folder = TempDir::new()?;
        let around = runtime.block_on(Surroundings::start_anywhere(Options::default()))?;
        let file = folder.path().join("people.yaml");
        fs::write(&file, permissions(people)?)?;
        let mut environment = Environment::default()
            .with("OSIER_ACCESS__FILE", file.to_string_lossy())
            .with("OSIER_IDENTITY__DISCOVERY_URL", around.entra().url(Endpoint::Discovery))
            .with("OSIER_KEYS__CURRENT", data_encoding::BASE64.encode(&[7; 32]));
        if let Some(many) = tools {
            let tools = folder.path().join("tools");
            super::lists::write(&tools, many)?;
            environment = environment.with("OSIER_TOOLS__DIR", tools.to_string_lossy());
        }
        let config = Config::parse("osier.toml", SETTINGS, &environment)?;
        let clock = Clock::System;
        let catalog = definitions(&config.tools).map_err(|all| {
            anyhow::anyhow!(all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        })?;
        let assembly = runtime.block_on(async {
            let store = Store::open(&config.store.location, clock.clone()).await?;
            let (audit, _) = Sink::to(std::io::sink(), osier::audit::Terms::default());
            assemble(&config, catalog, Means { clock, audit, store })
        })?;
        Ok(Self { runtime, around, config, assembly, _folder: folder })
    }

    /// A person who was let in.
    pub(crate) fn identity(&self, person: &Person) -> anyhow::Result<Arc<Identity>> {
        let token = self.around.entra().token(person);
        let checked = self.assembly.authenticator.authenticate_token(&token);
        self.runtime.block_on(checked).map_err(|rejection| anyhow::anyhow!("{rejection}"))
    }
}

/// Everybody holds one site.
fn permissions(people: &[Person]) -> anyhow::Result<String> {
    let mut text = "roles:\n  viewer: [WillowApp.CanViewLocations]\nusers:\n".to_owned();
    for person in people {
        writeln!(text, "  - {{id: {}, groups: [all]}}", person.oid)?;
    }
    writeln!(text, "assignments:\n  - {{group: all, role: viewer, at: {{site: {SITE_60M}}}}}")?;
    Ok(text)
}
