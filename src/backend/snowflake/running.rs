//! Statements at the service: begun, waited for within the query's time, and cancelled there when
//! nobody waits any more. Each is begun as asynchronous, so that its handle is known at once.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::backend::render::Filled;
use crate::backend::transport::{Received, Transport};
use crate::backend::{Errand, Sent};
use crate::call::{Note, TroubleKind};
use crate::catalog::SavedQuery;
use crate::identity::Identity;
use crate::seal::random_bytes;

use super::Snowflake;
use super::page::{self, Place, Result as ResultSet};
use super::wrapper::Wrapped;

const PATH: &str = "api/v2/statements";
const TOKEN_TYPE: HeaderName = HeaderName::from_static("x-snowflake-authorization-token-type");
/// How long the first wait is, and the longest.
const WAITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The service, for one call.
pub(super) struct Account<'a> {
    pub(super) snowflake: &'a Snowflake,
    pub(super) transport: &'a Arc<Transport>,
}

/// A statement that runs at the service. Dropped before its end, it is cancelled there.
struct Statement {
    handle: Option<String>,
    transport: Arc<Transport>,
    identity: Arc<Identity>,
    running: TaskTracker,
}

impl Drop for Statement {
    fn drop(&mut self) {
        let (Some(handle), Ok(runtime)) =
            (self.handle.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let (transport, identity) = (Arc::clone(&self.transport), Arc::clone(&self.identity));
        let cancel = async move {
            let request = request(Method::POST, format!("{PATH}/{handle}/cancel"));
            if transport.send(request, None, &identity, &mut Sent::default()).await.is_err() {
                tracing::warn!(service = transport.name(), "a statement couldn't be cancelled");
            }
        };
        self.running.spawn_on(cancel, &runtime);
    }
}

impl Statement {
    fn handle(&self) -> Result<&str, TroubleKind> {
        self.handle.as_deref().ok_or(TroubleKind::BadAnswer)
    }

    /// It has ended by itself.
    fn ended(&mut self) {
        self.handle = None;
    }
}

impl Account<'_> {
    /// Runs a statement; its result's first partition.
    pub(super) async fn run(
        &self,
        query: &SavedQuery,
        wrapped: &Wrapped,
        errand: &mut Errand<'_>,
    ) -> Result<ResultSet, TroubleKind> {
        let started = Instant::now();
        let begun = tokio::time::timeout(query.timeout, self.begin(query, wrapped, errand)).await;
        let (mut statement, mut received) = begun.map_err(|_| TroubleKind::NoAnswer)??;
        let handle = statement.handle()?.to_owned();
        let (mut wait, longest) = WAITS;
        let mut told = 0;
        while received.status == StatusCode::ACCEPTED {
            let left = query.timeout.saturating_sub(started.elapsed());
            if left.is_zero() {
                tracing::warn!(service = self.transport.name(), query = query.id, "took too long");
                return Err(TroubleKind::NoAnswer);
            }
            tokio::time::sleep(wait.min(left)).await;
            wait = wait.saturating_mul(2).min(longest);
            let seconds = started.elapsed().as_secs();
            if seconds > told {
                told = seconds;
                errand.notes.write(waiting(seconds, query.timeout));
            }
            let request = request(Method::GET, format!("{PATH}/{handle}"));
            let sent = self.transport.send(request, None, errand.fill.identity, errand.sent).await;
            received = sent.map_err(failed).inspect_err(|kind| {
                if *kind == TroubleKind::QueryFailed {
                    statement.ended();
                }
            })?;
        }
        statement.ended();
        page::first(query, &handle, &received, self.transport.max_answer())
    }

    /// A further partition of a result that the service keeps.
    pub(super) async fn partition(
        &self,
        place: Place,
        errand: &mut Errand<'_>,
    ) -> Result<ResultSet, TroubleKind> {
        let mut request = request(Method::GET, format!("{PATH}/{}", place.handle));
        request.query.push(("partition".to_owned(), place.partition.to_string()));
        let sent = self.transport.send(request, None, errand.fill.identity, errand.sent).await;
        let received = sent.map_err(failed)?;
        if received.status == StatusCode::ACCEPTED {
            return Err(TroubleKind::BadAnswer);
        }
        page::further(place, &received, self.transport.max_answer())
    }

    /// Begins a statement. That goes on where nobody waits for it any more, so that what was begun
    /// is always known and can be cancelled.
    async fn begin(
        &self,
        query: &SavedQuery,
        wrapped: &Wrapped,
        errand: &mut Errand<'_>,
    ) -> Result<(Statement, Received), TroubleKind> {
        let body = self.body(query, wrapped);
        let id = request_id()?;
        let (transport, identity) = (Arc::clone(self.transport), Arc::clone(errand.fill.identity));
        let running = self.snowflake.running.clone();
        let (sender, receiver) = oneshot::channel();
        self.snowflake.running.spawn(async move {
            let mut sent = Sent::default();
            let submit = |retry: bool| {
                let mut request = request(Method::POST, PATH.to_owned());
                request.query = [
                    ("requestId", id.to_string()),
                    ("retry", retry.to_string()),
                    ("async", "true".to_owned()),
                    ("nullable", "true".to_owned()),
                ]
                .map(|(name, value)| (name.to_owned(), value))
                .into();
                request.body = Some(body.clone());
                request
            };
            // As a write, so that it goes again here alone, where `retry` says so: the service runs
            // what has the same request id once.
            let key = id.to_string();
            let key = Some(key.as_str());
            let mut answered = transport.send(submit(false), key, &identity, &mut sent).await;
            if matches!(answered, Err(TroubleKind::NoAnswer | TroubleKind::Unreachable)) {
                answered = transport.send(submit(true), key, &identity, &mut sent).await;
            }
            let begun = answered.map_err(failed).and_then(|received| {
                let answer: Value =
                    serde_json::from_slice(&received.body).map_err(|_| TroubleKind::BadAnswer)?;
                let handle = answer.get("statementHandle").and_then(Value::as_str);
                let handle = handle.filter(|handle| page::is_handle(handle));
                let handle = Some(handle.ok_or(TroubleKind::BadAnswer)?.to_owned());
                Ok((Statement { handle, transport, identity, running }, received))
            });
            // Where the receiver is gone, the statement is dropped here.
            drop(sender.send((begun, sent)));
        });
        let (begun, sent) = receiver.await.map_err(|_| TroubleKind::NoAnswer)?;
        errand.sent.status = sent.status;
        errand.sent.took += sent.took;
        begun
    }

    fn body(&self, query: &SavedQuery, wrapped: &Wrapped) -> Value {
        let session = &self.snowflake.session;
        let mut body = json!({
            "statement": wrapped.statement,
            "timeout": query.timeout.as_secs(),
            "bindings": wrapped.bindings,
            "parameters": {"MULTI_STATEMENT_COUNT": "1", "QUERY_TAG": format!("osier:{}", query.id)},
        });
        let settings = [
            ("database", &session.database),
            ("schema", &session.schema),
            ("warehouse", &session.warehouse),
            ("role", &session.role),
        ];
        for (key, value) in settings {
            if let (Some(value), Some(body)) = (value, body.as_object_mut()) {
                body.insert(key.to_owned(), value.as_str().into());
            }
        }
        body
    }
}

fn request(method: Method, path: String) -> Filled {
    let headers = vec![(TOKEN_TYPE, HeaderValue::from_static("OAUTH"))];
    Filled { method, path, query: Vec::new(), headers, body: None }
}

/// A version 4 UUID (RFC 9562 §5.4).
fn request_id() -> Result<Uuid, TroubleKind> {
    let bytes = random_bytes::<16>().map_err(|_| TroubleKind::Unreachable)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

fn waiting(seconds: u64, budget: Duration) -> Note {
    let whole = |seconds: u64| f64::from(u32::try_from(seconds).unwrap_or(u32::MAX));
    Note::Progress {
        done: whole(seconds),
        total: Some(whole(budget.as_secs())),
        message: Some(format!("waiting for the query, {seconds} s")),
    }
}

/// 422 is the statement's own failure: all values were checked before.
fn failed(kind: TroubleKind) -> TroubleKind {
    if matches!(kind, TroubleKind::Rejected(_)) { TroubleKind::QueryFailed } else { kind }
}
