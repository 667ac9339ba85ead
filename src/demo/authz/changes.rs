//! The sample authorisation service's feed of changes: `GET /authz/v1/changes?since=VERSION`, as
//! server-sent events for those who accept them, else as a long poll. A client shows a token of its own.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::demo::problem::Problem;
use crate::demo::services::Services;

/// Its path, below the services' base URL.
pub(in crate::demo) const CHANGES_PATH: &str = "/authz/v1/changes";
/// What Osier shows there (`access.token` of `config/demo.toml`).
const CHANGES_TOKEN: &str = "demo-changes";
/// A long poll is answered after this long at the latest.
const PATIENCE: Duration = Duration::from_secs(25);

/// Who was affected by each change, and a bell for those who wait.
#[derive(Clone)]
pub(super) struct History {
    changes: Arc<Mutex<Vec<BTreeSet<String>>>>,
    bell: watch::Sender<usize>,
}

impl History {
    pub(super) fn new() -> Self {
        Self { changes: Arc::default(), bell: watch::Sender::new(0) }
    }

    /// The name of the present state.
    pub(super) fn version(&self) -> String {
        name(*self.bell.borrow())
    }

    /// These people's permissions are other ones now.
    pub(super) fn add(&self, affected: BTreeSet<String>) {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        changes.push(affected);
        self.bell.send_replace(changes.len());
    }

    /// What changed from one state on, and the present one.
    fn since(&self, from: usize) -> (usize, Value) {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let affected: BTreeSet<&String> = changes.iter().skip(from).flatten().collect();
        (changes.len(), json!({"version": name(changes.len()), "subjects": affected}))
    }
}

fn name(changes: usize) -> String {
    format!("w/{changes}")
}

#[derive(Deserialize)]
pub(in crate::demo) struct Since {
    since: Option<String>,
}

/// `GET /authz/v1/changes`
pub(in crate::demo) async fn changes(
    State(services): State<Services>,
    Query(Since { since }): Query<Since>,
    headers: HeaderMap,
) -> Response {
    let text = |name: &header::HeaderName| headers.get(name).and_then(|one| one.to_str().ok());
    if text(&header::AUTHORIZATION) != Some(&format!("Bearer {CHANGES_TOKEN}")) {
        return Problem::unauthorized("A token of the feed's own is needed.").into_response();
    }
    let history = services.authz().history();
    let now = *history.bell.borrow();
    let from = match since.as_deref().map(|since| since.strip_prefix("w/").map(str::parse)) {
        None => now,
        Some(Some(Ok(from))) if from <= now => from,
        Some(_) => return StatusCode::GONE.into_response(),
    };
    if text(&header::ACCEPT).is_some_and(|accept| accept.contains("text/event-stream")) {
        return ([(header::CONTENT_TYPE, "text/event-stream")], events(history, from))
            .into_response();
    }
    let mut bell = history.bell.subscribe();
    if from == now && tokio::time::timeout(PATIENCE, bell.changed()).await.is_err() {
        return StatusCode::NO_CONTENT.into_response();
    }
    Json(history.since(from).1).into_response()
}

/// One event at once, so that the client knows where it is, and one for each change.
fn events(history: History, from: usize) -> Body {
    let bell = history.bell.subscribe();
    let events = stream::unfold((history, bell, from, true), |state| async move {
        let (history, mut bell, from, at_once) = state;
        if !at_once {
            bell.changed().await.ok()?;
        }
        bell.mark_unchanged();
        let (now, news) = history.since(from);
        let event = Bytes::from(format!("data: {news}\n\n"));
        Some((Ok::<_, std::io::Error>(event), (history, bell, now, false)))
    });
    Body::from_stream(events)
}
