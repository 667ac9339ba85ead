//! The log: JSON lines on stderr. Audit records go another way (stdout).
//!
//! The operator chooses how much is said, but not by whom: libraries log whole messages and headers
//! when asked to, so that below a warning only our own modules are asked, and some never.

use std::io;
use std::sync::OnceLock;

use super::export::Exports;
use super::meters::meters;
use crate::config::{Log, LogFormat, Telemetry};
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

/// Our own modules. What they log at any level is held against canaries by a test.
const OURS: &str = "osier";
/// Libraries whose lines can hold arguments, results, headers or tokens at every level: even rmcp's
/// warnings repeat what a client sent.
/// What the exporters say of a collector would be exported too, and again; ours is in
/// `telemetry::export`.
const SILENT: [&str; 9] = [
    "rmcp",
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "sse_stream",
    "opentelemetry",
    "tonic",
    "tower",
];

/// What the operator's filter is laid over.
type Pinned = Layered<Targets, Registry>;

/// The operator's filter, once [`start`] was called.
static FILTER: OnceLock<reload::Handle<EnvFilter, Pinned>> = OnceLock::new();

/// Sets the process's logging up, and all that is exported. What this returns is dropped last.
///
/// # Errors
/// Where the filter can't be read, a collector can't be spoken to, or logging is set up already.
pub fn start(log: &Log, telemetry: &Telemetry) -> anyhow::Result<Exports> {
    let exports = Exports::start(telemetry)?;
    // Behind the same filters as the lines on standard error.
    let collected = exports.loggers().map(OpenTelemetryTracingBridge::new);
    let (filter, handle) = reload::Layer::new(EnvFilter::try_new(&log.filter)?);
    let filtered = pinned().with(filter);
    match log.format {
        LogFormat::Json => filtered.with(json(io::stderr)).with(collected).try_init()?,
        LogFormat::Text => {
            let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::stderr);
            filtered.with(lines).with(collected).try_init()?;
        }
    }
    FILTER.get_or_init(|| handle);
    tell_panics_by_place();
    Ok(exports)
}

/// From now on this much is logged, where [`start`] was called.
///
/// # Errors
/// Where the filter can't be read; then the one before it stays in force.
pub fn log_by(filter: &str) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter)?;
    FILTER.get().map_or(Ok(()), |handle| Ok(handle.reload(filter)?))
}

/// The subscriber, for tests that read what it writes.
///
/// # Errors
/// Where the filter can't be read.
pub fn subscriber<W>(
    filter: &str,
    writer: W,
) -> anyhow::Result<impl Subscriber + for<'s> LookupSpan<'s> + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    Ok(pinned().with(EnvFilter::try_new(filter)?).with(json(writer)))
}

/// What the operator's filter can't loosen.
fn pinned() -> Pinned {
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target(OURS, LevelFilter::TRACE)
        .with_targets(SILENT.map(|target| (target, LevelFilter::OFF)));
    tracing_subscriber::registry().with(targets)
}

fn json<S, W>(writer: W) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true);
    lines.with_ansi(false).with_writer(writer)
}

/// A panic's message may quote what it stumbled over; only its place is logged.
fn tell_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        meters().panic();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}

#[cfg(test)]
mod tests {
    use std::panic;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn r17_a_panic_is_counted_and_logged_by_its_place_alone() {
        let lines: &Mutex<Vec<u8>> = Box::leak(Box::default());
        let subscriber = subscriber("trace", || lines.make_writer()).unwrap();
        let (before, usual) = (meters().panics(), panic::take_hook());
        tell_panics_by_place();
        let ended = tracing::subscriber::with_default(subscriber, || {
            panic::catch_unwind(|| panic!("canary-of-a-panic"))
        });
        panic::set_hook(usual);
        assert!(ended.is_err());
        assert_eq!(meters().panics(), before + 1);
        let log = String::from_utf8(lines.lock().unwrap().clone()).unwrap();
        assert!(log.contains("panicked") && log.contains(file!()), "{log}");
        assert!(!log.contains("canary"), "{log}");
    }
}
