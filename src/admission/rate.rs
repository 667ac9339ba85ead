//! How often: a burst and a refill per second, for all together or for each key. The memory of keys
//! is bounded: those that are as good as new are forgotten, and where that isn't enough who is new
//! waits.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, RateLimiter};

use super::Ticks;
use crate::clock::Clock;

/// How often a full memory is looked through for what can be forgotten, in milliseconds.
const SWEEP_EVERY: u64 = 1000;

/// So many at once after a pause, and so many a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// At once, after a pause.
    pub burst: u32,
    /// From then on; 0: without a limit.
    pub per_second: u32,
}

impl Quota {
    fn of_governor(self) -> Option<governor::Quota> {
        let per_second = NonZeroU32::new(self.per_second)?;
        let burst = NonZeroU32::new(self.burst).unwrap_or(NonZeroU32::MIN);
        Some(governor::Quota::per_second(per_second).allow_burst(burst))
    }
}

/// More than may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many in a short time")]
pub struct TooMany {
    /// When to come again: whole seconds, at least one.
    pub retry_after: Duration,
}

impl TooMany {
    fn until(not: &NotUntil<Nanos>, ticks: &Ticks) -> Self {
        let wait = not.wait_time_from(ticks.now());
        let part = u64::from(wait.subsec_nanos() > 0);
        Self { retry_after: Duration::from_secs((wait.as_secs() + part).max(1)) }
    }
}

type Limiter<K, S> = RateLimiter<K, S, Ticks, NoOpMiddleware<Nanos>>;

/// One rate for all together.
pub struct Rate {
    limiter: Option<Limiter<NotKeyed, InMemoryState>>,
    ticks: Ticks,
}

impl Rate {
    /// A rate of which nothing is spent yet.
    pub fn new(quota: Quota, clock: Clock) -> Self {
        let ticks = Ticks::new(clock);
        let of = |quota| RateLimiter::direct_with_clock(quota, ticks.clone());
        Self { limiter: quota.of_governor().map(of), ticks }
    }

    /// Spends one.
    ///
    /// # Errors
    /// [`TooMany`]
    pub fn take(&self) -> Result<(), TooMany> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        limiter.check().map_err(|not| TooMany::until(&not, &self.ticks))
    }
}

/// A rate for each key.
pub struct Rates<K: Clone + Eq + Hash> {
    limiter: Option<Limiter<K, HashMapStateStore<K>>>,
    ticks: Ticks,
    /// The most keys that are remembered.
    most: usize,
    /// When the full memory was last swept, in unix milliseconds.
    swept: AtomicU64,
}

impl<K: Clone + Eq + Hash> Rates<K> {
    /// Rates of which nothing is spent yet, for so many keys at most.
    pub fn new(quota: Quota, most: usize, clock: Clock) -> Self {
        let ticks = Ticks::new(clock);
        let of = |quota| RateLimiter::hashmap_with_clock(quota, ticks.clone());
        Self { limiter: quota.of_governor().map(of), ticks, most, swept: AtomicU64::new(0) }
    }

    /// Spends one of this key's.
    ///
    /// # Errors
    /// [`TooMany`], also where there is no room to remember another key.
    pub fn take(&self, key: &K) -> Result<(), TooMany> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if limiter.len() >= self.most && !self.made_room(limiter) {
            return Err(TooMany { retry_after: Duration::from_secs(1) });
        }
        limiter.check_key(key).map_err(|not| TooMany::until(&not, &self.ticks))
    }

    fn made_room(&self, limiter: &Limiter<K, HashMapStateStore<K>>) -> bool {
        let now = self.ticks.unix_millis();
        if now.abs_diff(self.swept.load(Ordering::Relaxed)) >= SWEEP_EVERY {
            self.swept.store(now, Ordering::Relaxed);
            limiter.retain_recent();
        }
        limiter.len() < self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { burst: 3, per_second: 2 };

    #[test]
    fn a_burst_then_the_refill_and_whole_seconds_to_wait() {
        let clock = Clock::manual();
        let rate = Rate::new(QUOTA, clock.clone());
        for _ in 0..3 {
            assert_eq!(rate.take(), Ok(()));
        }
        let wait = rate.take().unwrap_err().retry_after;
        assert_eq!(wait, Duration::from_secs(1));
        clock.advance(wait);
        assert_eq!((rate.take(), rate.take()), (Ok(()), Ok(())));
        assert!(rate.take().is_err());
    }

    #[test]
    fn keys_have_each_their_own_and_zero_is_no_limit() {
        let rates = Rates::new(QUOTA, 10, Clock::manual());
        for key in ["a", "b"] {
            assert!((0..3).all(|_| rates.take(&key).is_ok()));
            assert!(rates.take(&key).is_err());
        }
        let free = Rates::new(Quota { burst: 1, per_second: 0 }, 10, Clock::manual());
        assert!((0..100).all(|_| free.take(&"a").is_ok()));
    }

    #[test]
    fn case_120_a_hundred_thousand_people_take_bounded_room() {
        let clock = Clock::manual();
        let rates = Rates::new(Quota { burst: 10, per_second: 5 }, 1000, clock.clone());
        let mut turned_away = 0;
        for person in 0..100_000_u32 {
            turned_away += usize::from(rates.take(&person).is_err());
            if person % 500 == 0 {
                clock.advance(Duration::from_secs(1));
            }
        }
        assert!(rates.limiter.as_ref().unwrap().len() <= 1000);
        assert_eq!(turned_away, 0, "those who are as good as new weren't forgotten");
        // All at the same moment: who is new waits, who is known goes on.
        let still = Rates::new(Quota { burst: 10, per_second: 5 }, 1000, Clock::manual());
        assert_eq!((0..2000_u32).filter(|person| still.take(person).is_ok()).count(), 1000);
        assert_eq!(still.limiter.as_ref().unwrap().len(), 1000);
    }
}
