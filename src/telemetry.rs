//! What the process says of itself: JSON lines on stderr. Audit records go another way (stdout).
//!
//! The operator chooses how much is said, but not by whom: the libraries that handle requests and
//! tokens log whole messages and headers when asked to, so they are never asked.

use std::io;

use crate::config::{Log, LogFormat};
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Libraries whose lines can hold arguments, results, headers or tokens, at every level: even
/// rmcp's warnings repeat what a client sent.
const SILENT: [&str; 6] = ["rmcp", "h2", "hyper", "hyper_util", "reqwest", "sse_stream"];
/// Libraries that may warn.
const QUIET: [&str; 5] = ["rustls", "tower", "tower_http", "axum", "jsonwebtoken"];

/// Sets the process's logging up.
///
/// # Errors
/// Where the filter can't be read, or logging is set up already.
pub fn init(log: &Log) -> anyhow::Result<()> {
    match log.format {
        LogFormat::Json => subscriber(&log.filter, io::stderr)?.try_init()?,
        LogFormat::Text => {
            let filter = EnvFilter::try_new(&log.filter)?;
            let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::stderr);
            tracing_subscriber::registry().with(pinned()).with(filter).with(lines).try_init()?;
        }
    }
    Ok(())
}

/// The subscriber, for `init` and for tests that read what it writes.
///
/// # Errors
/// Where the filter can't be read.
pub fn subscriber<W>(filter: &str, writer: W) -> anyhow::Result<impl Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_ansi(false)
        .with_writer(writer);
    let filter = EnvFilter::try_new(filter)?;
    Ok(tracing_subscriber::registry().with(pinned()).with(filter).with(lines))
}

fn pinned() -> Targets {
    Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_targets(SILENT.map(|target| (target, LevelFilter::OFF)))
        .with_targets(QUIET.map(|target| (target, LevelFilter::WARN)))
}
