//! Spans, in the words of OpenTelemetry's semantic conventions for HTTP, MCP and generative AI. Where
//! nobody records them they cost a look at a flag.
//!
//! What a caller says of its trace (W3C Trace Context) only tells where a span hangs: it is capped,
//! never identifies anybody, and its `tracestate` goes on to services but is never exported. Baggage is
//! never read. Attributes are closed sets and names of ours.

use std::borrow::Cow;
use std::future::Future;
use std::sync::OnceLock;

use futures::future::Either;
use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{FutureExt as _, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, Key, KeyValue, Value};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
/// Version 00 is 55 characters long; a later one may have more to say (W3C Trace Context §3.2).
const LONGEST_PARENT: usize = 128;
/// What every system must pass on at least (W3C Trace Context §3.3.1.5); here also at most.
const LONGEST_STATE: usize = 512;

/// From now on spans are recorded.
pub(super) fn record_with(tracer: SdkTracer) {
    // A second one in a process would never be asked.
    let _ = TRACER.set(tracer);
}

/// Where in a trace something happens; nothing where no traces are recorded.
#[derive(Clone, Debug, Default)]
pub struct Trace(Option<Context>);

/// A span. It ends when this drops.
#[derive(Debug)]
pub struct Span(Option<Context>);

/// Which side of a request a span tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Somebody asked us.
    Server,
    /// We ask somebody.
    Client,
    /// Something of its own.
    Inside,
}

impl Trace {
    /// Where the running task is.
    pub fn here() -> Self {
        Self(TRACER.get().map(|_| Context::current()).filter(Context::has_active_span))
    }

    /// Where a request's headers say that it belongs.
    pub fn of_headers(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        Self::of(text)
    }

    /// Where an MCP request's `_meta` says that it belongs (SEP-414).
    pub fn of_meta<'a>(member: impl Fn(&str) -> Option<&'a str>) -> Self {
        Self::of(member)
    }

    fn of<'a>(said: impl Fn(&'static str) -> Option<&'a str>) -> Self {
        if TRACER.get().is_none() {
            return Self(None);
        }
        let short = |name, most| said(name).filter(|text| text.len() <= most);
        let Some(parent) = short(TRACEPARENT, LONGEST_PARENT) else { return Self(None) };
        let said = Said { parent, state: short(TRACESTATE, LONGEST_STATE) };
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &said);
        Self(Some(context).filter(|context| context.span().span_context().is_valid()))
    }

    /// True where nothing is known of a trace, or none is recorded.
    pub fn is_nowhere(&self) -> bool {
        self.0.is_none()
    }

    /// Says something of the span that it is in. The value is only made where it is recorded.
    pub fn say<V: Into<Value>>(&self, key: impl Into<Key>, value: impl FnOnce() -> V) {
        if let Some(context) = self.0.as_ref().filter(|context| context.span().is_recording()) {
            context.span().set_attribute(KeyValue::new(key, value()));
        }
    }

    /// This one, or the other where this one is nowhere.
    pub fn or(self, other: &Self) -> Self {
        Self(self.0.or_else(|| other.0.clone()))
    }

    /// Tells a service where the request belongs.
    pub fn inject(&self, headers: &mut HeaderMap) {
        if let Some(context) = &self.0 {
            TraceContextPropagator::new().inject_context(context, &mut Told(headers));
        }
    }

    /// Runs something there, whatever task runs it.
    pub fn around<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        match &self.0 {
            None => Either::Left(future),
            Some(context) => Either::Right(future.with_context(context.clone())),
        }
    }
}

impl Span {
    /// Begins below `parent`. The name is only made where it is recorded.
    pub fn begin(side: Side, parent: &Trace, name: impl FnOnce() -> Cow<'static, str>) -> Self {
        let Some(tracer) = TRACER.get() else { return Self(None) };
        let kind = match side {
            Side::Server => SpanKind::Server,
            Side::Client => SpanKind::Client,
            Side::Inside => SpanKind::Internal,
        };
        let none = Context::new();
        let parent = parent.0.as_ref().unwrap_or(&none);
        let span = tracer.span_builder(name()).with_kind(kind).start_with_context(tracer, parent);
        Self(Some(parent.with_span(span)))
    }

    /// Says something of it. The value is only made where it is recorded.
    pub fn say<V: Into<Value>>(&self, key: impl Into<Key>, value: impl FnOnce() -> V) -> &Self {
        self.trace().say(key, value);
        self
    }

    /// It ended with an error of that class (`error.type`).
    pub fn fail(&self, error: &'static str) {
        if let Some(context) = &self.0 {
            context.span().set_attribute(KeyValue::new("error.type", error));
            context.span().set_status(Status::error(""));
        }
    }

    /// True where it isn't recorded anywhere.
    pub fn is_nowhere(&self) -> bool {
        self.0.is_none()
    }

    /// Where it is, for what happens inside.
    pub fn trace(&self) -> Trace {
        Trace(self.0.clone())
    }

    /// Says that another trace belongs to it too.
    pub fn link(&self, other: &Trace) {
        if let (Some(context), Some(other)) = (&self.0, &other.0) {
            context.span().add_link(other.span().span_context().clone(), Vec::new());
        }
    }

    /// Runs something inside of it.
    pub fn around<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        self.trace().around(future)
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }
}

/// What a caller said.
struct Said<'a> {
    parent: &'a str,
    state: Option<&'a str>,
}

impl Extractor for Said<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => Some(self.parent),
            TRACESTATE => self.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}

/// What a service is told.
struct Told<'a>(&'a mut HeaderMap);

impl Injector for Told<'_> {
    fn set(&mut self, key: &str, value: String) {
        let name = match key {
            TRACEPARENT => HeaderName::from_static(TRACEPARENT),
            TRACESTATE if !value.is_empty() => HeaderName::from_static(TRACESTATE),
            _ => return,
        };
        if let Ok(value) = HeaderValue::try_from(value) {
            self.0.insert(name, value);
        }
    }
}
