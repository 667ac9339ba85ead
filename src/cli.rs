//! The command line: what `osier` can be told, and where each command's work begins. A command's
//! body lives with what it works on; here its arguments are read and its end becomes an exit code.

mod audit;
mod drafts;
mod explain;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

use crate::audit::Sink;
use crate::check::{self, Faults, Subject};
use crate::clock::Clock;
use crate::config::{self, Config, Environment, Origin, Problems};
use crate::doctor::{self, Given};
use crate::{app, catalog, dumps, health, import, telemetry};
#[cfg(feature = "demo")]
use crate::{demo, outbound};

/// Exit code for bad configuration and bad usage (`EX_USAGE` of sysexits.h).
const BAD_CONFIGURATION: u8 = 64;

/// A single-tenant MCP server for building operations.
#[derive(Debug, Parser)]
#[command(name = "osier", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything on this machine: Osier, a look-alike of Entra and sample services.
    #[cfg(feature = "demo")]
    Demo(DemoArgs),
    /// Prints the access token of one of the demo's people.
    #[cfg(feature = "demo")]
    Token(TokenArgs),
    /// The server.
    Serve(ConfigArgs),
    /// Asks a running server whether it is ready: exit code 0 where it is, 1 where it isn't.
    Health(HealthArgs),
    /// Reads configuration and tool definitions, without the network, and says all that is wrong.
    Check(CheckArgs),
    /// Reaches what a deployment leans on and says what is wrong and which setting mends it.
    Doctor(DoctorArgs),
    /// Drafts tool definitions; permission and scope are left for a person to decide.
    Import {
        /// From what.
        #[command(subcommand)]
        from: drafts::Import,
    },
    /// Prints a page about the tools: what each does, needs and takes (docs/TOOLS.md).
    Tools(drafts::Tools),
    /// Which rule allows, hides or denies a tool to somebody.
    Explain(explain::ExplainArgs),
    /// Examines audit records.
    Audit {
        /// How.
        #[command(subcommand)]
        what: audit::Audit,
    },
    /// Prints a JSON Schema, for editors.
    Schema {
        /// Of which file.
        of: SchemaOf,
    },
}

/// `osier demo`
#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Osier's port; the look-alike takes the next one, the sample services the one after.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Whether the sample services check the person's scope themselves.
    #[arg(long, value_enum, default_value_t = Services::Strict)]
    pub services: Services,
}

/// Whether the sample services check the person's scope themselves.
#[cfg(feature = "demo")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Services {
    /// They do, as a customer's own services should.
    Strict,
    /// They give everything to everyone who has a token.
    Lax,
}

/// `osier token`
#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// One of the demo's people, such as ben.
    #[arg(long)]
    pub user: String,
    /// Osier's port, as given to `osier demo`.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
}

#[derive(Debug, Args)]
struct ConfigArgs {
    /// The configuration; config/osier.toml or /etc/osier/osier.toml where it isn't given.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct HealthArgs {
    /// The server's own listener.
    #[arg(long, value_name = "ORIGIN", default_value = "http://127.0.0.1:8080")]
    url: Url,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// Folders of definitions and configuration files, each checked by itself.
    #[arg(conflicts_with_all = ["config", "tools"], value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    config: ConfigArgs,
    /// The folder of tool definitions, instead of the configured one. Without --config these
    /// definitions alone are checked.
    #[arg(long, value_name = "DIR")]
    tools: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct DoctorArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// A file with a person's access token, to be judged. It is never printed.
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
    /// Explains one AADSTS code, or Entra's message that holds one, and does nothing else.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["config", "token"])]
    explain: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SchemaOf {
    /// The configuration file.
    Config,
    /// A tool definition, tools/SERVICE/NAME.yaml.
    Tool,
    /// What a service's tools share, tools/SERVICE/_service.yaml.
    Service,
    /// A prompt, tools/SERVICE/prompts/NAME.yaml.
    Prompt,
    /// A resource or a family of them, tools/SERVICE/resources/NAME.yaml.
    Resource,
    /// A saved query, tools/SERVICE/queries/ID.yaml.
    Query,
}

/// Reads the command line and runs the command.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { BAD_CONFIGURATION } else { 0 };
            // Help that nobody can read (a closed pipe) changes nothing about the answer.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let ended = match cli.command {
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo(&args),
        #[cfg(feature = "demo")]
        Command::Token(args) => token(&args),
        Command::Serve(args) => serve(&args),
        Command::Health(args) => is_ready(&args),
        Command::Check(args) => check(&args),
        Command::Doctor(args) => doctor(&args),
        Command::Import { from } => drafts::import(&from),
        Command::Tools(args) => drafts::tools(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Audit { what } => audit::examine(&what),
        Command::Schema { of } => schema(of),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            let bad = error.is::<Problems>()
                || error.is::<app::BadDefinitions>()
                || error.is::<Faults>()
                || error.is::<audit::Unreadable>()
                || error.is::<import::Faults>();
            if bad { ExitCode::from(BAD_CONFIGURATION) } else { ExitCode::FAILURE }
        }
    }
}

#[cfg(feature = "demo")]
fn demo(args: &DemoArgs) -> anyhow::Result<()> {
    let config = demo::settings(args.port)?;
    let _exports = telemetry::start(&config.log, &config.telemetry)?;
    let strict = args.services == Services::Strict;
    let audit = config.audit.clone();
    recorded(&audit, async |audit| demo::run(args.port, strict, config, audit).await)
}

#[cfg(feature = "demo")]
fn token(args: &TokenArgs) -> anyhow::Result<()> {
    let port = args.port.checked_add(1).ok_or_else(|| anyhow::anyhow!("--port is too large"))?;
    let client = outbound::client(&outbound::Limits::documents())?;
    let url = format!("http://127.0.0.1:{port}");
    let token = runtime()?.block_on(demo::token(&client, &url, &args.user))?;
    print_out(&format!("{token}\n"))
}

fn serve(args: &ConfigArgs) -> anyhow::Result<()> {
    dumps::forbid().context("core dumps can't be forbidden")?;
    let source =
        app::Source { file: args.path()?.to_owned(), environment: Environment::of_process() };
    let config = Config::load(&source.file, &source.environment)?;
    let _exports = telemetry::start(&config.log, &config.telemetry)?;
    let catalog = app::definitions(&config.tools).map_err(app::BadDefinitions)?;
    let audit = config.audit.clone();
    recorded(&audit, async |audit| {
        let signals = app::signals(true)?;
        app::run((config, catalog), Some(source), audit, signals, |_| {}).await
    })
}

/// Runs a server that records where the settings say, and waits for the last record.
fn recorded(
    settings: &config::Audit,
    serve: impl AsyncFnOnce(Sink) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    /// A pipe that nobody empties doesn't hold the end up for longer.
    const PATIENCE: Duration = Duration::from_secs(5);
    let (audit, writing) = Sink::open(settings).with_context(|| match &settings.sink {
        config::Sink::Stdout => "standard output (audit.sink)".to_owned(),
        config::Sink::File { path, .. } => format!("{} (audit.file)", path.display()),
    })?;
    // The runtime ends with the statement, and with it every call that is still open: its record
    // is written then.
    let ended = runtime()?.block_on(serve(audit));
    if !writing.wait(PATIENCE) {
        tracing::error!("audit records were lost: they can't be written");
    }
    ended
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

fn check(args: &CheckArgs) -> anyhow::Result<()> {
    let named = args.paths.iter().map(|path| {
        if path.is_dir() {
            Subject::Definitions(path)
        } else {
            Subject::Deployment { config: path, tools: None }
        }
    });
    let mut subjects: Vec<Subject<'_>> = named.collect();
    if subjects.is_empty() {
        subjects.push(match (&args.config.config, &args.tools) {
            (None, Some(folder)) => Subject::Definitions(folder),
            (_, tools) => {
                Subject::Deployment { config: args.config.path()?, tools: tools.as_deref() }
            }
        });
    }
    let environment = Environment::of_process();
    let mut faults = Faults::default();
    for subject in subjects {
        match check::check(subject, &environment) {
            Ok(report) => print_out(&report.to_string())?,
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

fn is_ready(args: &HealthArgs) -> anyhow::Result<()> {
    let said = runtime()?.block_on(health::ask(&args.url))?;
    print_out(&format!("{said}\n"))
}

fn doctor(args: &DoctorArgs) -> anyhow::Result<()> {
    if let Some(code) = &args.explain {
        let explained = doctor::explain(code).ok_or_else(|| {
            anyhow::anyhow!(
                "not a code that Osier knows; see https://login.microsoftonline.com/error"
            )
        })?;
        return print_out(&explained);
    }
    let config = args.config.load()?;
    let given = args.token.as_deref().map(Given::read).transpose()?;
    let report = runtime()?.block_on(doctor::examine(&config, given.as_ref(), Clock::System))?;
    print_out(&report.to_string())?;
    match report.faults() {
        0 => Ok(()),
        1 => anyhow::bail!("1 fault"),
        faults => anyhow::bail!("{faults} faults"),
    }
}

fn schema(of: SchemaOf) -> anyhow::Result<()> {
    let schema = match of {
        SchemaOf::Config => config::schema(),
        SchemaOf::Tool => catalog::tool_schema(),
        SchemaOf::Service => catalog::service_schema(),
        SchemaOf::Prompt => catalog::prompt_schema(),
        SchemaOf::Resource => catalog::resource_schema(),
        SchemaOf::Query => catalog::query_schema(),
    };
    print_out(&format!("{schema:#}\n"))
}

/// The commands that print do so through here: standard output may be a pipe that was closed.
fn print_out(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

impl ConfigArgs {
    /// The named file, or the first default one that exists.
    fn path(&self) -> Result<&Path, Problems> {
        let mut defaults = config::DEFAULT_PATHS.iter().map(Path::new);
        let found = self.config.as_deref().or_else(|| defaults.find(|path| path.exists()));
        found.ok_or_else(|| {
            Problems::one(
                Origin::File { name: config::DEFAULT_PATHS.join(" and "), line: 1 },
                "",
                "there is no such file; name one with --config",
            )
        })
    }

    fn load(&self) -> Result<Config, Problems> {
        Config::load(self.path()?, &Environment::of_process())
    }
}
