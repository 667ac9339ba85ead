//! Where spans, measurements and log lines go, by the configuration: a collector over OTLP, Prometheus
//! text, both or neither. `cli` starts it before the server and lets it end after.
//!
//! Nothing waits for a collector: queues are bounded, what finds no place is dropped and counted, and
//! the end of the process waits for it for five seconds at most. It has a runtime of its own, so that
//! a collector that hangs takes no thread from requests.

mod bounded;
mod channel;
mod http_client;

use std::sync::mpsc;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use opentelemetry::KeyValue;
use opentelemetry::logs::LoggerProvider as _;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Stream};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use prometheus::{Registry, TextEncoder};
use tokio::runtime::Runtime;

use super::instruments::CALLS;
use super::meters::meters;
use super::{records, spans};
use crate::config::{Otlp, Signal, Telemetry};
use crate::telemetry;

/// How long the end waits for what isn't out yet.
const LAST: Duration = Duration::from_secs(5);
/// How long one export may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Series of one instrument: a series for each end of each tool.
const SERIES: usize = 20_000;

/// What is read at `GET /metrics`.
static REGISTRY: LazyLock<Mutex<Option<Registry>>> = LazyLock::new(Mutex::default);

/// What exports, until this drops: then what is left goes out.
#[derive(Default)]
pub struct Exports {
    tracers: Option<SdkTracerProvider>,
    meters: Option<SdkMeterProvider>,
    loggers: Option<SdkLoggerProvider>,
    records: Option<SdkLoggerProvider>,
    runtime: Option<Runtime>,
}

impl Exports {
    /// Begins to export what the settings name.
    pub(super) fn start(settings: &Telemetry) -> anyhow::Result<Self> {
        let mut exports = Self::default();
        let resource = Resource::builder_empty()
            .with_service_name(settings.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attribute(KeyValue::new(
                "service.instance.id",
                crate::seal::random_name("osier_"),
            ))
            .build();
        let collector = settings.otlp.as_ref();
        if let Some(otlp) = collector {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("telemetry")
                .enable_all()
                .build()?;
            let inside = runtime.enter();
            let way = channel::Way::to(otlp)?;
            if otlp.signals.contains(&Signal::Traces) {
                exports.tracers = Some(tracers(otlp, &way, resource.clone())?);
            }
            if otlp.signals.contains(&Signal::Logs) {
                exports.loggers = Some(loggers(&way, telemetry::Signal::Logs, &resource)?);
            }
            if otlp.signals.contains(&Signal::Audit) {
                exports.records = Some(loggers(&way, telemetry::Signal::Audit, &resource)?);
            }
            exports.meters = measured(settings, Some((otlp, &way)), resource)?;
            drop(inside);
            exports.runtime = Some(runtime);
        } else {
            exports.meters = measured(settings, None, resource)?;
        }
        if let Some(tracers) = &exports.tracers {
            spans::record_with(tracers.tracer("osier"));
        }
        if let Some(provider) = &exports.records {
            records::copy_to(provider.logger("osier"));
        }
        if let Some(provider) = &exports.meters {
            meters().register(&provider.meter("osier"));
        }
        Ok(exports)
    }

    /// Where log lines go besides standard error.
    pub(super) fn loggers(&self) -> Option<&SdkLoggerProvider> {
        self.loggers.as_ref()
    }
}

fn tracers(
    otlp: &Otlp,
    way: &channel::Way,
    resource: Resource,
) -> anyhow::Result<SdkTracerProvider> {
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(otlp.sampling)));
    let tracers = SdkTracerProvider::builder().with_resource(resource).with_sampler(sampler);
    Ok(tracers.with_span_processor(bounded::spans(way.spans()?)).build())
}

/// Log lines, or audit records: they differ in how they are counted.
fn loggers(
    way: &channel::Way,
    signal: telemetry::Signal,
    resource: &Resource,
) -> anyhow::Result<SdkLoggerProvider> {
    let processor = bounded::logs(way.logs()?, signal);
    let loggers = SdkLoggerProvider::builder().with_resource(resource.clone());
    Ok(loggers.with_log_processor(processor).build())
}

/// The measurements' readers; none where nobody reads.
fn measured(
    settings: &Telemetry,
    collector: Option<(&Otlp, &channel::Way)>,
    resource: Resource,
) -> anyhow::Result<Option<SdkMeterProvider>> {
    let collector = collector.filter(|(otlp, _)| otlp.signals.contains(&Signal::Metrics));
    if collector.is_none() && settings.prometheus_listen.is_none() {
        return Ok(None);
    }
    let mut provider = SdkMeterProvider::builder().with_resource(resource).with_view(
        |instrument: &opentelemetry_sdk::metrics::Instrument| {
            let many = instrument.name() == CALLS.name;
            many.then(|| Stream::builder().with_cardinality_limit(SERIES).build().ok())?
        },
    );
    if let Some((otlp, way)) = collector {
        let reader = PeriodicReader::builder(bounded::Metrics::new(way.metrics()?));
        provider = provider.with_reader(reader.with_interval(otlp.interval).build());
    }
    if settings.prometheus_listen.is_some() {
        let registry = Registry::new();
        let text = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .context("telemetry.prometheus_listen")?;
        provider = provider.with_reader(text);
        *REGISTRY.lock().unwrap_or_else(PoisonError::into_inner) = Some(registry);
    }
    Ok(Some(provider.build()))
}

/// All measurements in Prometheus's text format; none where that isn't configured.
pub fn prometheus_text() -> Option<String> {
    let registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
    TextEncoder::new().encode_to_string(&registry.gather()).ok()
}

impl Drop for Exports {
    fn drop(&mut self) {
        let (done, ended) = mpsc::channel();
        let mut open = 0;
        let mut end = |shutdown: Box<dyn FnOnce() -> OTelSdkResult + Send>| {
            let done = done.clone();
            open += 1;
            // A thread each: one that hangs doesn't take the others' time.
            std::thread::spawn(move || done.send(shutdown()));
        };
        if let Some(tracers) = self.tracers.take() {
            end(Box::new(move || tracers.shutdown_with_timeout(LAST)));
        }
        for loggers in [self.loggers.take(), self.records.take()].into_iter().flatten() {
            end(Box::new(move || loggers.shutdown_with_timeout(LAST)));
        }
        if let Some(meters) = self.meters.take() {
            end(Box::new(move || meters.shutdown_with_timeout(LAST)));
        }
        let until = Instant::now() + LAST;
        let mut all = true;
        for _ in 0..open {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(outcome) = ended.recv_timeout(left) else {
                all = false;
                break;
            };
            all &= outcome.is_ok();
        }
        if !all {
            tracing::warn!("the collector didn't take all that was left");
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
