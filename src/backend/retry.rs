//! Whether and when a failed request is sent again. What reads may go again after most failures that
//! pass; what writes only where nothing can have been carried out, under the same idempotency key.
//! Over all requests retries stay under a tenth, so that they never add to a service's trouble.

use std::time::Duration;

use tower::retry::budget::{Budget as _, TpsBudget};

use crate::seal;

/// How far back requests count for the share of retries.
const WINDOW: Duration = Duration::from_secs(10);
/// Retries a second that are allowed however few requests there are.
const RESERVE: u32 = 1;
/// The share of requests that may go again.
const SHARE: f32 = 0.1;
/// A first wait is at most this long; each further one at most twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// The longest wait that a service may ask for and is given. Longer ones are told to the caller.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// How an attempt failed, as far as another one may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// No connection: nothing was sent.
    Unconnected,
    /// 429 or 503, with the wait that was asked for: refused unread.
    TurnedAway(Option<Duration>),
    /// The connection broke, or a gateway lost the service: whether it was carried out isn't known.
    Lost,
    /// Anything else: another attempt would end alike, or comes too late.
    ForGood,
}

/// One service's retries.
pub(super) struct Retries {
    most: u32,
    budget: TpsBudget,
}

impl Retries {
    pub(super) fn new(most: u32) -> Self {
        Self { most, budget: TpsBudget::new(WINDOW, RESERVE, SHARE) }
    }

    /// Counts a request that is sent for the first time.
    pub(super) fn first(&self) {
        self.budget.deposit();
    }

    /// How long to wait before the attempt after the `made`th; none where there is to be no other.
    /// `left`: how long the request may still take.
    pub(super) fn after(
        &self,
        failed: Failed,
        made: u32,
        writes: bool,
        left: Duration,
    ) -> Option<Duration> {
        let wait = match failed {
            Failed::ForGood => return None,
            Failed::Lost if writes => return None,
            Failed::TurnedAway(Some(asked)) if asked > LONGEST_WAIT => return None,
            Failed::TurnedAway(Some(asked)) => asked,
            Failed::TurnedAway(None) | Failed::Lost | Failed::Unconnected => jittered(made),
        };
        (made <= self.most && wait < left && self.budget.withdraw()).then_some(wait)
    }
}

/// Anything up to the bound, so that those who failed together don't come again together.
fn jittered(made: u32) -> Duration {
    let bound = FIRST_WAIT * 2_u32.saturating_pow(made.saturating_sub(1).min(5));
    let share = seal::random_bytes::<1>().map_or(255, |[byte]| byte);
    bound * u32::from(share) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Duration = Duration::from_secs(5);

    #[test]
    fn a_write_goes_again_only_where_nothing_was_carried_out() {
        let may = |failed, writes| Retries::new(2).after(failed, 1, writes, LEFT).is_some();
        for failed in [Failed::Unconnected, Failed::TurnedAway(None)] {
            assert!(may(failed, true) && may(failed, false), "{failed:?}");
        }
        assert!(may(Failed::Lost, false) && !may(Failed::Lost, true));
        assert!(!may(Failed::ForGood, false) && !may(Failed::ForGood, true));
    }

    #[test]
    fn the_asked_wait_is_kept_to_or_told() {
        let retries = Retries::new(2);
        let asked = |seconds, left| {
            let failed = Failed::TurnedAway(Some(Duration::from_secs(seconds)));
            retries.after(failed, 1, false, left)
        };
        assert_eq!(asked(1, LEFT), Some(Duration::from_secs(1)));
        assert_eq!(asked(3, LEFT), None);
        assert_eq!(asked(2, Duration::from_secs(1)), None);
    }

    #[test]
    fn attempts_and_their_share_are_bounded() {
        let retries = Retries::new(2);
        let again = |made| retries.after(Failed::Unconnected, made, false, LEFT);
        assert!(again(2).is_some() && again(3).is_none());
        assert_eq!(Retries::new(0).after(Failed::Unconnected, 1, false, LEFT), None);
        let retries = Retries::new(1);
        let allowed = (0..1000)
            .filter(|_| {
                retries.first();
                retries.after(Failed::Unconnected, 1, false, LEFT).is_some()
            })
            .count();
        assert!((100..=130).contains(&allowed), "{allowed}");
    }

    #[test]
    fn waits_grow_to_a_bound() {
        for made in 1..20 {
            assert!(jittered(made) <= Duration::from_millis(3200));
        }
    }
}
