//! The bounds around the exporters: at most so many spans or log lines wait or are on their way;
//! further ones are dropped and counted. A collector's failure is counted, and told in the log when it
//! begins and when it is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::trace::{SpanContext, TraceState};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{
    self as sdk_logs, BatchLogProcessor, LogBatch, LogProcessor, SdkLogRecord,
};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::trace::{
    self as sdk_trace, BatchSpanProcessor, Span, SpanData, SpanProcessor,
};
use opentelemetry_sdk::{Resource, error::OTelSdkError};

use crate::telemetry::labels::{Label as _, Signal};
use crate::telemetry::meters::meters;

/// How many spans, and how many log lines, may wait or be on their way. The queue behind has as much
/// room, so that what gets in here isn't lost there.
const PLACES: usize = 2_048;
/// The same of audit records: no more than a few seconds' worth is lost where the collector is slow.
const PLACES_OF_RECORDS: usize = 16_384;

/// Takes a place for each item, and gives it back once the collector took the item or refused it.
#[derive(Clone, Debug)]
struct Places {
    signal: Signal,
    most: usize,
    taken: Arc<AtomicUsize>,
}

impl Places {
    fn of(signal: Signal) -> Self {
        let most = if signal == Signal::Audit { PLACES_OF_RECORDS } else { PLACES };
        Self { signal, most, taken: Arc::default() }
    }

    /// True where there was one.
    fn take(&self) -> bool {
        let free = |taken: usize| (taken < self.most).then_some(taken + 1);
        let taken = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).is_ok();
        if !taken {
            meters().dropped(self.signal, 1);
        }
        taken
    }

    fn give_back(&self, places: usize) {
        self.taken.fetch_sub(places, Ordering::Relaxed);
    }
}

/// Whether the collector takes one signal.
#[derive(Debug)]
struct Taking {
    signal: Signal,
    failing: AtomicBool,
}

impl Taking {
    fn new(signal: Signal) -> Self {
        Self { signal, failing: AtomicBool::new(false) }
    }

    fn told(&self, outcome: &OTelSdkResult, items: usize) {
        let failed = outcome.is_err();
        let signal = self.signal.name();
        if failed {
            meters().export_failed(self.signal);
            meters().dropped(self.signal, u64::try_from(items).unwrap_or(u64::MAX));
        }
        match (self.failing.swap(failed, Ordering::Relaxed), failed) {
            (false, true) => tracing::warn!(signal, "the collector doesn't take what is exported"),
            (true, false) => tracing::info!(signal, "the collector takes what is exported again"),
            _ => {}
        }
    }
}

/// Spans to this exporter.
pub(super) fn spans(exporter: SpanExporter) -> impl SpanProcessor + 'static {
    let places = Places::of(Signal::Traces);
    let taking = Taking::new(Signal::Traces);
    let exporter = CountedSpans { exporter, places: places.clone(), taking };
    let config = sdk_trace::BatchConfigBuilder::default().with_max_queue_size(places.most).build();
    let inner = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
    BoundedSpans { inner, places }
}

#[derive(Debug)]
struct BoundedSpans {
    inner: BatchSpanProcessor,
    places: Places,
}

impl SpanProcessor for BoundedSpans {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.inner.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.places.take() {
            self.inner.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[derive(Debug)]
struct CountedSpans {
    exporter: SpanExporter,
    places: Places,
    taking: Taking,
}

impl sdk_trace::SpanExporter for CountedSpans {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            without_state(&mut span.span_context);
            for link in &mut span.links.links {
                without_state(&mut link.span_context);
            }
        }
        let items = batch.len();
        let outcome = self.exporter.export(batch).await;
        self.places.give_back(items);
        self.taking.told(&outcome, items);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// A caller's `tracestate` may hold anything: it goes on to services, and never to the collector.
fn without_state(context: &mut SpanContext) {
    *context = SpanContext::new(
        context.trace_id(),
        context.span_id(),
        context.trace_flags(),
        context.is_remote(),
        TraceState::NONE,
    );
}

/// Log lines, or what is sent like them, to this exporter.
pub(super) fn logs(exporter: LogExporter, signal: Signal) -> impl LogProcessor + 'static {
    let places = Places::of(signal);
    let taking = Taking::new(signal);
    let exporter = CountedLogs { exporter, places: places.clone(), taking };
    let config = sdk_logs::BatchConfigBuilder::default().with_max_queue_size(places.most).build();
    let inner = BatchLogProcessor::builder(exporter).with_batch_config(config).build();
    BoundedLogs { inner, places }
}

#[derive(Debug)]
struct BoundedLogs {
    inner: BatchLogProcessor,
    places: Places,
}

impl LogProcessor for BoundedLogs {
    fn emit(&self, data: &mut SdkLogRecord, scope: &InstrumentationScope) {
        if self.places.take() {
            self.inner.emit(data, scope);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[derive(Debug)]
struct CountedLogs {
    exporter: LogExporter,
    places: Places,
    taking: Taking,
}

impl sdk_logs::LogExporter for CountedLogs {
    async fn export(&self, batch: LogBatch<'_>) -> OTelSdkResult {
        let items = batch.iter().count();
        let outcome = self.exporter.export(batch).await;
        self.places.give_back(items);
        self.taking.told(&outcome, items);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Measurements; the next export holds all that this one would have.
pub(super) struct Metrics {
    exporter: MetricExporter,
    taking: Taking,
}

impl Metrics {
    pub(super) fn new(exporter: MetricExporter) -> Self {
        Self { exporter, taking: Taking::new(Signal::Metrics) }
    }
}

impl PushMetricExporter for Metrics {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let outcome = self.exporter.export(metrics).await;
        self.taking.told(&outcome, 0);
        outcome
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> Result<(), OTelSdkError> {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_place_is_dropped_and_places_come_back() {
        let places = Places { signal: Signal::Audit, most: 2, taken: Arc::default() };
        assert_eq!([(); 3].map(|()| places.take()), [true, true, false]);
        places.give_back(1);
        assert_eq!([(); 2].map(|()| places.take()), [true, false]);
    }
}
