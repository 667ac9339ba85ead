//! Hands the instruments to a meter, once in a process: every reader of its provider sees them from
//! then on.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter};

use super::super::process;
use super::{Counts, Histograms, Instrument, Label, Meters, Names, key, of};

/// Bounds of durations, in seconds: those of the semantic conventions for HTTP, with finer ones below.
const SECONDS: [f64; 16] = [
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

impl Meters {
    /// Hands everything to this meter.
    pub(in crate::telemetry) fn register(&'static self, meter: &Meter) {
        let histograms = Histograms {
            requests: histogram(meter, &of::REQUEST_DURATION),
            calls: histogram(meter, &of::CALL_DURATION),
            backends: histogram(meter, &of::BACKEND_DURATION),
            lookups: histogram(meter, &of::LOOKUP_DURATION),
        };
        // A second provider in one process would see the counts, and no durations.
        let _ = self.histograms.set(histograms);
        self.register_counts(meter);
        self.register_names(meter);
        self.register_gauges(meter);
        register_process(meter);
    }

    fn register_counts(&'static self, meter: &Meter) {
        counts(meter, &of::CONFIRMATIONS, key::ANSWER, &self.confirmations, super::Answer::ALL);
        counts(meter, &of::AUDIT_LINES, key::OUTCOME, &self.audit_lines, super::Done::ALL);
        counts(meter, &of::RELOADS, key::OUTCOME, &self.reloads, super::Done::ALL);
        counts(meter, &of::KEYS_FETCHES, key::OUTCOME, &self.keys_fetches, super::Done::ALL);
        counts(meter, &of::LOOKUPS, key::RESULT, &self.lookups, super::Looked::ALL);
        counts(meter, &of::TOKENS, key::RESULT, &self.tokens, super::Cached::ALL);
        counts(meter, &of::SHED, key::LIMIT, &self.shed, super::Limit::ALL);
        counts(meter, &of::DROPPED, key::SIGNAL, &self.dropped, super::Signal::ALL);
        counts(meter, &of::EXPORTS_FAILED, key::SIGNAL, &self.exports_failed, super::Signal::ALL);
        let panics = &self.panics;
        let observed = counter(meter, &of::PANICS);
        observed.with_callback(|seen| seen.observe(panics.load(Ordering::Relaxed), &[])).build();
    }

    fn register_names(&'static self, meter: &Meter) {
        let calls = counter(meter, &of::CALLS);
        calls.with_callback(|seen| self.tools.observe(seen)).build();
        reasons(meter, &of::REFUSALS, &self.refusals);
        reasons(meter, &of::REJECTIONS, &self.rejections);
        let circuits = gauge(meter, &of::CIRCUITS).with_callback(|seen| {
            for backend in self.backends.all() {
                let open = backend.open.load(Ordering::Relaxed);
                seen.observe(open, std::slice::from_ref(&backend.name));
            }
        });
        circuits.build();
    }

    fn register_gauges(&'static self, meter: &Meter) {
        open(meter, &of::SESSIONS, &self.sessions);
        open(meter, &of::STREAMS, &self.streams);
        open(meter, &of::CONNECTIONS, &self.connections);
        let waiting = gauge(meter, &of::AUDIT_WAITING).with_callback(|seen| {
            seen.observe(self.audit_waiting.load(Ordering::Relaxed), &[]);
        });
        waiting.build();
        let head = gauge(meter, &of::AUDIT_HEAD).with_callback(|seen| {
            let head = self.audit_head.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((number, hash)) = &*head {
                seen.observe(*number, &[KeyValue::new(key::HASH, hash.clone())]);
            }
        });
        head.build();
        moment(meter, &of::LAST_GOOD, &self.last_good);
        moment(meter, &of::KEYS_FETCHED, &self.keys_fetched);
        let tasks = gauge(meter, &of::TASKS).with_callback(|seen| {
            if let Some(runtime) = self.runtime.get() {
                let alive = runtime.metrics().num_alive_tasks();
                seen.observe(alive.try_into().unwrap_or(u64::MAX), &[]);
            }
        });
        tasks.build();
        let build = [KeyValue::new(key::VERSION, env!("CARGO_PKG_VERSION"))];
        gauge(meter, &of::BUILD).with_callback(move |seen| seen.observe(1, &build)).build();
    }
}

fn register_process(meter: &Meter) {
    let cpu = of::CPU;
    let cpu =
        meter.f64_observable_counter(cpu.name).with_unit(cpu.unit).with_description(cpu.about);
    cpu.with_callback(|seen| tell(process::cpu_seconds(), |seconds| seen.observe(seconds, &[])))
        .build();
    let resident = gauge(meter, &of::MEMORY);
    resident
        .with_callback(|seen| tell(process::resident(), |bytes| seen.observe(bytes, &[])))
        .build();
    let files = gauge(meter, &of::FILES);
    files.with_callback(|seen| tell(process::files(), |files| seen.observe(files, &[]))).build();
    let threads = gauge(meter, &of::THREADS);
    threads
        .with_callback(|seen| tell(process::threads(), |number| seen.observe(number, &[])))
        .build();
}

fn tell<T>(value: Option<T>, tell: impl FnOnce(T)) {
    if let Some(value) = value {
        tell(value);
    }
}

fn histogram(meter: &Meter, instrument: &Instrument) -> Histogram<f64> {
    meter
        .f64_histogram(instrument.name)
        .with_unit(instrument.unit)
        .with_description(instrument.about)
        .with_boundaries(SECONDS.to_vec())
        .build()
}

type Counter<'a> = opentelemetry::metrics::AsyncInstrumentBuilder<
    'a,
    opentelemetry::metrics::ObservableCounter<u64>,
    u64,
>;
type Gauge<'a> = opentelemetry::metrics::AsyncInstrumentBuilder<
    'a,
    opentelemetry::metrics::ObservableGauge<u64>,
    u64,
>;

fn counter<'a>(meter: &'a Meter, instrument: &Instrument) -> Counter<'a> {
    let counter = meter.u64_observable_counter(instrument.name);
    counter.with_unit(instrument.unit).with_description(instrument.about)
}

fn gauge<'a>(meter: &'a Meter, instrument: &Instrument) -> Gauge<'a> {
    let gauge = meter.u64_observable_gauge(instrument.name);
    gauge.with_unit(instrument.unit).with_description(instrument.about)
}

/// A counter with a series for each value of a closed set.
fn counts<L: Label, const N: usize>(
    meter: &Meter,
    instrument: &Instrument,
    key: &'static str,
    counts: &'static Counts<N>,
    labels: &'static [L],
) {
    let attributes: Vec<_> =
        labels.iter().map(|label| [KeyValue::new(key, label.name())]).collect();
    let observed = counter(meter, instrument).with_callback(move |seen| {
        for (count, attributes) in counts.0.iter().zip(&attributes) {
            seen.observe(count.load(Ordering::Relaxed), attributes);
        }
    });
    observed.build();
}

/// A counter with a series for each reason that occurred.
fn reasons(
    meter: &Meter,
    instrument: &Instrument,
    reasons: &'static Names<(&'static str, AtomicU64)>,
) {
    let observed = counter(meter, instrument).with_callback(|seen| {
        for reason in reasons.all() {
            let attributes = [KeyValue::new(key::REASON, reason.0)];
            seen.observe(reason.1.load(Ordering::Relaxed), &attributes);
        }
    });
    observed.build();
}

fn open(meter: &Meter, instrument: &Instrument, count: &'static AtomicI64) {
    let gauge = meter.i64_observable_gauge(instrument.name);
    let gauge = gauge.with_unit(instrument.unit).with_description(instrument.about);
    gauge.with_callback(|seen| seen.observe(count.load(Ordering::Relaxed), &[])).build();
}

/// A moment that isn't told before it came.
fn moment(meter: &Meter, instrument: &Instrument, seconds: &'static AtomicU64) {
    let observed = gauge(meter, instrument).with_callback(|seen| {
        let seconds = seconds.load(Ordering::Relaxed);
        if seconds > 0 {
            seen.observe(seconds, &[]);
        }
    });
    observed.build();
}
