//! One stretch: a service is in one kind of trouble and is called all the time, while the calls of the
//! other services are measured. The quiet stretch has the same calls and no trouble.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{bail, ensure};
use osier::demo::Fault;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::caller::{Caller, End};
use super::world::World;

/// Between two calls of one caller beside. Calls that fail at once would otherwise be the load.
const PACE: Duration = Duration::from_millis(10);
/// How long a service has to be found well again.
const RECOVERY: Duration = Duration::from_secs(15);

/// How much is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Measured calls.
    pub(crate) calls: u32,
    /// Callers of the service in trouble.
    pub(crate) beside: u32,
}

/// What is the matter with a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    Quiet,
    Stalled,
    Killed,
    Garbled,
}

impl Trouble {
    /// The quiet one first: the others are compared with it.
    pub(crate) const ALL: [Self; 4] = [Self::Quiet, Self::Stalled, Self::Killed, Self::Garbled];
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Quiet => "quiet",
            Self::Stalled => "stalled",
            Self::Killed => "killed",
            Self::Garbled => "garbled",
        })
    }
}

/// What a stretch showed of the other services.
#[derive(Debug)]
pub(crate) struct Stretch {
    /// Sorted.
    took: Vec<Duration>,
    /// Calls of the service in trouble.
    pub(crate) beside: u64,
    /// Answers that weren't right, of any service.
    pub(crate) wrong: u64,
}

impl Stretch {
    /// The duration below which this share of the calls stayed.
    pub(crate) fn share(&self, share: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "a few thousand calls, and a share between 0 and 1"
        )]
        let at = ((self.took.len() as f64 * share) as usize).min(self.took.len().saturating_sub(1));
        self.took.get(at).copied().unwrap_or_default().as_secs_f64() * 1000.0
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (median, most) = (self.share(0.5), self.share(0.99));
        let Self { beside, wrong, .. } = self;
        write!(f, "median {median:.2} ms, p99 {most:.2} ms, {beside} beside, {wrong} wrong")
    }
}

/// Runs one stretch, and leaves the service well again.
pub(crate) async fn run(
    world: &mut World,
    service: &str,
    trouble: Trouble,
    plan: Plan,
) -> anyhow::Result<Stretch> {
    let caller = world.caller()?;
    let others: Vec<_> = world.services().into_iter().filter(|name| name != service).collect();
    ensure!(!others.is_empty(), "there is no other service to look at");
    let mut right = Vec::new();
    for other in &others {
        match caller.call(other).await? {
            (End::Good(content), _) => right.push((other.as_str(), content)),
            (end, _) => bail!("{other} isn't well at the start: {end:?}"),
        }
    }
    begin(world, service, trouble).await?;
    let (asked, wrong) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut beside = JoinSet::new();
    for _ in 0..plan.beside {
        let (caller, service) = (world.caller()?, service.to_owned());
        let (asked, wrong) = (Arc::clone(&asked), Arc::clone(&wrong));
        beside.spawn(async move {
            loop {
                if !is_fit(&caller.call(&service).await, trouble) {
                    wrong.fetch_add(1, Ordering::Relaxed);
                }
                asked.fetch_add(1, Ordering::Relaxed);
                sleep(PACE).await;
            }
        });
    }
    let took = measure(&caller, &right, plan.calls, &wrong).await?;
    beside.shutdown().await;
    end(world, service, &caller).await?;
    let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
    Ok(Stretch { took, beside: count(&asked), wrong: count(&wrong) })
}

async fn measure(
    caller: &Caller,
    right: &[(&str, Value)],
    calls: u32,
    wrong: &AtomicU64,
) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::new();
    for (other, content) in right.iter().cycle().take(usize::try_from(calls)?) {
        let (end, lasted) = caller.call(other).await?;
        if !matches!(end, End::Good(found) if found == *content) {
            wrong.fetch_add(1, Ordering::Relaxed);
        }
        took.push(lasted);
    }
    took.sort();
    Ok(took)
}

/// In trouble a service's call may end with words that name it; else it has to end well.
fn is_fit(ended: &anyhow::Result<(End, Duration)>, trouble: Trouble) -> bool {
    match ended {
        Ok((End::Good(_), _)) => true,
        Ok((End::Told, _)) => trouble != Trouble::Quiet,
        Ok((End::Wrong(what), _)) => {
            eprintln!("wrong: {what}");
            false
        }
        Err(_) => false,
    }
}

async fn begin(world: &mut World, service: &str, trouble: Trouble) -> anyhow::Result<()> {
    let path = world.path(service)?;
    let garbled = "{\"items\": [{\"id\": ";
    match trouble {
        Trouble::Quiet => {}
        Trouble::Stalled => {
            world.around.services().inject(&path, Fault::slow(Duration::from_mins(1)));
        }
        Trouble::Garbled => world.around.services().inject(&path, Fault::answer(200, garbled)),
        Trouble::Killed => world.relay(service)?.shut().await,
    }
    Ok(())
}

/// Well again, and found to be so.
async fn end(world: &mut World, service: &str, caller: &Caller) -> anyhow::Result<()> {
    world.around.services().wire().heal();
    world.relay(service)?.reopen().await?;
    let until = Instant::now() + RECOVERY;
    while Instant::now() < until {
        if let (End::Good(_), _) = caller.call(service).await? {
            // The demo keeps the last requests, which the next stretch doesn't need.
            world.around.services().wire().forget();
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    bail!("{service} wasn't found well again within {RECOVERY:?}")
}
