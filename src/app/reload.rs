//! The configuration and the tool files, read anew when they change or on SIGHUP. What was read is served
//! whole or not at all: where anything is wrong with it, what was served before is served on, and the log
//! and the audit record say so.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::assembly::{Assembly, BadDefinitions, files};
use super::keepers::{Keeper, Keepers};
use super::live::Live;
use super::tls::Tls;
use super::watch::Look;
use crate::audit::{self, Cause, Change, Settled};
use crate::catalog::{self, Catalog, Files};
use crate::config::{Config, Environment};
use crate::telemetry::{Done, log_by, meters};

/// Between two looks at the files.
const LOOK: Duration = Duration::from_millis(500);
/// Files that never come to rest are read after this long all the same.
const RESTLESS: Duration = Duration::from_secs(2);
/// How often files that change while they are read are read again.
const READINGS: usize = 10;
const CHANGING: &str = "the files change while they are read";
/// How long a new issuer has to give its keys.
const NEW_ISSUER: Duration = Duration::from_secs(5);

/// Settings that are read at the start alone: sockets, files and connections that are open.
const FIXED: [&str; 11] = [
    "audit.",
    "log.format",
    "replicas.",
    "server.drain_delay",
    "server.listen",
    "server.max_header_bytes",
    "server.replicas",
    "server.shutdown_grace",
    "server.tls_",
    "store.",
    "telemetry.",
];

/// Where the configuration comes from.
#[derive(Clone)]
pub struct Source {
    /// Its file.
    pub file: PathBuf,
    /// The variables that are laid over it.
    pub environment: Environment,
}

/// What became of one reading.
#[derive(Debug)]
enum Reload {
    /// Nothing differs from what is served.
    Same,
    /// It is served now. The settings that changed, by name; none where only other files did.
    Applied(Vec<String>),
    /// It isn't served. Everything that is wrong with it, one problem a line.
    Refused(String),
}

/// Reads anew until `shutdown`.
pub(super) struct Reloader {
    source: Source,
    assembly: Assembly,
    config: Config,
    live: Arc<Live>,
    keepers: Keepers,
    tls: Option<Tls>,
}

impl Reloader {
    pub(super) fn new(
        source: Source,
        (assembly, config): (Assembly, Config),
        live: Arc<Live>,
        keepers: Keepers,
        tls: Option<Tls>,
    ) -> Self {
        Self { source, assembly, config, live, keepers, tls }
    }

    /// Reads anew whenever the files have changed and come to rest, and at each word of `hangups`.
    pub(super) async fn run(
        mut self,
        mut hangups: mpsc::Receiver<()>,
        shutdown: CancellationToken,
    ) -> Keepers {
        let mut read = self.look().await;
        let mut restless: Option<(Look, Instant)> = None;
        loop {
            let told = tokio::select! {
                () = shutdown.cancelled() => return self.keepers,
                Some(()) = hangups.recv() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let seen = self.look().await;
            let at_rest = match &restless {
                Some((last, since)) => *last == seen || since.elapsed() >= RESTLESS,
                None => false,
            };
            if !told && (seen == read || !at_rest) {
                let since = restless.map_or_else(Instant::now, |(_, since)| since);
                restless = (seen != read).then_some((seen, since));
                continue;
            }
            restless = None;
            if told {
                // Whoever moved the file of records away says so in the same way.
                self.assembly.pipeline.audit.reopen();
            }
            self.reload().await;
            // What changed meanwhile is seen at the next look.
            read = seen;
        }
    }

    /// The files that what is served was read from.
    async fn look(&self) -> Look {
        let mut paths = vec![self.source.file.clone()];
        paths.extend(self.source.environment.files().map(ToOwned::to_owned));
        paths.extend(self.config.tools.dir.clone());
        paths.extend(self.config.access.adapter.file().map(ToOwned::to_owned));
        paths.extend(self.tls.iter().flat_map(Tls::files).map(ToOwned::to_owned));
        let looked = spawn_blocking(move || Look::at(paths.iter().map(PathBuf::as_path)));
        looked.await.unwrap_or_default()
    }

    async fn reload(&mut self) {
        if let Some(Err(error)) = self.tls.as_ref().map(Tls::renew) {
            tracing::error!(error = format!("{error:#}"), "the last good certificate is kept");
        }
        match self.attempt().await {
            Reload::Same => {}
            Reload::Applied(settings) => {
                self.record(Change {
                    cause: Cause::Reload,
                    outcome: Settled::Applied,
                    settings: Some(self.config.fingerprint.digest()),
                    definitions: Some(self.assembly.pipeline.catalog.digest().to_owned()),
                    changed: settings.clone(),
                });
                meters().reload(Done::Ok);
                meters().config_read(self.assembly.pipeline.clock.unix_seconds());
                tracing::info!(?settings, "the configuration was read anew and is served");
            }
            Reload::Refused(problems) => {
                self.record(Change {
                    cause: Cause::Reload,
                    outcome: Settled::Refused,
                    settings: None,
                    definitions: None,
                    changed: Vec::new(),
                });
                meters().reload(Done::Failed);
                tracing::error!(
                    problems,
                    "the configuration was read anew and isn't served; the last good one is"
                );
            }
        }
    }

    fn record(&self, change: Change) {
        let pipeline = &self.assembly.pipeline;
        audit::configuration(&pipeline.audit, &pipeline.clock, change);
    }

    async fn attempt(&mut self) -> Reload {
        match self.read().await {
            Ok(Some(next)) => {
                let changed = next.config.fingerprint.changed(&self.config.fingerprint);
                self.serve(next);
                Reload::Applied(changed)
            }
            Ok(None) => Reload::Same,
            Err(error) => Reload::Refused(format!("{error:#}")),
        }
    }

    /// What the files say now, made ready to be served; none where they say the same as before.
    async fn read(&self) -> anyhow::Result<Option<Next>> {
        let (config, catalog) = self.read_at_rest().await?;
        let changed = config.fingerprint.changed(&self.config.fingerprint);
        let served = &self.assembly.pipeline.catalog;
        // A file of permissions has no setting that changes with it.
        let may_differ = config.access.adapter.file().is_some();
        if changed.is_empty() && catalog.digest() == served.digest() && !may_differ {
            return Ok(None);
        }
        let fixed = |name: &&String| FIXED.iter().any(|fixed| name.starts_with(fixed));
        let fixed: Vec<&str> = changed.iter().filter(fixed).map(String::as_str).collect();
        anyhow::ensure!(
            fixed.is_empty(),
            "{}: read at the start alone; nothing of this configuration is served until a restart",
            fixed.join(", ")
        );
        let assembly = self.assembly.next(&config, catalog)?;
        let keeper = self.keepers.authenticator_of(&assembly);
        if keeper.is_some() {
            // People whom the new issuer can't vouch for yet would be turned away.
            let ready = async {
                while !assembly.authenticator.status().is_ready() {
                    tokio::time::sleep(LOOK / 10).await;
                }
            };
            timeout(NEW_ISSUER, ready)
                .await
                .context("identity: the signing keys can't be had with these settings")?;
        }
        Ok(Some(Next { config, assembly, keeper }))
    }

    /// The files of one moment: those that change while they are read may not belong together.
    async fn read_at_rest(&self) -> anyhow::Result<(Config, Catalog)> {
        let source = self.source.clone();
        // A thread where nobody waits for the disk.
        let read = spawn_blocking(move || {
            let (config, files) =
                (0..READINGS).find_map(|_| source.read_at_rest()).context(CHANGING)??;
            Ok((config, catalog::load(&files).map_err(BadDefinitions)?))
        });
        read.await?
    }

    fn serve(&mut self, next: Next) {
        let Next { config, mut assembly, keeper } = next;
        if config.log.filter != self.config.log.filter
            && let Err(error) = log_by(&config.log.filter)
        {
            tracing::error!(error = format!("{error:#}"), "the last log filter is kept");
        }
        if let Some(app) = assembly.app.take() {
            self.live.take(app);
        }
        self.keepers.take_over(&assembly, keeper);
        (self.assembly, self.config) = (assembly, config);
    }
}

/// What is served next.
struct Next {
    config: Config,
    assembly: Assembly,
    /// Of an authenticator that is new.
    keeper: Option<Keeper>,
}

impl Source {
    /// The configuration and the files of one moment; none where they changed meanwhile.
    fn read_at_rest(&self) -> Option<anyhow::Result<(Config, Files)>> {
        let own = || Look::at([self.file.as_path()].into_iter());
        let before = own();
        let config = match Config::load(&self.file, &self.environment) {
            Ok(config) => config,
            Err(problems) => return (before == own()).then_some(Err(problems.into())),
        };
        // A link that is turned to other files meanwhile doesn't mix the two.
        let folder = config.tools.dir.as_ref().and_then(|dir| dir.canonicalize().ok());
        let inside = || Look::at(folder.iter().map(PathBuf::as_path));
        let tools_before = inside();
        let files = match &folder {
            Some(folder) => Files::read(folder),
            None => files(&config.tools),
        };
        let at_rest = before == own() && tools_before == inside();
        let files = files.map_err(|problem| BadDefinitions(vec![problem]).into());
        at_rest.then_some(files.map(|files| (config, files)))
    }
}
