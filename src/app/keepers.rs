//! What runs beside the server: the keeper of the signing keys and the feed of permission changes. Each
//! ends when the part that it is for is served no more.

use std::sync::Arc;

use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::assembly::Assembly;
use crate::access::Access;
use crate::identity::Authenticator;

/// A task that ends when this is dropped.
pub(super) struct Keeper {
    _stop: DropGuard,
}

/// The tasks of what is served now.
pub(super) struct Keepers {
    tasks: TaskTracker,
    authenticator: (Arc<Authenticator>, Keeper),
    access: (Arc<Access>, Keeper),
}

impl Keepers {
    pub(super) fn start(assembly: &Assembly) -> Self {
        let tasks = TaskTracker::new();
        let authenticator = Arc::clone(&assembly.authenticator);
        let access = Arc::clone(&assembly.pipeline.access);
        let keeper = keep(&tasks, &authenticator);
        let following = follow(&tasks, &access);
        Self { tasks, authenticator: (authenticator, keeper), access: (access, following) }
    }

    /// Has another authenticator fetch its keys, before anything of it is served.
    pub(super) fn authenticator_of(&self, next: &Assembly) -> Option<Keeper> {
        let same = Arc::ptr_eq(&self.authenticator.0, &next.authenticator);
        (!same).then(|| keep(&self.tasks, &next.authenticator))
    }

    /// Ends the tasks of parts that are served no more, and begins those of new ones.
    pub(super) fn take_over(&mut self, next: &Assembly, keeper: Option<Keeper>) {
        if let Some(keeper) = keeper {
            self.authenticator = (Arc::clone(&next.authenticator), keeper);
        }
        if !Arc::ptr_eq(&self.access.0, &next.pipeline.access) {
            let access = Arc::clone(&next.pipeline.access);
            let following = follow(&self.tasks, &access);
            self.access = (access, following);
        }
    }

    /// Ends them all, and waits until they have ended.
    pub(super) async fn end(self) {
        let Self { tasks, authenticator, access } = self;
        drop((authenticator, access));
        tasks.close();
        tasks.wait().await;
    }
}

fn keep(tasks: &TaskTracker, authenticator: &Arc<Authenticator>) -> Keeper {
    let (authenticator, stop) = (Arc::clone(authenticator), CancellationToken::new());
    let told = stop.clone();
    tasks.spawn(async move { authenticator.run(told).await });
    Keeper { _stop: stop.drop_guard() }
}

fn follow(tasks: &TaskTracker, access: &Arc<Access>) -> Keeper {
    let (access, stop) = (Arc::clone(access), CancellationToken::new());
    let told = stop.clone();
    tasks.spawn(async move { access.follow(told).await });
    Keeper { _stop: stop.drop_guard() }
}
