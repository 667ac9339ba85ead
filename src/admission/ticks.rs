//! The program's clock as governor reads it.

use std::sync::{Arc, Mutex};

use governor::nanos::Nanos;

use super::locked;
use crate::clock::Clock;

/// A clock that was set back goes on from where it was, or everybody would wait until it has caught
/// up.
#[derive(Clone, Debug)]
pub(crate) struct Ticks {
    clock: Clock,
    shown: Arc<Mutex<Shown>>,
}

/// In milliseconds.
#[derive(Debug, Default)]
struct Shown {
    last: u64,
    ahead: u64,
}

impl Ticks {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, shown: Arc::default() }
    }

    /// The clock that is read, in unix milliseconds.
    pub(crate) fn unix_millis(&self) -> u64 {
        self.clock.unix_millis()
    }
}

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let read = self.clock.unix_millis();
        let mut shown = locked(&self.shown);
        if read.saturating_add(shown.ahead) < shown.last {
            shown.ahead = shown.last - read;
        }
        shown.last = read.saturating_add(shown.ahead);
        Nanos::new(shown.last.saturating_mul(1_000_000))
    }
}
