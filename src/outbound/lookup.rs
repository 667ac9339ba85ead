//! Looking names up without being held up by it. The machine's resolver blocks a thread for as long as
//! it likes; so one lookup of a name runs at a time and everybody who wants the name waits for that
//! one, for a moment and no longer. What was found is kept for a few seconds, what failed for one.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tokio::time::Instant;

/// How long anybody waits for a name.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long an answer is kept, and a failure.
const KEPT: Duration = Duration::from_secs(10);
const FAILED: Duration = Duration::from_secs(1);
/// The most names that are remembered; a client is made for one or two.
const MOST: usize = 64;

/// Why a name has no address.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum NoAddress {
    /// The resolver says so.
    #[error("{0}")]
    Failed(Arc<io::Error>),
    /// The resolver hasn't said anything.
    #[error("the name couldn't be looked up in time")]
    Slow,
}

type Found = Result<Arc<[SocketAddr]>, NoAddress>;
/// Looks one name up.
type Ask = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Lookups by one resolver. Cheap to clone.
#[derive(Clone)]
pub(super) struct Lookups {
    ask: Ask,
    names: Arc<Mutex<HashMap<String, Name>>>,
    patience: Duration,
}

enum Name {
    Known(Found, Instant),
    Asked(Shared<BoxFuture<'static, Found>>),
}

impl Lookups {
    /// By the machine's resolver.
    pub(super) fn of_the_machine() -> Self {
        Self::by(Arc::new(|name| {
            async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.collect()) }.boxed()
        }))
    }

    fn by(ask: Ask) -> Self {
        Self { ask, names: Arc::default(), patience: PATIENCE }
    }

    /// The addresses of a name.
    pub(super) async fn find(&self, name: &str) -> Found {
        let asked = match self.known_or_asked(name) {
            Ok(found) => return found,
            Err(asked) => asked,
        };
        tokio::time::timeout(self.patience, asked).await.unwrap_or(Err(NoAddress::Slow))
    }

    fn known_or_asked(&self, name: &str) -> Result<Found, Shared<BoxFuture<'static, Found>>> {
        let mut names = self.lock();
        match names.get(name) {
            Some(Name::Known(found, until)) if *until > Instant::now() => return Ok(found.clone()),
            Some(Name::Asked(asked)) => return Err(asked.clone()),
            _ => {}
        }
        if names.len() >= MOST {
            names.retain(|_, name| matches!(name, Name::Asked(_)));
        }
        if names.len() >= MOST {
            return Ok(Err(NoAddress::Slow));
        }
        let (lookups, owned) = (self.clone(), name.to_owned());
        // A task of its own: whoever waits may leave, and the thread stays blocked all the same.
        let asking = tokio::spawn(async move {
            let found = match (lookups.ask)(owned.clone()).await {
                Ok(found) => Ok(found.into()),
                Err(error) => Err(NoAddress::Failed(Arc::new(error))),
            };
            let kept = if found.is_ok() { KEPT } else { FAILED };
            lookups.lock().insert(owned, Name::Known(found.clone(), Instant::now() + kept));
            found
        });
        let asked = asking.map(|ended| ended.unwrap_or(Err(NoAddress::Slow))).boxed().shared();
        names.insert(name.to_owned(), Name::Asked(asked.clone()));
        Err(asked)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Name>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    /// A resolver that answers after so long, and how often it was asked.
    fn slow(takes: Duration, found: bool) -> (Lookups, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let ask: Ask = Arc::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::time::sleep(takes).await;
                let nothing = || io::Error::other("no such name");
                if found { Ok(vec!["192.0.2.1:0".parse().unwrap()]) } else { Err(nothing()) }
            }
            .boxed()
        });
        (Lookups::by(ask), asked)
    }

    #[tokio::test]
    async fn r16_a_slow_resolver_is_asked_once_and_waited_for_a_moment_only() {
        let (mut lookups, asked) = slow(Duration::from_secs(3), true);
        lookups.patience = Duration::from_millis(100);
        for _ in 0..5 {
            let begun = Instant::now();
            let found = join_all((0..100).map(|_| lookups.find("a.example"))).await;
            assert!(found.iter().all(|found| matches!(found, Err(NoAddress::Slow))));
            assert!(begun.elapsed() < lookups.patience * 10);
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1, "each lookup blocks a thread");
        // Another name isn't held up by it, and the answer is used once it comes.
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert!(lookups.find("a.example").await.is_ok());
    }

    #[tokio::test]
    async fn r16_what_was_found_is_kept_for_seconds_and_what_failed_for_one() {
        let (lookups, asked) = slow(Duration::ZERO, true);
        let (failing, failed) = slow(Duration::ZERO, false);
        for _ in 0..100 {
            assert!(lookups.find("a.example").await.is_ok());
            let text = failing.find("b.example").await.unwrap_err().to_string();
            assert_eq!(text, "no such name");
        }
        let times = || (asked.load(Ordering::Relaxed), failed.load(Ordering::Relaxed));
        assert_eq!(times(), (1, 1));
        tokio::time::sleep(FAILED).await;
        let _ = (lookups.find("a.example").await, failing.find("b.example").await);
        assert_eq!(times(), (1, 2));
    }

    #[tokio::test]
    async fn r16_no_more_names_than_so_many_are_remembered() {
        let (lookups, _) = slow(Duration::ZERO, true);
        for at in 0..1000 {
            assert!(lookups.find(&format!("{at}.example")).await.is_ok());
        }
        assert!(lookups.lock().len() <= MOST);
    }
}
