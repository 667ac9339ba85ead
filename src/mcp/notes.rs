//! Passes a running call's notes on to its client: progress where the client gave a token for it,
//! log messages from the level that it asked for, changed lists to everybody.

#![expect(deprecated, reason = "SEP-2577 takes logging away; the older versions still have it")]

use std::time::Duration;

use rmcp::model::{
    LoggingMessageNotification, LoggingMessageNotificationParam, Notification,
    ProgressNotification, ProgressNotificationParam, ProgressToken, RequestMetaObject,
    ServerNotification,
};
use rmcp::service::{Peer, RequestContext, RoleServer};
use tokio::sync::{mpsc, oneshot};

use super::caller::Caller;
use super::changes::Changes;
use crate::call::Note;

/// The MCP log levels, the least severe first (RFC 5424 §6.2.1 without its numbers).
pub(super) const LEVELS: [&str; 8] =
    ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
/// `info`: what a session gets that never said `logging/setLevel`.
pub(super) const DEFAULT_LEVEL: u64 = 1;

/// A client that doesn't read loses a note after this long, never the call.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where one request's notes go.
pub(super) struct Reader {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    /// The least severe level that is passed on; none: no log messages.
    level: Option<usize>,
    changes: Changes,
}

impl Reader {
    pub(super) fn of(cx: &RequestContext<RoleServer>, caller: &Caller, changes: &Changes) -> Self {
        Self {
            peer: cx.peer.clone(),
            token: cx.meta.get_progress_token(),
            level: level(&cx.meta, caller),
            changes: changes.clone(),
        }
    }

    /// Passes notes on until the call is over, and then what is still waiting.
    pub(super) async fn read(
        self,
        mut notes: mpsc::Receiver<Note>,
        mut call_is_over: oneshot::Receiver<()>,
    ) {
        loop {
            let note = tokio::select! {
                biased;
                note = notes.recv() => note,
                _ = &mut call_is_over => break,
            };
            match note {
                Some(note) => self.pass_on(note).await,
                None => return,
            }
        }
        while let Ok(note) = notes.try_recv() {
            self.pass_on(note).await;
        }
    }

    async fn pass_on(&self, note: Note) {
        let notification = match note {
            Note::Progress { done, total, message } => self.progress(done, total, message),
            Note::Log { level, data } => self.log(&level, data),
            Note::Changed(list) => {
                self.changes.announce(list);
                None
            }
        };
        if let Some(notification) = notification {
            let sent = self.peer.send_notification(notification);
            let _ = tokio::time::timeout(PATIENCE, sent).await;
        }
    }

    fn progress(
        &self,
        done: f64,
        total: Option<f64>,
        message: Option<String>,
    ) -> Option<ServerNotification> {
        let mut params = ProgressNotificationParam::new(self.token.clone()?, done);
        params.total = total;
        params.message = message;
        let notification: ProgressNotification = Notification::new(params);
        Some(ServerNotification::ProgressNotification(notification))
    }

    fn log(&self, level: &str, data: serde_json::Value) -> Option<ServerNotification> {
        let severity = LEVELS.iter().position(|name| *name == level)?;
        if severity < self.level? {
            return None;
        }
        let level = serde_json::from_value(level.into()).ok()?;
        let params = LoggingMessageNotificationParam::new(level, data);
        let notification: LoggingMessageNotification = Notification::new(params);
        Some(ServerNotification::LoggingMessageNotification(notification))
    }
}

/// A session's level, or the one that a 2026-07-28 request names; without one it wants no messages.
fn level(meta: &RequestMetaObject, caller: &Caller) -> Option<usize> {
    match &caller.session {
        Some(session) => Some(session.level()),
        None => meta.log_level().map(|level| level as usize),
    }
}
