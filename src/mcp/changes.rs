//! Who is told that a list has changed: the clients of sessions, and the subscriptions of 2026-07-28
//! (`subscriptions/listen`); all of them, or those of the people whose permissions changed. It tells
//! them that something changed, never what. `replicas` tells those that are connected elsewhere.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::{NotificationNoParam, ServerNotification};
use rmcp::service::SubscriptionSink;

use super::replicas::Outlet;
use super::sessions::Sessions;
use crate::access::{self, Altered, Snapshot};
use crate::call::Changed;
use crate::catalog::{Catalog, Requirement};
use crate::identity::{Identity, PersonKey};
use crate::store::Notice;

/// A client that doesn't read isn't waited for longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many subscriptions there may be; each is a stream.
#[derive(Clone, Copy, Debug)]
pub struct Subscriptions {
    /// Of one person.
    pub per_person: usize,
    /// Of all people together.
    pub overall: usize,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self { per_person: 32, overall: 10_000 }
    }
}

/// The clients that want to know. Cheap to clone.
#[derive(Clone)]
pub(super) struct Changes {
    sessions: Arc<Sessions>,
    listening: Arc<Listening>,
    outlet: Arc<Outlet>,
    most: Subscriptions,
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
    pub(super) fn new(sessions: Arc<Sessions>, most: Subscriptions) -> Self {
        Self { sessions, listening: Arc::default(), outlet: Arc::default(), most }
    }

    /// What other replicas are to be told.
    pub(super) fn outlet(&self) -> Arc<Outlet> {
        Arc::clone(&self.outlet)
    }

    /// Adds a subscription, unless its person or all together have too many.
    pub(super) fn subscribe(&self, who: PersonKey, sink: SubscriptionSink) -> Option<Subscribed> {
        let mut sinks = self.listening.sinks.lock().unwrap_or_else(PoisonError::into_inner);
        let own = sinks.values().filter(|(person, _)| *person == who).count();
        if own >= self.most.per_person || sinks.len() >= self.most.overall {
            return None;
        }
        let number = self.listening.next.fetch_add(1, Ordering::Relaxed);
        sinks.insert(number, (who, sink));
        Some(Subscribed { listening: Arc::clone(&self.listening), number })
    }

    /// Tells everybody, at every replica, without waiting for anybody.
    pub(super) fn announce(&self, list: Changed) {
        self.announce_to(|_| true, list);
        let lists = vec![list.name().to_owned()];
        self.outlet.tell(Notice { lists, ..Notice::default() });
    }

    /// Tells the clients of these people that are connected here, without waiting for anybody.
    pub(super) fn announce_to(&self, is_one: impl Fn(&PersonKey) -> bool, list: Changed) {
        for session in self.sessions.all().iter().filter(|session| is_one(session.owner())) {
            let Some(peer) = session.peer().cloned() else { continue };
            let sent = async move { peer.send_notification(notification(list)).await };
            tokio::spawn(tokio::time::timeout(PATIENCE, sent));
        }
        let sinks = self.listening.sinks.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, sink) in sinks.values().filter(|(person, _)| is_one(person)) {
            let sink = sink.clone();
            // A sink passes on only what its subscription asked for.
            let sent = async move { sink.send(notification(list)).await };
            tokio::spawn(tokio::time::timeout(PATIENCE, sent));
        }
    }

    /// Tells whom it concerns that they may now see other things. A fresh answer tells by itself
    /// which lists are other ones; the source's own word doesn't.
    pub(super) fn altered(&self, catalog: &Catalog, altered: &Altered<'_>) {
        let notice = Notice { permissions: true, ..Notice::default() };
        match altered {
            // Other replicas get the source's word, too, and tell their clients by themselves.
            Altered::Everybody => {
                for list in LISTS {
                    self.announce_to(|_| true, list);
                }
                self.outlet.tell(notice);
            }
            Altered::People(people) => {
                for list in LISTS {
                    self.announce_to(among(people), list);
                }
                self.outlet.tell(Notice { people: Some(people.to_vec()), ..notice });
            }
            Altered::Answer { identity, before, after } => {
                let (person, mut lists) = (identity.person_key(), Vec::new());
                for list in LISTS {
                    let shown = |snapshot| shown(catalog, identity, snapshot, list);
                    if shown(before) != shown(after) {
                        self.announce_to(|key| *key == person, list);
                        lists.push(list.name().to_owned());
                    }
                }
                let people = Some(vec![person.subject().to_owned()]);
                self.outlet.tell(Notice { lists, people, ..notice });
            }
        }
    }
}

/// All of them.
pub(super) const LISTS: [Changed; 3] = [Changed::Tools, Changed::Prompts, Changed::Resources];

/// Is a person one of these, by object id?
pub(super) fn among(people: &[String]) -> impl Fn(&PersonKey) -> bool {
    let people: HashSet<String> = people.iter().map(|oid| oid.to_ascii_lowercase()).collect();
    move |key| people.contains(&key.subject().to_ascii_lowercase())
}

/// The names of what a list shows somebody.
fn shown<'a>(
    catalog: &'a Catalog,
    identity: &Identity,
    snapshot: &Snapshot,
    list: Changed,
) -> Vec<Cow<'a, str>> {
    let may = |permission: &Requirement| access::may(permission, snapshot).is_ok();
    match list {
        Changed::Tools => access::visible(catalog, identity, snapshot)
            .iter()
            .map(|tool| Cow::Owned(tool.id.name.clone()))
            .collect(),
        Changed::Prompts => catalog
            .prompts()
            .filter(|prompt| may(&prompt.permission))
            .map(|prompt| Cow::Borrowed(prompt.name.as_str()))
            .collect(),
        Changed::Resources => {
            let resources = catalog
                .resources()
                .filter(|resource| may(&resource.permission))
                .map(|resource| resource.uri.as_str());
            let templates = catalog
                .templates()
                .filter(|template| may(&template.permission))
                .map(|template| template.about.name.as_str());
            resources.chain(templates).map(Cow::Borrowed).collect()
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
