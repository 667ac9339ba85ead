//! What passed over the wire, and what a test wants to go wrong there.
//! Each of the demo's two servers has one [`Wire`] in front of its routes; a test reads what was
//! asked and injects an answer or a delay for a path. Normal runs never touch it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

/// The last requests that are kept; older ones go.
const KEPT: usize = 4096;
/// The largest request body that the demo's servers take, in bytes.
const LARGEST_BODY: usize = 1 << 20;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The verb.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The raw query, without its question mark; empty where there is none.
    pub query: String,
    /// All headers, the bearer token included.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
}

impl Recorded {
    /// A header's value as text, or nothing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null where it isn't.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What happens to a request instead of, or before, its usual answer.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    delay: Duration,
    answer: Option<(StatusCode, HeaderMap, Bytes)>,
    method: Option<Method>,
    remaining: Option<u32>,
    after_handling: bool,
    exact: bool,
    breaks: Option<Breaks>,
}

/// Where the connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaks {
    BeforeAnswer,
    InBody,
}

impl Fault {
    /// The usual answer, later.
    pub fn slow(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }

    /// This answer instead of the usual one; the handler doesn't run.
    pub fn answer(status: u16, body: impl Into<Bytes>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { answer: Some((status, HeaderMap::new(), body.into())), ..Self::default() }
    }

    /// This JSON with status 200 instead of the usual answer.
    pub fn json(body: &Value) -> Self {
        Self::answer(200, body.to_string()).header("content-type", "application/json")
    }

    /// A body of this many bytes with status 200.
    pub fn oversize(bytes: usize) -> Self {
        Self::answer(200, vec![b' '; bytes]).header("content-type", "application/json")
    }

    /// The connection ends without an answer: the service died over the request.
    pub fn reset() -> Self {
        Self { breaks: Some(Breaks::BeforeAnswer), ..Self::default() }
    }

    /// The usual answer's first half, and then the connection ends.
    pub fn truncated() -> Self {
        Self { breaks: Some(Breaks::InBody), ..Self::default() }
    }

    /// Adds a header to the answer. A header that can't be is left out.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name);
        let value = HeaderValue::try_from(value);
        if let (Some((_, headers, _)), Ok(name), Ok(value)) = (&mut self.answer, name, value) {
            headers.append(name, value);
        }
        self
    }

    /// Waits this long first.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Only for requests with this verb.
    pub fn only(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }

    /// Only for the very path that it is injected for, not for those below it.
    pub fn exactly(self) -> Self {
        Self { exact: true, ..self }
    }

    /// Only for the next so many requests.
    pub fn times(self, times: u32) -> Self {
        Self { remaining: Some(times), ..self }
    }

    /// Lets the handler do its work first, then waits and gives the injected answer: a write that
    /// was done and whose answer was lost.
    pub fn after_handling(self) -> Self {
        Self { after_handling: true, ..self }
    }
}

/// The record of requests and the injected faults of one server. Clones share both.
#[derive(Clone, Debug, Default)]
pub struct Wire(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    requests: VecDeque<Recorded>,
    faults: Vec<(String, Fault)>,
}

impl Wire {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every request since the start or the last [`Wire::forget`], oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.lock().requests.iter().cloned().collect()
    }

    /// The requests whose path starts with this.
    pub fn requests_to(&self, prefix: &str) -> Vec<Recorded> {
        self.requests().into_iter().filter(|request| request.path.starts_with(prefix)).collect()
    }

    /// How many requests came for paths that start with this.
    pub fn count(&self, prefix: &str) -> usize {
        self.lock().requests.iter().filter(|request| request.path.starts_with(prefix)).count()
    }

    /// The requests that write: everything but GET, HEAD and a question by POST.
    pub fn writes(&self) -> Vec<Recorded> {
        let asks = |path: &str| {
            let ends =
                ["/search", "/telemetry/query", "/telemetry/latest", "/adt/query", "/graphql"];
            path.starts_with("/snowflake/") || ends.iter().any(|end| path.ends_with(end))
        };
        let safe = |request: &Recorded| {
            [Method::GET, Method::HEAD].contains(&request.method)
                || (request.method == Method::POST && asks(&request.path))
        };
        self.requests().into_iter().filter(|request| !safe(request)).collect()
    }

    /// Empties the record.
    pub fn forget(&self) {
        self.lock().requests.clear();
    }

    /// Injects a fault for paths that start with this; the longest prefix wins, the newest among
    /// equals.
    pub fn inject(&self, prefix: &str, fault: Fault) {
        self.lock().faults.push((prefix.to_owned(), fault));
    }

    /// Takes every injected fault back.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    fn take_fault(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut inner = self.lock();
        let (_, fault) = inner
            .faults
            .iter_mut()
            .filter(|(prefix, fault)| {
                path.starts_with(prefix.as_str())
                    && (!fault.exact || path == prefix.as_str())
                    && fault.remaining != Some(0)
                    && fault.method.as_ref().is_none_or(|only| only == method)
            })
            .max_by_key(|(prefix, _)| prefix.len())?;
        fault.remaining = fault.remaining.map(|left| left.saturating_sub(1));
        Some(fault.clone())
    }

    fn record(&self, request: Recorded) {
        let mut inner = self.lock();
        if inner.requests.len() >= KEPT {
            inner.requests.pop_front();
        }
        inner.requests.push_back(request);
    }
}

/// The layer: records the request, then lets it through or plays its fault.
pub(super) async fn pass(State(wire): State<Wire>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    wire.record(Recorded {
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    let fault = wire.take_fault(&parts.method, parts.uri.path());
    let request = Request::from_parts(parts, Body::from(body));
    let Some(fault) = fault else {
        return next.run(request).await;
    };
    if fault.after_handling {
        let done = next.run(request).await;
        tokio::time::sleep(fault.delay).await;
        if fault.breaks == Some(Breaks::BeforeAnswer) {
            hang_up();
        }
        return fault.answer.map_or(done, plain);
    }
    tokio::time::sleep(fault.delay).await;
    match (fault.answer, fault.breaks) {
        (_, Some(Breaks::BeforeAnswer)) => hang_up(),
        (_, Some(Breaks::InBody)) => half(next.run(request).await).await,
        (Some(answer), None) => plain(answer),
        (None, None) => next.run(request).await,
    }
}

/// Ends the connection's task, and so the connection; no message is printed.
fn hang_up() -> ! {
    std::panic::resume_unwind(Box::new("a fault that a test injected"))
}

/// An injected answer, with no header that wasn't asked for.
fn plain((status, headers, body): (StatusCode, HeaderMap, Bytes)) -> Response {
    (status, headers, Body::from(body)).into_response()
}

/// An answer whose body ends too soon, however its length was stated.
async fn half(answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let first = body.slice(..body.len() / 2);
    let broken = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    let pieces = futures::stream::iter([Ok(first), broken]);
    Response::from_parts(parts, Body::from_stream(pieces))
}
