//! Who is told that a list has changed: the clients of all sessions, and the subscriptions of
//! 2026-07-28 (`subscriptions/listen`). It tells them that something changed, never what.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::{NotificationNoParam, ServerNotification};
use rmcp::service::SubscriptionSink;

use super::sessions::Sessions;
use crate::call::Changed;
use crate::identity::PersonKey;

/// How many subscriptions one person may have open; each is a stream.
const PER_PERSON: usize = 32;
/// How many there may be in all.
const OVERALL: usize = 10_000;
/// A client that doesn't read isn't waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The clients that want to know. Cheap to clone.
#[derive(Clone)]
pub(super) struct Changes {
    sessions: Arc<Sessions>,
    listening: Arc<Listening>,
}

#[derive(Default)]
struct Listening {
    next: AtomicU64,
    sinks: Mutex<HashMap<u64, (PersonKey, SubscriptionSink)>>,
}

/// A subscription that is told of changes until this is dropped.
pub(super) struct Subscribed {
    listening: Arc<Listening>,
    number: u64,
}

impl Changes {
    pub(super) fn new(sessions: Arc<Sessions>) -> Self {
        Self { sessions, listening: Arc::default() }
    }

    /// Adds a subscription, unless its person or all together have too many.
    pub(super) fn subscribe(&self, who: PersonKey, sink: SubscriptionSink) -> Option<Subscribed> {
        let mut sinks = self.listening.sinks.lock().unwrap_or_else(PoisonError::into_inner);
        let own = sinks.values().filter(|(person, _)| *person == who).count();
        if own >= PER_PERSON || sinks.len() >= OVERALL {
            return None;
        }
        let number = self.listening.next.fetch_add(1, Ordering::Relaxed);
        sinks.insert(number, (who, sink));
        Some(Subscribed { listening: Arc::clone(&self.listening), number })
    }

    /// Tells everybody, without waiting for anybody.
    pub(super) fn announce(&self, list: Changed) {
        for session in self.sessions.all() {
            let Some(peer) = session.peer().cloned() else { continue };
            let sent = async move { peer.send_notification(notification(list)).await };
            tokio::spawn(tokio::time::timeout(PATIENCE, sent));
        }
        let sinks = self.listening.sinks.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, sink) in sinks.values() {
            let sink = sink.clone();
            // A sink passes on only what its subscription asked for.
            let sent = async move { sink.send(notification(list)).await };
            tokio::spawn(tokio::time::timeout(PATIENCE, sent));
        }
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        let mut sinks = self.listening.sinks.lock().unwrap_or_else(PoisonError::into_inner);
        sinks.remove(&self.number);
    }
}

fn notification(list: Changed) -> ServerNotification {
    match list {
        Changed::Tools => {
            ServerNotification::ToolListChangedNotification(NotificationNoParam::default())
        }
        Changed::Prompts => {
            ServerNotification::PromptListChangedNotification(NotificationNoParam::default())
        }
        Changed::Resources => {
            ServerNotification::ResourceListChangedNotification(NotificationNoParam::default())
        }
    }
}
