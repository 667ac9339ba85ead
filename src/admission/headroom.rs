//! How many at once the processor keeps up with. Too much work shows in how long a task that is ready waits for
//! its turn, and in nothing else: a call that waits for a slow service takes a place and no time. So a probe
//! measures that wait. While it stays long fewer are let in at once, and more where it is short and somebody
//! stands in line; or, whatever it is, where no place is given back: a processor that others keep busy is no
//! reason to have everybody wait for the calls of a service that doesn't answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use super::locked;

/// A task's wait that is too long, if no shorter one is seen meanwhile, and one that is short.
const LONG: Duration = Duration::from_micros(500);
const SHORT: Duration = Duration::from_micros(250);
/// Looks between two changes. The shortest wait among them counts: a process that was held up as a whole sees
/// one long wait, one that has too much to do sees nothing else.
const LOOKS: u32 = 4;
/// The least for each core: with fewer at once a core may have nothing to do while services answer.
const PER_CORE: usize = 4;

/// How many at once, between a least number that keeps the cores busy and the most that there may be.
#[derive(Debug)]
pub struct Headroom {
    now: AtomicUsize,
    least: usize,
    most: usize,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    looks: u32,
    shortest: Duration,
}

/// Whether there should be more places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nobody stands in line.
    None,
    /// Somebody does.
    More,
    /// Somebody does, and places aren't given back.
    Urgent,
}

const NOTHING: Seen = Seen { looks: 0, shortest: Duration::MAX };

impl Headroom {
    /// At first as many as keep the cores of this machine busy.
    pub fn new(most: usize) -> Self {
        let cores = available_parallelism().map_or(1, std::num::NonZero::get);
        Self::between((cores * PER_CORE).min(most), most)
    }

    pub(super) fn between(least: usize, most: usize) -> Self {
        Self { now: AtomicUsize::new(least), least, most, seen: Mutex::new(NOTHING) }
    }

    /// So many now.
    pub fn now(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }

    /// There can't be more.
    pub(super) fn is_whole(&self) -> bool {
        self.now() >= self.most
    }

    /// Looks once how long a task waits for its turn.
    pub(super) async fn probe(&self, wish: impl Fn() -> Wish) {
        let ready = Instant::now();
        tokio::task::yield_now().await;
        self.look(ready.elapsed(), wish);
    }

    /// It isn't the same always.
    pub(super) fn can_change(&self) -> bool {
        self.least < self.most
    }

    /// The processor was late, in a test.
    #[cfg(test)]
    pub(super) fn late(&self) {
        self.look(LONG * 2, || Wish::None);
    }

    fn look(&self, wait: Duration, wish: impl Fn() -> Wish) {
        let mut seen = locked(&self.seen);
        seen.shortest = seen.shortest.min(wait);
        seen.looks += 1;
        if seen.looks < LOOKS {
            return;
        }
        let (now, shortest) = (self.now(), seen.shortest);
        *seen = NOTHING;
        let wish = wish();
        let next = if wish == Wish::Urgent || (wish == Wish::More && shortest < SHORT) {
            now + now / 8 + 1
        } else if shortest > LONG {
            now - (now / 5).max(1)
        } else {
            now
        };
        self.now.store(next.clamp(self.least, self.most), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(headroom: &Headroom, waits: [u64; 4], wish: Wish) -> usize {
        for wait in waits {
            headroom.look(Duration::from_micros(wait), || wish);
        }
        headroom.now()
    }

    #[test]
    fn it_grows_while_somebody_waits_in_vain_and_shrinks_while_the_processor_is_late() {
        let headroom = Headroom::between(16, 512);
        assert_eq!(looks(&headroom, [10, 10, 10, 10], Wish::None), 16, "nobody wants more");
        for _ in 0..40 {
            looks(&headroom, [10, 10, 10, 10], Wish::More);
        }
        assert_eq!(headroom.now(), 512);
        assert!(headroom.is_whole());
        assert_eq!(looks(&headroom, [90_000, 10, 10, 10], Wish::None), 512, "held up once");
        assert_eq!(
            looks(&headroom, [400, 9000, 9000, 9000], Wish::More),
            512,
            "neither long nor short"
        );
        for _ in 0..40 {
            looks(&headroom, [9000, 9000, 5000, 9000], Wish::More);
        }
        assert_eq!(headroom.now(), 16);
        assert_eq!(looks(&headroom, [9000, 9000, 9000, 9000], Wish::Urgent), 19);
    }
}
