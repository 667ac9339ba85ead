//! How much a service's trouble may cost: requests at once, waits, retries, and when it is left alone.

use std::time::Duration;

use super::RawBackend;

/// The bounds around one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resilience {
    /// Requests on their way at once.
    pub max_in_flight: usize,
    /// How long a further one waits for its turn.
    pub max_wait: Duration,
    /// How often one request is tried again.
    pub retries: u32,
    /// Failures in a row after which the service is left alone; 0 never.
    pub failures_to_open: u32,
    /// For how long.
    pub open: Duration,
}

impl RawBackend {
    pub(super) fn resilience(&self) -> Resilience {
        let millis = |number: u32| Duration::from_millis(number.into());
        Resilience {
            max_in_flight: usize::try_from(self.max_in_flight).unwrap_or(usize::MAX),
            max_wait: millis(self.max_wait_ms),
            retries: self.retries,
            failures_to_open: self.failures_to_open,
            open: millis(self.open_ms),
        }
    }
}
