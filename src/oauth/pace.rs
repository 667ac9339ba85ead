//! How often strangers may make us work: a budget for each address and one for all of them. The
//! registrations and the fetching of client documents ask it before they do anything. Its memory is
//! bounded; where it is full, who is new waits.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{NotUntil, Quota, RateLimiter};

use crate::admission::Ticks;
use crate::clock::Clock;

/// The most addresses that are remembered.
const MAX_ADDRESSES: usize = 10_000;
/// How often those that are as good as new are looked for while it is full.
const SWEEP_EVERY: u64 = 1000;

/// How many a minute, and how many at once after a pause.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// From one address (IPv6: one /64).
    pub each: NonZeroU32,
    /// From all of them together.
    pub all: NonZeroU32,
}

impl Budget {
    /// So many a minute from one address, and so many from all. Zero counts as one.
    pub const fn per_minute(each: u32, all: u32) -> Self {
        const fn at_least_one(number: u32) -> NonZeroU32 {
            match NonZeroU32::new(number) {
                Some(number) => number,
                None => NonZeroU32::MIN,
            }
        }
        Self { each: at_least_one(each), all: at_least_one(all) }
    }
}

/// The budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many in a short time")]
pub struct TooFast {
    /// When to come again; at least a second.
    pub retry_after: Duration,
}

type Limiter<K, S> = RateLimiter<K, S, Ticks, NoOpMiddleware<Nanos>>;

/// A budget in use.
pub struct Pace {
    each: Limiter<Group, HashMapStateStore<Group>>,
    all: Limiter<NotKeyed, InMemoryState>,
    ticks: Ticks,
    /// When the full memory was last swept, in unix milliseconds.
    swept: AtomicU64,
}

impl Pace {
    /// A budget that nobody has spent of yet.
    pub fn new(budget: Budget, clock: Clock) -> Self {
        let ticks = Ticks::new(clock);
        Self {
            each: RateLimiter::hashmap_with_clock(Quota::per_minute(budget.each), ticks.clone()),
            all: RateLimiter::direct_with_clock(Quota::per_minute(budget.all), ticks.clone()),
            ticks,
            swept: AtomicU64::new(0),
        }
    }

    /// Spends one.
    ///
    /// # Errors
    /// Where the address, or all together, were too fast.
    pub fn take(&self, from: IpAddr) -> Result<(), TooFast> {
        self.make_room()?;
        self.each.check_key(&Group::of(from)).map_err(|not| self.wait(&not))?;
        self.all.check().map_err(|not| self.wait(&not))
    }

    fn wait(&self, not: &NotUntil<Nanos>) -> TooFast {
        let wait = not.wait_time_from(self.ticks.now());
        TooFast { retry_after: Duration::from_secs(wait.as_secs().saturating_add(1)) }
    }

    fn make_room(&self) -> Result<(), TooFast> {
        if self.each.len() < MAX_ADDRESSES {
            return Ok(());
        }
        let now = self.ticks.unix_millis();
        let swept = self.swept.load(Ordering::Relaxed);
        if now.abs_diff(swept) >= SWEEP_EVERY {
            self.swept.store(now, Ordering::Relaxed);
            self.each.retain_recent();
        }
        if self.each.len() < MAX_ADDRESSES {
            return Ok(());
        }
        Err(TooFast { retry_after: Duration::from_mins(1) })
    }
}

/// Addresses that one subscriber can choose among: an IPv4 address, an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Group {
    V4(Ipv4Addr),
    V6([u16; 4]),
}

impl Group {
    fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::V4(ip),
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nth(at: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0b00_0000 + at))
    }

    #[test]
    fn case_036_no_more_than_so_many_addresses_are_remembered() {
        let clock = Clock::manual();
        let pace = Pace::new(Budget::per_minute(1, 1_000_000), clock.clone());
        let most = u32::try_from(MAX_ADDRESSES).unwrap();
        for at in 0..most {
            assert!(pace.take(nth(at)).is_ok());
        }
        assert!(pace.take(nth(most)).is_err(), "there is room for one more");
        assert_eq!(pace.each.len(), MAX_ADDRESSES);
        // Those that are as good as new are forgotten.
        clock.advance(Duration::from_mins(2));
        assert!(pace.take(nth(most)).is_ok());
        assert_eq!(pace.each.len(), 1);
    }

    #[test]
    fn whoever_is_too_fast_is_told_for_how_long() {
        let clock = Clock::manual();
        let pace = Pace::new(Budget::per_minute(2, 3), clock.clone());
        assert!(pace.take(nth(0)).is_ok() && pace.take(nth(0)).is_ok());
        let wait = pace.take(nth(0)).unwrap_err().retry_after;
        assert_eq!(wait, Duration::from_secs(31));
        clock.advance(wait);
        assert!(pace.take(nth(0)).is_ok());
    }
}
