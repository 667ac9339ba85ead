//! How many connections there may be. Beyond that a few are let in that may only ask how the process
//! is, so that a full house still answers its prober; among those the newest counts, since a prober
//! asks at once and a flood doesn't.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio_util::sync::CancellationToken;

use super::connection::Use;
use crate::telemetry::{self, meters};

/// Connections beyond all that there may be.
pub(super) const SPARE: usize = 32;
/// Open files that are for other things: the audit, the store, definitions, name lookups.
const OTHER_FILES: usize = 64;
/// No more than this where nothing is said; each takes memory.
const MOST: usize = 16_384;
/// The soft limit of open files is raised up to this, where the hard one allows.
const WANTED_FILES: u64 = 65_536;

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Crowd {
    most: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    any: usize,
    /// All of them, with those that are being cut and still have their file open.
    alive: usize,
    spare: VecDeque<(u64, CancellationToken)>,
    next: u64,
}

/// A connection's place, until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    crowd: Arc<Crowd>,
    /// What the connection is for.
    pub(super) for_what: Use,
    /// Cancelled when a newer connection needs the place, where one may.
    pub(super) cut: Option<CancellationToken>,
    number: u64,
    _open: telemetry::Open,
}

impl Crowd {
    /// So many, or as many as the limit of open files allows: each may need one more for the service
    /// that is asked.
    pub(super) fn new(most: Option<usize>) -> Self {
        let files = open_files();
        let left = files.saturating_sub(OTHER_FILES + SPARE);
        let allowed = (left / 2).clamp(1, MOST);
        let most = most.map_or(allowed, |most| most.min(left.max(1)));
        tracing::info!(most, files, "connections");
        Self { most, open: Mutex::default() }
    }

    /// A place for one more.
    pub(super) fn join(self: &Arc<Self>) -> Seat {
        let mut open = self.lock();
        open.next += 1;
        open.alive += 1;
        let number = open.next;
        let (for_what, cut) = if open.any < self.most {
            open.any += 1;
            (Use::Any, None)
        } else {
            let cut = CancellationToken::new();
            if open.spare.len() >= SPARE
                && let Some((_, oldest)) = open.spare.pop_front()
            {
                oldest.cancel();
            }
            open.spare.push_back((number, cut.clone()));
            (Use::HealthOnly, Some(cut))
        };
        drop(open);
        let open = meters().connection();
        Seat { crowd: Arc::clone(self), for_what, cut, number, _open: open }
    }

    /// Are there more than there may be, since those that were cut aren't gone yet?
    pub(super) fn is_overfull(&self) -> bool {
        self.lock().alive > self.most + 2 * SPARE
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.crowd.lock();
        open.alive -= 1;
        match self.for_what {
            Use::Any => open.any -= 1,
            Use::HealthOnly => open.spare.retain(|(number, _)| *number != self.number),
        }
    }
}

/// The process's limit of open files.
fn open_files() -> usize {
    let files = getrlimit(Resource::Nofile).current;
    files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}

/// Raises the soft limit of open files towards the hard one: many systems set it low for programs of
/// another age.
pub(super) fn raise_open_files() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED_FILES, |maximum| maximum.min(WANTED_FILES));
    if current.is_some_and(|current| current < wanted) {
        let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
        if let Err(error) = raised {
            tracing::warn!(%error, "the limit of open files can't be raised");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_house_lets_in_who_asks_for_health_and_the_newest_of_them() {
        let crowd = Arc::new(Crowd::new(Some(2)));
        let inside = [crowd.join(), crowd.join()];
        assert!(inside.iter().all(|seat| seat.for_what == Use::Any));
        let spare: Vec<_> = (0..SPARE).map(|_| crowd.join()).collect();
        assert!(spare.iter().all(|seat| seat.for_what == Use::HealthOnly));
        let is_cut = |seat: &Seat| seat.cut.as_ref().is_some_and(CancellationToken::is_cancelled);
        assert!(!is_cut(&spare[0]));
        let newest = crowd.join();
        assert!(is_cut(&spare[0]) && !is_cut(&spare[1]));
        let more: Vec<_> = (1..SPARE).map(|_| crowd.join()).collect();
        assert!(!crowd.is_overfull());
        let one_more = crowd.join();
        assert!(crowd.is_overfull());
        drop((spare, newest, more, one_more));
        assert!(crowd.lock().spare.is_empty() && !crowd.is_overfull());
        drop(inside);
        assert_eq!(crowd.lock().any, 0);
        assert_eq!(crowd.join().for_what, Use::Any);
    }
}
