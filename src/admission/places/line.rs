//! The line in front of the places: how many may stand in it. While it is young it is long, since a burst will
//! be over. When it is old it is shorter: what isn't over holds up everybody. And once somebody had to be turned
//! away from an old line it is as short as can be, since a longer one would only hold up the others.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// An old line, as a share of a young one.
const OLD: usize = 4;
/// The shortest line, as a share of the places.
const SHORT: usize = 4;
/// How long after the last one was turned away it is that short.
const SHORT_FOR: Duration = Duration::from_secs(1);
/// How long it is watched, while somebody waits, how many places are given back.
const WATCHED: Duration = Duration::from_millis(100);
/// A place that is held for longer than this many times that isn't held for want of the processor alone.
const HELD_UP: usize = 3;

/// Who waits, and for how long there has been somebody.
#[derive(Debug)]
pub(super) struct Line {
    waiting: AtomicUsize,
    /// The most who wait while the line is young.
    most: usize,
    /// Who came to the line or was turned away since it was last empty. Counted and not timed, since what is
    /// a long time depends on the machine.
    came: AtomicUsize,
    /// The line is old from this number on.
    old: usize,
    began: Instant,
    /// Milliseconds since then, until which the line is short.
    short_until: AtomicU64,
    /// Milliseconds since then, when it was begun to watch whether places are given back.
    watched: AtomicU64,
    /// How many were since.
    given_back: AtomicUsize,
    /// What was seen the time before.
    is_held_up: AtomicBool,
}

/// A place in the line; whoever gives up leaves it too.
pub(super) struct InLine<'a>(&'a Line);

impl Line {
    /// Nobody waits. The line is old when twice as many have come as there are places at most.
    pub(super) fn new(most: usize, places: usize) -> Self {
        Self {
            waiting: AtomicUsize::new(0),
            most,
            came: AtomicUsize::new(0),
            old: places.saturating_mul(2),
            began: Instant::now(),
            short_until: AtomicU64::new(0),
            watched: AtomicU64::new(0),
            given_back: AtomicUsize::new(0),
            is_held_up: AtomicBool::new(false),
        }
    }

    /// One more, unless the line is as long as it may be with so many places.
    pub(super) fn join(&self, places: usize) -> Option<InLine<'_>> {
        let most = self.most(places);
        let one_more = |waiting| (waiting < most).then_some(waiting + 1);
        let joined = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        match joined {
            Ok(0) => self.watch(false),
            Ok(_) => {}
            Err(_) => {
                self.turned_away();
                return None;
            }
        }
        self.came.fetch_add(1, Ordering::Relaxed);
        Some(InLine(self))
    }

    /// Whether somebody waits, and this many places are held for so long that it is others than the processor who
    /// hold them.
    pub(super) fn is_held_up(&self, places: usize) -> bool {
        let since = self.watched.load(Ordering::Relaxed);
        if millis(self.began.elapsed()).saturating_sub(since) >= millis(WATCHED) {
            let given_back = self.given_back.load(Ordering::Relaxed);
            self.watch(given_back.saturating_mul(HELD_UP) < places);
        }
        self.len() > 0 && self.is_held_up.load(Ordering::Relaxed)
    }

    pub(super) fn is_full(&self, places: usize) -> bool {
        self.len() >= self.most(places)
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Somebody gave their place back.
    pub(super) fn moves_on(&self) {
        self.given_back.fetch_add(1, Ordering::Relaxed);
    }

    /// Nobody had to wait.
    pub(super) fn is_over(&self) {
        if self.came.load(Ordering::Relaxed) > 0 {
            self.came.store(0, Ordering::Relaxed);
        }
    }

    pub(super) fn turned_away(&self) {
        let came = self.came.fetch_add(1, Ordering::Relaxed);
        if came > self.old || self.is_short() {
            let until = self.began.elapsed() + SHORT_FOR;
            self.short_until.store(millis(until), Ordering::Relaxed);
        }
    }

    fn most(&self, places: usize) -> usize {
        let shorter = if self.is_short() {
            places / SHORT
        } else if self.came.load(Ordering::Relaxed) > self.old {
            self.most / OLD
        } else {
            self.most
        };
        shorter.clamp(1, self.most.max(1))
    }

    fn watch(&self, is_held_up: bool) {
        self.is_held_up.store(is_held_up, Ordering::Relaxed);
        self.given_back.store(0, Ordering::Relaxed);
        self.watched.store(millis(self.began.elapsed()), Ordering::Relaxed);
    }

    fn is_short(&self) -> bool {
        millis(self.began.elapsed()) < self.short_until.load(Ordering::Relaxed)
    }
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_in(line: &Line, places: usize, count: usize) -> Vec<InLine<'_>> {
        let waiting = (0..count).map(|_| line.join(places).unwrap()).collect();
        assert!(line.is_full(places) && line.join(places).is_none());
        waiting
    }

    #[test]
    fn a_line_that_does_not_end_is_shorter_and_shortest_while_it_is_not_enough() {
        let line = Line::new(16, 32);
        drop(wait_in(&line, 8, 16));
        line.is_over();
        for _ in 0..=64 {
            assert!(!line.is_full(8));
            drop(line.join(8));
        }
        let old = (0..4).map(|_| line.join(8).unwrap()).collect::<Vec<_>>();
        assert!(line.is_full(8) && !line.is_short());
        line.turned_away();
        drop(old);
        drop(wait_in(&line, 8, 2));
        line.is_over();
        drop(wait_in(&line, 8, 2));
        // That second is over, and so is the line.
        line.short_until.store(0, Ordering::Relaxed);
        line.is_over();
        drop(wait_in(&line, 8, 16));
    }

    #[test]
    fn places_that_are_not_given_back_hold_the_line_up() {
        let mut line = Line::new(16, 32);
        line.began -= WATCHED * 2;
        let line = line;
        let passes = |given_back| {
            line.given_back.store(given_back, Ordering::Relaxed);
            line.watched.store(0, Ordering::Relaxed);
        };
        passes(0);
        assert!(!line.is_held_up(8), "nobody waits");
        let _one = line.join(8).unwrap();
        assert!(!line.is_held_up(8), "too early to tell");
        passes(0);
        assert!(line.is_held_up(8) && line.is_held_up(8), "until the next time");
        drop(line.join(8).unwrap());
        assert!(line.is_held_up(8), "who comes to a line that stands changes nothing");
        passes(2);
        line.moves_on();
        assert!(!line.is_held_up(8), "three of eight in that time are soon enough");
        passes(3);
        assert!(line.is_held_up(10));
    }
}
