//! The one source of time. Everything that expires asks a [`Clock`] that it was handed, so that a
//! test can move time by hand. `clippy.toml` bans the direct calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Wall time, as a value that is passed in.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until [`Clock::advance`] moves it.
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// A clock that shows the machine's present time and stands still there.
    pub fn manual() -> Self {
        Self::Manual(Arc::new(AtomicU64::new(to_millis(system_now()))))
    }

    /// The present moment.
    pub fn now(&self) -> SystemTime {
        match self {
            Self::System => system_now(),
            Self::Manual(millis) => {
                UNIX_EPOCH + Duration::from_millis(millis.load(Ordering::Relaxed))
            }
        }
    }

    /// Whole seconds since 1970-01-01T00:00:00Z (RFC 7519 `NumericDate`, rounded down).
    pub fn unix_seconds(&self) -> u64 {
        to_millis(self.now()) / 1000
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_millis(&self) -> u64 {
        to_millis(self.now())
    }

    /// Sets a manual clock back, as a machine's is that went wrong; a system clock stays what it is.
    pub fn set_back(&self, by: Duration) {
        if let Self::Manual(millis) = self {
            let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            millis.fetch_sub(by, Ordering::Relaxed);
        }
    }

    /// Moves a manual clock on; a system clock stays what it is.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(millis) = self {
            let by = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
            millis.fetch_add(by, Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
fn system_now() -> SystemTime {
    SystemTime::now()
}

fn to_millis(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
