//! `soak`: calls of both eras, lists, refusals and sessions that end, for minutes; and whether memory,
//! descriptors or threads go on growing. It fails where they do.

mod trend;

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use tokio::time::{Instant, sleep};

use super::processes::Process;
use super::wire::Connection;
use super::wire::load::{self, Much};
use super::world::calls::{Era, first, first_list};
use super::world::{World, stay_beside};
use trend::Trend;

/// Of each kind of call.
const CALLERS: usize = 8;
/// Calls go on for this long between two looks.
const STRETCH: Duration = Duration::from_secs(1);
/// The open ends of a stretch are over by then.
const REST: Duration = Duration::from_millis(100);

/// What it is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How long.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=240))]
    minutes: u64,
}

/// Runs and prints the trend.
pub(crate) async fn run(arguments: &Arguments, osier: Option<&Path>) -> anyhow::Result<()> {
    stay_beside()?;
    let world = World::start(osier).await?;
    let (mut command, port) = world.osier(&[])?;
    let osier = Process::listening(&mut command, port).await?;
    let time = Duration::from_secs(arguments.minutes * 60);
    let (started, mut trend) = (Instant::now(), Trend::default());
    let (mut calls, mut wrong) = (0, 0);
    while started.elapsed() < time {
        let stretch = stretch(&world, port).await?;
        calls += stretch.0;
        wrong += stretch.1;
        sleep(REST).await;
        trend.add(started.elapsed().as_secs_f64() / time.as_secs_f64(), osier.used()?);
    }
    println!("{calls} calls in {} minutes, {wrong} wrong answers", arguments.minutes);
    print!("{trend}");
    ensure!(wrong == 0, "{wrong} answers were wrong");
    ensure!(trend.is_flat(), "it goes on growing");
    Ok(())
}

/// A second of each kind of call; how many there were, and how many were answered wrong.
async fn stretch(world: &World, port: u16) -> anyhow::Result<(u64, u64)> {
    let much = Much { calls: u64::MAX, time: STRETCH };
    let (call, list) = (world.call(port), world.list(port));
    let (_, right) = first(port, &call, Era::Stateless).await?;
    let (_, right_list) = first_list(port, &list, 1).await?;
    let mut sessions = Vec::new();
    for turn in 0..CALLERS {
        sessions.push(world.session(port, turn).await?);
    }
    let in_sessions: Vec<_> = sessions.iter().map(|session| session.call.clone()).collect();
    let one = in_sessions.first().map(Vec::as_slice).unwrap_or_default();
    let (_, right_in_session) = first(port, one, Era::Sessions).await?;
    let many = |request: &[u8]| vec![request.to_vec(); CALLERS];
    let (calls, lists) = (many(&call), many(&list));
    let (calls, lists, in_sessions) = tokio::try_join!(
        load::run(port, &calls, &right, much),
        load::run(port, &lists, &right_list, much),
        load::run(port, &in_sessions, &right_in_session, much),
    )?;
    let all = [&calls, &lists, &in_sessions];
    let mut wrong: u64 = all.iter().map(|measured| measured.wrong).sum();
    for session in sessions {
        wrong += u64::from(status(port, &session.end).await? != 204);
    }
    // Somebody whom nobody knows.
    let unknown = String::from_utf8_lossy(&call).replacen("Bearer ", "Bearer x", 1);
    wrong += u64::from(status(port, unknown.as_bytes()).await? != 401);
    Ok((all.iter().map(|measured| measured.calls()).sum(), wrong))
}

async fn status(port: u16, request: &[u8]) -> anyhow::Result<u16> {
    let mut connection = Connection::open(port).await?;
    let (head, _) = connection.call(request).await?;
    Ok(head.status())
}
