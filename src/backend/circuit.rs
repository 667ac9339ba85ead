//! Whether a service is asked at all (a circuit breaker). After some failures in a row it is left alone,
//! connections included, and calls end at once; then one request tries it, and its end decides. Changes
//! are logged and counted here and nowhere else.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::telemetry::meters;

/// One service's breaker.
pub(super) struct Circuit {
    service: String,
    /// Failures in a row that open it; 0: it stays closed.
    limit: u32,
    rest: Duration,
    clock: Clock,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    /// How often it opened since the start.
    opened: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The service is asked; so many failures in a row.
    Closed(u32),
    /// It is left alone until then, in milliseconds since 1970.
    Open(u64),
    /// One request tries it.
    Trying,
}

/// The leave to ask once. Whoever holds it says how it ended; one that is dropped was given up by the
/// caller, which tells something of the service only where it had waited for long.
pub(super) struct Leave<'a> {
    circuit: &'a Circuit,
    tries: bool,
    since: Instant,
    long: Duration,
    said: bool,
}

impl Circuit {
    pub(super) fn new(service: &str, limit: u32, rest: Duration, clock: Clock) -> Self {
        let inner = Mutex::new(Inner { state: State::Closed(0), opened: 0 });
        meters().circuit(service, false);
        Self { service: service.to_owned(), limit, rest, clock, inner }
    }

    /// Leave to ask; none while the service is left alone. Who gives up after more than `long` counts
    /// as a failure.
    pub(super) fn leave(&self, long: Duration) -> Option<Leave<'_>> {
        let mut inner = self.lock();
        let tries = match inner.state {
            State::Closed(_) => false,
            State::Open(until) if until <= self.clock.unix_millis() => {
                inner.state = State::Trying;
                true
            }
            State::Open(_) | State::Trying => return None,
        };
        Some(Leave { circuit: self, tries, since: Instant::now(), long, said: false })
    }

    /// Would there be leave?
    pub(super) fn is_open(&self) -> bool {
        match self.lock().state {
            State::Closed(_) => false,
            State::Open(until) => until > self.clock.unix_millis(),
            State::Trying => true,
        }
    }

    fn good(&self, tries: bool) {
        let mut inner = self.lock();
        match inner.state {
            State::Trying if tries => {
                inner.state = State::Closed(0);
                meters().circuit(&self.service, false);
                tracing::info!(service = self.service, opened = inner.opened, "asked again");
            }
            State::Closed(_) => inner.state = State::Closed(0),
            // Asked before it was left alone: too old to tell anything.
            State::Open(_) | State::Trying => {}
        }
    }

    fn bad(&self, tries: bool) {
        let mut inner = self.lock();
        let failures = match inner.state {
            State::Closed(failures) => failures.saturating_add(1),
            State::Trying if tries => self.limit,
            State::Open(_) | State::Trying => return,
        };
        if self.limit == 0 || failures < self.limit {
            inner.state = State::Closed(failures);
            return;
        }
        let rest = u64::try_from(self.rest.as_millis()).unwrap_or(u64::MAX);
        inner.state = State::Open(self.clock.unix_millis().saturating_add(rest));
        inner.opened += 1;
        meters().circuit(&self.service, true);
        let for_ms = rest;
        if tries {
            tracing::info!(service = self.service, for_ms, opened = inner.opened, "still failing");
        } else {
            tracing::warn!(service = self.service, for_ms, opened = inner.opened, "left alone");
        }
    }

    /// The one that tried was given up before it could tell: the next one tries.
    fn untold(&self, tries: bool) {
        let mut inner = self.lock();
        if tries && inner.state == State::Trying {
            inner.state = State::Open(self.clock.unix_millis());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Leave<'_> {
    /// The service works, whatever it answered.
    pub(super) fn good(mut self) {
        self.said = true;
        self.circuit.good(self.tries);
    }

    /// The service doesn't do its part.
    pub(super) fn bad(mut self) {
        self.said = true;
        self.circuit.bad(self.tries);
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.said {
            return;
        }
        if self.since.elapsed() >= self.long {
            self.circuit.bad(self.tries);
        } else {
            self.circuit.untold(self.tries);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: Duration = Duration::from_secs(5);
    const LONG: Duration = Duration::from_mins(1);

    fn circuit(clock: &Clock) -> Circuit {
        Circuit::new("mapped", 3, REST, clock.clone())
    }

    fn fail(circuit: &Circuit, times: usize) {
        for _ in 0..times {
            circuit.leave(LONG).unwrap().bad();
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_request_tries() {
        let clock = Clock::manual();
        let circuit = circuit(&clock);
        fail(&circuit, 2);
        circuit.leave(LONG).unwrap().good();
        fail(&circuit, 2);
        assert!(!circuit.is_open());
        fail(&circuit, 1);
        assert!(circuit.is_open() && circuit.leave(LONG).is_none());
        clock.advance(REST);
        let trying = circuit.leave(LONG).unwrap();
        assert!(circuit.leave(LONG).is_none(), "two tried at once");
        trying.bad();
        assert!(circuit.leave(LONG).is_none());
        clock.advance(REST);
        circuit.leave(LONG).unwrap().good();
        fail(&circuit, 2);
        assert!(!circuit.is_open());
        assert_eq!(circuit.lock().opened, 2);
    }

    #[test]
    fn one_that_is_given_up_lets_the_next_one_try_and_counts_after_a_long_wait() {
        let clock = Clock::manual();
        let circuit = circuit(&clock);
        fail(&circuit, 3);
        clock.advance(REST);
        drop(circuit.leave(LONG).unwrap());
        drop(circuit.leave(Duration::ZERO).unwrap());
        assert!(circuit.leave(LONG).is_none());
    }

    #[test]
    fn what_was_asked_before_it_opened_changes_nothing() {
        let clock = Clock::manual();
        let circuit = circuit(&clock);
        let old = [circuit.leave(LONG).unwrap(), circuit.leave(LONG).unwrap()];
        fail(&circuit, 3);
        let [good, bad] = old;
        good.good();
        assert!(circuit.is_open());
        clock.advance(REST);
        let trying = circuit.leave(LONG).unwrap();
        bad.bad();
        trying.good();
        assert!(!circuit.is_open());
    }

    #[test]
    fn without_a_limit_it_never_opens() {
        let circuit = Circuit::new("mapped", 0, REST, Clock::manual());
        fail(&circuit, 100);
        assert!(!circuit.is_open());
    }
}
