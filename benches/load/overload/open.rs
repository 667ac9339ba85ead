//! An open loop: calls begin when their time has come, whether or not others have ended. A call for which no
//! connection is free by then is lost here, and isn't the server's. What begins in the first second is answered
//! and isn't counted: a server can't know yet that it isn't a burst. Nor is what begins in the last: it keeps up
//! the load until what is counted has ended.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::wire::Connection;
use crate::wire::load::{Measured, Right};

/// What isn't counted, before and after.
const EDGE: Duration = Duration::from_secs(1);

/// How much is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Calls a second.
    pub(crate) pace: f64,
    /// How long calls are counted.
    pub(crate) time: Duration,
    pub(crate) connections: u32,
}

/// How the calls ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) good: Measured,
    pub(crate) shed: Measured,
    /// Calls for which there was no connection.
    pub(crate) lost: u64,
}

/// One connection's calls.
#[derive(Default)]
struct Calls {
    good: Vec<u64>,
    shed: Vec<u64>,
    wrong: u64,
}

pub(crate) async fn run(
    port: u16,
    request: &[u8],
    right: &Right,
    plan: Plan,
) -> anyhow::Result<Ended> {
    let due = Arc::new(Semaphore::new(0));
    let request: Arc<[u8]> = request.into();
    let mut connections = Vec::new();
    for _ in 0..plan.connections {
        connections.push(Connection::open(port).await?);
    }
    let from = Instant::now() + EDGE;
    let counted = from..from + plan.time;
    let until = counted.end + EDGE;
    let mut callers = JoinSet::new();
    for connection in connections {
        let (due, request, right) = (Arc::clone(&due), Arc::clone(&request), right.clone());
        let counted = counted.clone();
        callers.spawn(async move { caller(connection, &request, &right, &due, counted).await });
    }
    let lost = pace(plan, &due, until).await;
    due.close();
    let mut all = Calls::default();
    while let Some(ended) = callers.join_next().await {
        let calls = ended??;
        all.good.extend(calls.good);
        all.shed.extend(calls.shed);
        all.wrong += calls.wrong;
    }
    Ok(Ended {
        good: Measured::of(all.good, all.wrong, plan.time),
        shed: Measured::of(all.shed, 0, plan.time),
        lost,
    })
}

/// Makes calls due; gives how many found nobody to make them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some hundred thousand calls"
)]
async fn pace(plan: Plan, due: &Semaphore, until: Instant) -> u64 {
    let (started, mut begun, mut lost) = (Instant::now(), 0, 0);
    while Instant::now() < until {
        tokio::task::yield_now().await;
        lost += due.forget_permits(usize::MAX) as u64;
        let now = (started.elapsed().as_secs_f64() * plan.pace) as usize;
        due.add_permits(now - begun);
        begun = now;
    }
    lost
}

async fn caller(
    mut connection: Connection,
    request: &[u8],
    right: &Right,
    due: &Semaphore,
    counted: Range<Instant>,
) -> anyhow::Result<Calls> {
    let mut calls = Calls::default();
    while let Ok(permit) = due.acquire().await {
        permit.forget();
        let begun = Instant::now();
        let (head, body) = connection.call(request).await?;
        let took = u64::try_from(begun.elapsed().as_nanos())?;
        if !counted.contains(&begun) {
            continue;
        }
        match head.status() {
            429 | 503 if head.field("retry-after").is_some() => calls.shed.push(took),
            _ => {
                calls.good.push(took);
                calls.wrong += u64::from(!right.is(&head, body));
            }
        }
    }
    Ok(calls)
}
