//! Requests that weren't let in, for the record: nobody is known by then, so that anybody could fill
//! the disk with them. The first of each reason is recorded at once, the others once a minute, by
//! their count; the log tells some of each minute's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use super::event::Denied;
use super::sink::Sink;
use crate::clock::Clock;

/// How far apart two records of one reason are, ordinarily.
const APART: Duration = Duration::from_mins(1);
/// How many of one reason the log tells meanwhile.
const LOGGED: u64 = 20;
/// Most reasons that are told apart; there are fewer.
const REASONS: usize = 64;

/// Counts of requests that weren't let in.
#[derive(Clone, Debug)]
pub struct Denials(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    sink: Sink,
    clock: Clock,
    /// How far apart two records of one reason are.
    apart: Duration,
    open: Mutex<BTreeMap<String, Count>>,
}

#[derive(Debug)]
struct Count {
    seen: u64,
    /// Of these, not on record yet.
    waiting: u64,
    since: SystemTime,
}

impl Denials {
    /// Counts that are recorded there.
    pub fn new(sink: Sink, clock: Clock) -> Self {
        Self::every(APART, sink, clock)
    }

    pub(super) fn every(apart: Duration, sink: Sink, clock: Clock) -> Self {
        Self(Arc::new(Counts { sink, clock, apart, open: Mutex::default() }))
    }

    /// Counts one. True where the log may tell of it by itself. Called within the runtime.
    ///
    /// `reason` is one of a closed set, and says nothing of what the request held.
    pub fn count(&self, reason: &str) -> bool {
        let counts = &self.0;
        let now = counts.clock.now();
        let Ok(mut open) = counts.open.lock() else { return false };
        if let Some(count) = open.get_mut(reason) {
            if count.waiting == 0 {
                count.since = now;
            }
            count.seen += 1;
            count.waiting += 1;
            return count.seen <= LOGGED;
        }
        if open.len() >= REASONS {
            return false;
        }
        open.insert(reason.to_owned(), Count { seen: 1, waiting: 0, since: now });
        drop(open);
        counts.sink.note(Denied::line(&counts.clock, reason, 1, now));
        tokio::spawn(tell_later(Arc::downgrade(counts), counts.apart, reason.to_owned()));
        true
    }
}

/// Tells each minute what came meanwhile, until nothing does.
async fn tell_later(counts: Weak<Counts>, apart: Duration, reason: String) {
    loop {
        tokio::time::sleep(apart).await;
        let Some(counts) = counts.upgrade() else { return };
        let mut open = counts.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = open.get_mut(&reason) else { return };
        if count.waiting == 0 {
            open.remove(&reason);
            return;
        }
        let line = Denied::line(&counts.clock, &reason, count.waiting, count.since);
        (count.seen, count.waiting) = (0, 0);
        drop(open);
        counts.sink.note(line);
    }
}

impl Drop for Counts {
    fn drop(&mut self) {
        let open = std::mem::take(self.open.get_mut().unwrap_or_else(PoisonError::into_inner));
        for (reason, count) in open.into_iter().filter(|(_, count)| count.waiting > 0) {
            self.sink.note(Denied::line(&self.clock, &reason, count.waiting, count.since));
        }
    }
}
