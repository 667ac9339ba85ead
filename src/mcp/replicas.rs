//! Between the clients that are connected here and the other replicas: what changed here is told there,
//! and what changed there is told here, once. The store carries it (`store::Notice`); where only one
//! process uses the store there is nobody to tell.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::Served;
use super::changes::{Changes, LISTS, among};
use crate::access::Altered;
use crate::call::Changed;
use crate::store::{Heard, Notice, Store};

/// How many pieces of news wait at most; beyond it they are told as one, about everything.
const WAITING: usize = 64;
/// What changes within this time is told at once.
const TOGETHER: Duration = Duration::from_millis(20);

/// News on its way out.
#[derive(Default)]
pub(super) struct Outlet {
    waiting: Mutex<Vec<Notice>>,
    wake: Notify,
}

impl Outlet {
    /// Has the other replicas told, soon.
    pub(super) fn tell(&self, notice: Notice) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.contains(&notice) {
            if waiting.len() >= WAITING {
                *waiting = vec![everything()];
            } else {
                waiting.push(notice);
            }
        }
        self.wake.notify_one();
    }

    async fn run(&self, store: &Store) {
        loop {
            self.wake.notified().await;
            tokio::time::sleep(TOGETHER).await;
            let waiting = {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *waiting)
            };
            for notice in waiting {
                // Who can't be told finds out by the ages of what it knows.
                if let Err(fault) = store.tell(&notice).await {
                    tracing::warn!(%fault, "other replicas couldn't be told of a change");
                }
            }
        }
    }
}

/// This replica among the others. Cheap to clone.
#[derive(Clone)]
pub struct Replicas {
    pub(super) changes: Changes,
    pub(super) served: Arc<ArcSwap<Served>>,
}

impl Replicas {
    /// Tells every client that a list has changed, at every replica.
    pub fn announce(&self, list: Changed) {
        self.changes.announce(list);
    }

    /// Tells and hears until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let store = &self.served.load().pipeline.confirmations.store.clone();
        if !store.is_shared() {
            return;
        }
        let outlet = self.changes.outlet();
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let hearing = async {
            while let Some(heard) = receiver.recv().await {
                self.take(heard).await;
            }
        };
        // Boxed: what the database's client carries along is large.
        tokio::select! {
            () = Box::pin(store.hear(sender, stop)) => {}
            () = Box::pin(outlet.run(store)) => {}
            () = hearing => {}
        }
    }

    /// What another replica told: answers that it made old aren't believed here either, and clients
    /// that are connected here are told. It is never told on.
    async fn take(&self, heard: Heard) {
        let notice = match heard {
            Heard::Notice(notice) => notice,
            Heard::Gap => everything(),
        };
        let people = notice.people.as_deref();
        if notice.permissions {
            let altered = people.map_or(Altered::Everybody, Altered::People);
            let access = Arc::clone(&self.served.load().pipeline.access);
            access.forget(&altered).await;
        }
        for list in LISTS.into_iter().filter(|list| notice.lists.iter().any(|n| n == list.name())) {
            match people {
                Some(people) => self.changes.announce_to(among(people), list),
                None => self.changes.announce_to(|_| true, list),
            }
        }
    }
}

fn everything() -> Notice {
    let lists = LISTS.iter().map(|list| list.name().to_owned()).collect();
    Notice { lists, permissions: true, people: None }
}
