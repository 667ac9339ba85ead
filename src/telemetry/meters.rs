//! The instruments as the rest of the program sees them: one line says what happened.
//!
//! Counts and gauges are numbers of this process that a reader looks at when it collects, so that
//! they cost an addition whether or not anybody reads; durations are measured only where somebody
//! does. Attributes are closed sets and names of the configuration: nothing that a caller wrote.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::{Method, StatusCode};
use opentelemetry::KeyValue;
use opentelemetry::metrics::Histogram;
use tokio::runtime::Handle;

use super::instruments::{self as of, Instrument, key};
use super::labels::{Answer, Cached, CallStatus, Done, Label, Limit, Looked, Signal};
use super::names::{Names, OTHER};
use super::tools::Tools;

mod register;

static METERS: LazyLock<Meters> = LazyLock::new(Meters::new);

/// How many routes, and how many backends, have series of their own.
const ROUTES: usize = 64;
const BACKENDS: usize = 64;
/// How many reasons; they are words of the program.
const REASONS: usize = 200;

/// The instruments.
pub fn meters() -> &'static Meters {
    &METERS
}

/// What is measured; one of it in a process.
pub struct Meters {
    histograms: OnceLock<Histograms>,
    tools: Tools,
    routes: Names<KeyValue>,
    backends: Names<Backend>,
    refusals: Names<(&'static str, AtomicU64)>,
    rejections: Names<(&'static str, AtomicU64)>,
    confirmations: Counts<{ Answer::COUNT }>,
    sessions: AtomicI64,
    streams: AtomicI64,
    connections: AtomicI64,
    audit_lines: Counts<{ Done::COUNT }>,
    audit_waiting: AtomicU64,
    audit_head: Mutex<Option<(u64, String)>>,
    reloads: Counts<{ Done::COUNT }>,
    last_good: AtomicU64,
    keys_fetches: Counts<{ Done::COUNT }>,
    keys_fetched: AtomicU64,
    lookups: Counts<{ Looked::COUNT }>,
    tokens: Counts<{ Cached::COUNT }>,
    shed: Counts<{ Limit::COUNT }>,
    panics: AtomicU64,
    dropped: Counts<{ Signal::COUNT }>,
    exports_failed: Counts<{ Signal::COUNT }>,
    runtime: OnceLock<Handle>,
}

/// Something that is open, until this drops.
#[derive(Debug)]
pub struct Open(&'static AtomicI64);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is measured only where somebody reads.
struct Histograms {
    requests: Histogram<f64>,
    calls: Histogram<f64>,
    backends: Histogram<f64>,
    lookups: Histogram<f64>,
}

struct Backend {
    name: KeyValue,
    /// 1 while it is left alone.
    open: AtomicU64,
}

/// One count for each value of a closed set.
struct Counts<const N: usize>([AtomicU64; N]);

impl<const N: usize> Counts<N> {
    const fn new() -> Self {
        Self([const { AtomicU64::new(0) }; N])
    }

    fn add(&self, label: impl Label, number: u64) {
        if let Some(count) = self.0.get(label.place()) {
            count.fetch_add(number, Ordering::Relaxed);
        }
    }
}

impl Meters {
    fn new() -> Self {
        Self {
            histograms: OnceLock::new(),
            tools: Tools::new(),
            routes: Names::new(ROUTES),
            backends: Names::new(BACKENDS),
            refusals: Names::new(REASONS),
            rejections: Names::new(REASONS),
            confirmations: Counts::new(),
            sessions: AtomicI64::new(0),
            streams: AtomicI64::new(0),
            connections: AtomicI64::new(0),
            audit_lines: Counts::new(),
            audit_waiting: AtomicU64::new(0),
            audit_head: Mutex::new(None),
            reloads: Counts::new(),
            last_good: AtomicU64::new(0),
            keys_fetches: Counts::new(),
            keys_fetched: AtomicU64::new(0),
            lookups: Counts::new(),
            tokens: Counts::new(),
            shed: Counts::new(),
            panics: AtomicU64::new(0),
            dropped: Counts::new(),
            exports_failed: Counts::new(),
            runtime: OnceLock::new(),
        }
    }

    /// An HTTP request whose answer began. `route`: the template that it matched.
    pub fn request(
        &self,
        route: Option<&str>,
        method: &Method,
        status: StatusCode,
        took: Duration,
    ) {
        let Some(histograms) = self.histograms.get() else { return };
        let route = self.routes.of(route.unwrap_or(OTHER), |name| named(key::ROUTE, name));
        let status = KeyValue::new(key::STATUS_CODE, i64::from(status.as_u16()));
        let attributes = [(*route).clone(), method_of(method), status];
        histograms.requests.record(took.as_secs_f64(), &attributes);
    }

    /// A call that ended. `tool`: service and name, where it named one of the catalog.
    pub fn call(&self, tool: Option<(&str, &str)>, status: CallStatus, took: Duration) {
        let durations = self.histograms.get().map(|histograms| &histograms.calls);
        self.tools.ended(tool.unwrap_or((OTHER, OTHER)), status, took, durations);
    }

    /// A call that was refused, by the reason's name in records.
    pub fn refusal(&self, reason: &'static str) {
        self.refusals.of(reason, |_| (reason, AtomicU64::new(0))).1.fetch_add(1, Ordering::Relaxed);
    }

    /// A request that was not let in, by the reason's name.
    pub fn rejection(&self, reason: &'static str) {
        let counted = self.rejections.of(reason, |_| (reason, AtomicU64::new(0)));
        counted.1.fetch_add(1, Ordering::Relaxed);
    }

    /// A request to a backend that ended: with a status, or without an answer.
    pub fn backend(
        &self,
        backend: &str,
        method: &Method,
        ended: Result<StatusCode, &'static str>,
        took: Duration,
    ) {
        let Some(histograms) = self.histograms.get() else { return };
        let name = self.backend_of(backend).name.clone();
        let ended = match ended {
            Ok(status) => KeyValue::new(key::STATUS_CODE, i64::from(status.as_u16())),
            Err(error) => KeyValue::new(key::ERROR, error),
        };
        histograms.backends.record(took.as_secs_f64(), &[name, method_of(method), ended]);
    }

    /// A backend is left alone from now on, or asked again.
    pub fn circuit(&self, backend: &str, open: bool) {
        self.backend_of(backend).open.store(u64::from(open), Ordering::Relaxed);
    }

    fn backend_of(&self, name: &str) -> std::sync::Arc<Backend> {
        self.backends
            .of(name, |name| Backend { name: named(key::BACKEND, name), open: AtomicU64::new(0) })
    }

    /// A question before a write, or its answer.
    pub fn confirmation(&self, answer: Answer) {
        self.confirmations.add(answer, 1);
    }

    /// An MCP session that is open until the guard drops.
    pub fn session(&'static self) -> Open {
        opened(&self.sessions)
    }

    /// A server-sent stream that is open until the guard drops.
    pub fn stream(&'static self) -> Open {
        opened(&self.streams)
    }

    /// A connection that is open until the guard drops.
    pub fn connection(&'static self) -> Open {
        opened(&self.connections)
    }

    /// An audit line that is out, or that failed.
    pub fn audit_line(&self, outcome: Done) {
        self.audit_lines.add(outcome, 1);
    }

    /// How many audit lines wait to be written.
    pub fn audit_waiting(&self, lines: usize) {
        self.audit_waiting.store(lines.try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// The audit chain's last line: its number, and its hash in hex.
    pub fn audit_head(&self, number: u64, hash: &str) {
        let mut head = self.audit_head.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *head {
            Some((last, text)) => {
                *last = number;
                text.clear();
                text.push_str(hash);
            }
            none => *none = Some((number, hash.to_owned())),
        }
    }

    /// A changed configuration was taken over, or refused.
    pub fn reload(&self, outcome: Done) {
        self.reloads.add(outcome, 1);
    }

    /// When the configuration in use was read, in seconds since 1970.
    pub fn config_read(&self, unix_seconds: u64) {
        self.last_good.store(unix_seconds, Ordering::Relaxed);
    }

    /// The issuer's signing keys were fetched, or couldn't be.
    pub fn keys_fetch(&self, outcome: Done) {
        self.keys_fetches.add(outcome, 1);
    }

    /// When the keys in use were fetched, in seconds since 1970.
    pub fn keys_fetched(&self, unix_seconds: u64) {
        self.keys_fetched.store(unix_seconds, Ordering::Relaxed);
    }

    /// It was asked what somebody may do.
    pub fn lookup(&self, result: Looked) {
        self.lookups.add(result, 1);
    }

    /// How long the permission service took.
    pub fn lookup_took(&self, took: Duration) {
        if let Some(histograms) = self.histograms.get() {
            histograms.lookups.record(took.as_secs_f64(), &[]);
        }
    }

    /// A good token, remembered or verified anew.
    pub fn token(&self, cached: Cached) {
        self.tokens.add(cached, 1);
    }

    /// A request that a limit turned away.
    pub fn shed(&self, limit: Limit) {
        self.shed.add(limit, 1);
    }

    /// The runtime that serves: its tasks are counted.
    pub fn runs_here(&self) {
        if let Ok(runtime) = Handle::try_current() {
            let _ = self.runtime.set(runtime);
        }
    }

    /// A panic.
    pub fn panic(&self) {
        self.panics.fetch_add(1, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(super) fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Spans or log lines that weren't exported.
    pub fn dropped(&self, signal: Signal, items: u64) {
        self.dropped.add(signal, items);
    }

    /// An export that the collector didn't take.
    pub fn export_failed(&self, signal: Signal) {
        self.exports_failed.add(signal, 1);
    }
}

fn opened(count: &'static AtomicI64) -> Open {
    count.fetch_add(1, Ordering::Relaxed);
    Open(count)
}

/// An attribute whose value is a name of ours.
fn named(key: &'static str, name: &str) -> KeyValue {
    KeyValue::new(key, std::sync::Arc::<str>::from(name))
}

fn method_of(method: &Method) -> KeyValue {
    KeyValue::new(key::METHOD, known_method(method))
}

/// The methods that HTTP knows; another is `_OTHER` (semantic conventions for HTTP).
pub fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "_OTHER",
    }
}
