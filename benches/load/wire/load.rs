//! Callers, each on a connection of its own, one call after the other; and what of it is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Connection, Head, find};

/// What is right about an answer.
#[derive(Clone, Debug)]
pub(crate) struct Right {
    /// Every answer is this long, where it always is.
    pub(crate) length: Option<usize>,
    /// It has this in it.
    pub(crate) holds: Vec<u8>,
}

impl Right {
    pub(crate) fn is(&self, head: &Head, body: &[u8]) -> bool {
        head.status() == 200
            && self.length.is_none_or(|length| body.len() == length)
            && find(body, &self.holds).is_some()
    }
}

/// How much is asked: whatever is reached first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Much {
    pub(crate) calls: u64,
    pub(crate) time: Duration,
}

/// What came out.
#[derive(Debug)]
pub(crate) struct Measured {
    /// How long each call took, in nanoseconds; sorted.
    took: Vec<u64>,
    /// Answers that weren't right.
    pub(crate) wrong: u64,
    lasted: Duration,
}

impl Measured {
    /// Calls that took this long, in nanoseconds, within this time.
    pub(crate) fn of(mut took: Vec<u64>, wrong: u64, lasted: Duration) -> Self {
        took.sort_unstable();
        Self { took, wrong, lasted }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.took.len() as u64
    }

    /// Calls a second.
    #[expect(clippy::cast_precision_loss, reason = "millions at most")]
    pub(crate) fn rate(&self) -> f64 {
        self.calls() as f64 / self.lasted.as_secs_f64()
    }

    /// The time in milliseconds below which this share of the calls stayed.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "millions at most, and a share between 0 and 1"
    )]
    pub(crate) fn share(&self, share: f64) -> f64 {
        let at = (self.took.len() as f64 * share) as usize;
        let at = at.min(self.took.len().saturating_sub(1));
        self.took.get(at).copied().unwrap_or_default() as f64 / 1e6
    }
}

/// As many callers as there are requests.
pub(crate) async fn run(
    port: u16,
    requests: &[Vec<u8>],
    right: &Right,
    much: Much,
) -> anyhow::Result<Measured> {
    let begun = Arc::new(AtomicU64::new(0));
    let mut connections = Vec::new();
    for request in requests {
        connections.push((Connection::open(port).await?, request.clone()));
    }
    let (started, until) = (Instant::now(), Instant::now() + much.time);
    let mut callers = JoinSet::new();
    for (connection, request) in connections {
        let (begun, right) = (Arc::clone(&begun), right.clone());
        callers.spawn(async move {
            let next = || begun.fetch_add(1, Ordering::Relaxed) < much.calls;
            caller(connection, &request, &right, until, next).await
        });
    }
    let (mut all, mut wrong) = (Vec::new(), 0);
    while let Some(ended) = callers.join_next().await {
        let (took, more) = ended??;
        all.extend(took);
        wrong += more;
    }
    ensure!(!all.is_empty(), "there was no call");
    Ok(Measured::of(all, wrong, started.elapsed()))
}

async fn caller(
    mut connection: Connection,
    request: &[u8],
    right: &Right,
    until: Instant,
    next: impl Fn() -> bool,
) -> anyhow::Result<(Vec<u64>, u64)> {
    let (mut took, mut wrong) = (Vec::new(), 0);
    while next() {
        let begun = Instant::now();
        if begun >= until {
            break;
        }
        let (head, body) = connection.call(request).await?;
        took.push(u64::try_from(begun.elapsed().as_nanos())?);
        if !right.is(&head, body) {
            wrong += 1;
            if wrong == 1 {
                let text = String::from_utf8_lossy(body.get(..300).unwrap_or(body)).into_owned();
                eprintln!("wrong: {} ({} bytes) {text}", head.line, body.len());
            }
        }
    }
    Ok((took, wrong))
}
