//! The instruments by name, kind, unit and attributes: `docs/TELEMETRY.md` lists the same, and a
//! test holds one against the other.

/// What an instrument measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What only grows.
    Counter,
    /// What goes up and down.
    Gauge,
    /// How measurements are spread.
    Histogram,
}

/// One instrument.
#[derive(Clone, Copy, Debug)]
pub struct Instrument {
    /// As `OpenTelemetry` knows it.
    pub name: &'static str,
    /// What it measures.
    pub kind: Kind,
    /// In UCUM.
    pub unit: &'static str,
    /// What it means, in a few words.
    pub about: &'static str,
    /// Its attributes.
    pub attributes: &'static [&'static str],
}

/// An attribute of our own.
pub(super) mod key {
    pub(in crate::telemetry) const ANSWER: &str = "osier.answer";
    pub(in crate::telemetry) const BACKEND: &str = "osier.backend";
    pub(in crate::telemetry) const HASH: &str = "osier.hash";
    pub(in crate::telemetry) const LIMIT: &str = "osier.limit";
    pub(in crate::telemetry) const OUTCOME: &str = "osier.outcome";
    pub(in crate::telemetry) const REASON: &str = "osier.reason";
    pub(in crate::telemetry) const RESULT: &str = "osier.result";
    pub(in crate::telemetry) const SERVICE: &str = "osier.service";
    pub(in crate::telemetry) const SIGNAL: &str = "osier.signal";
    pub(in crate::telemetry) const STATUS: &str = "osier.status";
    /// Of the semantic conventions.
    pub(in crate::telemetry) const ERROR: &str = "error.type";
    pub(in crate::telemetry) const METHOD: &str = "http.request.method";
    pub(in crate::telemetry) const ROUTE: &str = "http.route";
    pub(in crate::telemetry) const STATUS_CODE: &str = "http.response.status_code";
    pub(in crate::telemetry) const TOOL: &str = "gen_ai.tool.name";
    pub(in crate::telemetry) const VERSION: &str = "service.version";
}

macro_rules! instruments {
    ($($id:ident: $kind:ident $name:literal, $unit:literal, [$($attribute:expr),*], $about:literal;)+) => {
        $(pub(super) const $id: Instrument = Instrument {
            name: $name,
            kind: Kind::$kind,
            unit: $unit,
            about: $about,
            attributes: &[$($attribute),*],
        };)+

        /// All of them.
        pub const INSTRUMENTS: &[Instrument] = &[$($id),+];
    };
}

instruments! {
    REQUEST_DURATION: Histogram "http.server.request.duration", "s",
        [key::METHOD, key::ROUTE, key::STATUS_CODE], "HTTP requests, until the answer begins";
    CALLS: Counter "osier.calls", "{call}", [key::TOOL, key::SERVICE, key::STATUS],
        "calls of tools that ended";
    CALL_DURATION: Histogram "osier.call.duration", "s", [key::TOOL, key::SERVICE],
        "calls of tools, from their record's opening to its end";
    REFUSALS: Counter "osier.refusals", "{call}", [key::REASON], "calls that were refused";
    REJECTIONS: Counter "osier.identity.rejections", "{request}", [key::REASON],
        "requests that were not let in";
    BACKEND_DURATION: Histogram "http.client.request.duration", "s",
        [key::BACKEND, key::METHOD, key::STATUS_CODE, key::ERROR], "requests to backends";
    CIRCUITS: Gauge "osier.backend.circuit.open", "{circuit}", [key::BACKEND],
        "1 while a backend in trouble is left alone";
    CONFIRMATIONS: Counter "osier.confirmations", "{confirmation}", [key::ANSWER],
        "questions before writes, and their answers";
    SESSIONS: Gauge "osier.sessions.open", "{session}", [], "MCP sessions that are open";
    STREAMS: Gauge "osier.streams.open", "{stream}", [], "server-sent streams that are open";
    CONNECTIONS: Gauge "osier.connections.open", "{connection}", [], "connections that are open";
    AUDIT_LINES: Counter "osier.audit.lines", "{line}", [key::OUTCOME],
        "audit lines, written or failed";
    AUDIT_WAITING: Gauge "osier.audit.waiting", "{line}", [], "audit lines that wait to be written";
    AUDIT_HEAD: Gauge "osier.audit.head", "{line}", [key::HASH],
        "the last line's number in the chain, and its hash";
    RELOADS: Counter "osier.config.reloads", "{reload}", [key::OUTCOME],
        "readings of a changed configuration";
    LAST_GOOD: Gauge "osier.config.last_good", "s", [],
        "when the configuration in use was read, in seconds since 1970";
    KEYS_FETCHES: Counter "osier.keys.fetches", "{fetch}", [key::OUTCOME],
        "fetches of the issuer's signing keys";
    KEYS_FETCHED: Gauge "osier.keys.last_fetch", "s", [],
        "when the signing keys in use were fetched, in seconds since 1970";
    LOOKUPS: Counter "osier.permissions.lookups", "{lookup}", [key::RESULT],
        "questions what somebody may do";
    LOOKUP_DURATION: Histogram "osier.permissions.duration", "s", [],
        "answers of the permission service";
    TOKENS: Counter "osier.tokens", "{token}", [key::RESULT],
        "good tokens, remembered or verified anew";
    SHED: Counter "osier.requests.shed", "{request}", [key::LIMIT],
        "requests that a limit turned away";
    PANICS: Counter "osier.panics", "{panic}", [], "panics that were caught";
    DROPPED: Counter "osier.telemetry.dropped", "{item}", [key::SIGNAL],
        "spans, log lines and copies of audit records that weren't exported";
    EXPORTS_FAILED: Counter "osier.telemetry.exports.failed", "{export}", [key::SIGNAL],
        "exports that the collector didn't take";
    BUILD: Gauge "osier.build.info", "{build}", [key::VERSION], "1, with the program's version";
    CPU: Counter "process.cpu.time", "s", [], "processor time of the process";
    MEMORY: Gauge "process.memory.usage", "By", [], "resident memory";
    FILES: Gauge "process.unix.file_descriptor.count", "{file_descriptor}", [],
        "open file descriptors";
    THREADS: Gauge "process.thread.count", "{thread}", [], "threads of the process";
    TASKS: Gauge "osier.tasks", "{task}", [], "tasks of the runtime that are alive";
}
