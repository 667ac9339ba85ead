//! `osier demo`: the surroundings and the real server in one process, with real HTTP between them.

use anyhow::Context;
use tokio::net::TcpListener;

use super::{Options, Surroundings, banner};
use crate::app;
use crate::audit::Sink;
use crate::config::{Config, Environment};
use crate::seal;

/// The settings of the demo's Osier.
const SETTINGS: &str = include_str!("../../config/demo.toml");

/// The demo's settings with Osier on `port`, the look-alike on the next one, and the services on
/// the one after. The sealing keys are made here and kept nowhere.
///
/// # Errors
/// Where the ports don't exist, or the settings have problems.
pub fn settings(port: u16) -> anyhow::Result<Config> {
    let [entra, services] = neighbours(port)?;
    let key = data_encoding::BASE64.encode(&seal::random_bytes::<32>()?);
    let text = SETTINGS
        .replace(":8080", &format!(":{port}"))
        .replace(":8081", &format!(":{entra}"))
        .replace(":8082", &format!(":{services}"));
    let environment = Environment::of_process().with("OSIER_KEYS__CURRENT", key);
    Ok(Config::parse("config/demo.toml", &text, &environment)?)
}

/// Runs the demo until SIGINT or SIGTERM. Audit records go to `audit`.
///
/// # Errors
/// Where a port is taken or a part can't be made.
pub async fn run(port: u16, strict: bool, config: Config, audit: Sink) -> anyhow::Result<()> {
    let [entra, services] = neighbours(port)?;
    let signals = app::signals(false)?;
    // The server opens its own socket; it couldn't say what to do about a port that is taken.
    drop(listener(port).await?);
    let options = Options { strict, ..Options::default() };
    let surroundings =
        Surroundings::start(listener(entra).await?, listener(services).await?, options).await?;
    let catalog = app::definitions(&config.tools).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(lines.join("\n"))
    })?;
    let text = banner(
        config.server.public_url.as_str(),
        &format!("http://127.0.0.1:{entra}"),
        &format!("http://127.0.0.1:{services}"),
        strict,
    );
    app::run((config, catalog), None, audit, signals, |_| eprintln!("{text}")).await?;
    drop(surroundings);
    Ok(())
}

/// The ports of the look-alike and of the services.
fn neighbours(port: u16) -> anyhow::Result<[u16; 2]> {
    match (port.checked_add(1), port.checked_add(2)) {
        (Some(entra), Some(services)) if port > 0 => Ok([entra, services]),
        _ => anyhow::bail!("--port must be 1 to 65533: the two ports after it are used too"),
    }
}

async fn listener(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("port {port} is taken: choose others with --port"))
}
