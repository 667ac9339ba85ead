//! Admission control: how often ([`Rate`], [`Rates`]) and how many at once ([`Places`] by [`Headroom`],
//! [`Shares`]).
//! The layers of the HTTP server, the pipeline and the accept loop ask before they begin something;
//! what they say to who is turned away is theirs. Everything here is bounded, whoever asks.

mod headroom;
mod places;
mod rate;
mod shares;
mod ticks;

pub use headroom::Headroom;
pub use places::{Place, Places};
pub use rate::{Quota, Rate, Rates, TooMany};
pub use shares::{Share, Shares};
pub(crate) use ticks::Ticks;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many at once, and what the others get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// At once.
    pub most: usize,
    /// Further ones that wait for their turn; one more is turned away at once.
    pub waiting: usize,
    /// How long they wait.
    pub patience: Duration,
}

/// Nothing that is done under these locks can panic half-way, so a poisoned one is as good.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
