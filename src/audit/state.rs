//! What the writing thread and those who hand lines to it tell each other: whether lines get out,
//! what was lost meanwhile, and the chain's head.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use super::chain::Head;
use crate::clock::Clock;

/// Shared by the writing thread and every entrance to it.
#[derive(Debug)]
pub(super) struct State {
    clock: Clock,
    origin: Instant,
    /// How long lines may take to get out before that counts as not getting out.
    patience: Duration,
    failing: watch::Sender<bool>,
    /// Milliseconds after `origin`, and one, at which the lines that are on their way were begun; 0
    /// where none are.
    busy: AtomicU64,
    head: Mutex<Option<Head>>,
    gap: Mutex<Option<Gap>>,
    reopen: AtomicBool,
    /// Has the log been told that lines don't get out?
    told: AtomicBool,
}

/// What isn't on record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// Records of calls that were served.
    pub(super) records: u64,
    /// Calls that weren't begun.
    pub(super) refused: u64,
    pub(super) since: SystemTime,
    pub(super) until: SystemTime,
}

impl State {
    pub(super) fn new(patience: Duration, clock: Clock) -> Self {
        Self {
            clock,
            origin: Instant::now(),
            patience,
            failing: watch::Sender::new(false),
            busy: AtomicU64::new(0),
            head: Mutex::new(None),
            gap: Mutex::new(None),
            reopen: AtomicBool::new(false),
            told: AtomicBool::new(false),
        }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// True while lines don't get out, or not in time.
    pub(super) fn is_stuck(&self) -> bool {
        if *self.failing.borrow() {
            return true;
        }
        let began = self.busy.load(Ordering::Relaxed);
        let late = began != 0 && self.now().saturating_sub(began) > millis(self.patience);
        if late {
            self.tell(ErrorKind::TimedOut);
        }
        late
    }

    /// Waits until lines fail to get out.
    pub(super) async fn failed(&self) {
        let mut failing = self.failing.subscribe();
        // The sender lives as long as `self`.
        let _ = failing.wait_for(|failing| *failing).await;
    }

    pub(super) fn begins(&self) {
        self.busy.store(self.now(), Ordering::Relaxed);
    }

    /// Lines are out up to this one.
    pub(super) fn ends(&self, head: Option<Head>) {
        *lock(&self.head) = head;
        self.busy.store(0, Ordering::Relaxed);
        self.failing.send_replace(false);
        if self.told.swap(false, Ordering::Relaxed) {
            tracing::warn!("audit records are written again");
        }
    }

    pub(super) fn fails(&self, error: &std::io::Error) {
        self.failing.send_replace(true);
        self.tell(error.kind());
    }

    /// Once a failure.
    fn tell(&self, kind: ErrorKind) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::error!(?kind, "audit records can't be written");
        }
    }

    pub(super) fn head(&self) -> Option<Head> {
        lock(&self.head).clone()
    }

    /// Counts what isn't on record.
    pub(super) fn miss(&self, records: u64, refused: u64) {
        let now = self.clock.now();
        let mut gap = lock(&self.gap);
        let gap = gap.get_or_insert(Gap { records: 0, refused: 0, since: now, until: now });
        gap.records += records;
        gap.refused += refused;
        gap.until = now;
    }

    pub(super) fn take_gap(&self) -> Option<Gap> {
        lock(&self.gap).take()
    }

    pub(super) fn ask_to_reopen(&self) {
        self.reopen.store(true, Ordering::Release);
    }

    pub(super) fn is_asked_to_reopen(&self) -> bool {
        self.reopen.swap(false, Ordering::AcqRel)
    }

    fn now(&self) -> u64 {
        millis(self.origin.elapsed()) + 1
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX - 1)
}

/// What is locked here is whole after each statement, so that a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
