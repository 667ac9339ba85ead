//! `overload`: calls come at a pace of their own, up to five times as many as can be served. What is still
//! served, how long that takes, and how fast the rest is told to come again. Beside each stretch it is measured
//! again how many can be served.

mod figures;
mod open;

use std::convert::Infallible;
use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;

use self::figures::{Beside, Figures};
use super::processes::Process;
use super::wire::load::{self, Much};
use super::world::calls::{Era, first};
use super::world::{World, stay_beside};

/// Callers that find the saturation.
const CALLERS: usize = 64;

/// Of the saturation, by which calls that nobody is in the way of come in the same way.
const IDLE: f64 = 10.0;

/// What it is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Rounds of all stretches.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Seconds of each stretch.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// Most connections at once.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    connections: u32,
}

/// Runs the stretches and prints the table.
pub(crate) async fn run(arguments: &Arguments, osier: Option<&Path>) -> anyhow::Result<()> {
    stay_beside()?;
    tokio::select! {
        ended = stretches(arguments, osier) => ended,
        never = awake() => match never {},
    }
}

/// Keeps the thread from sleeping. The processor that is measured would have the work of waking it for each
/// answer, which nobody who asks from elsewhere causes.
async fn awake() -> Infallible {
    loop {
        std::thread::yield_now();
        tokio::task::yield_now().await;
    }
}

async fn stretches(arguments: &Arguments, osier: Option<&Path>) -> anyhow::Result<()> {
    let world = World::start(osier).await?;
    let (mut command, port) = world.osier(&[])?;
    let osier = Process::listening(&mut command, port).await?;
    let call = world.call(port);
    let (_, right) = first(port, &call, Era::Stateless).await?;
    let much = Much { calls: u64::MAX, time: Duration::from_secs(arguments.seconds) };
    let alone = std::slice::from_ref(&call);
    let many = vec![call.clone(); CALLERS];
    let at = async |pace| {
        let plan = open::Plan { pace, time: much.time, connections: arguments.connections };
        open::run(port, &call, &right, plan).await
    };
    let mut figures = Figures::default();
    for _ in 0..arguments.rounds {
        for times in 1..=5_u32 {
            let one = load::run(port, alone, &right, much).await?;
            let full = load::run(port, &many, &right, much).await?;
            let idle = at(full.rate() / IDLE).await?;
            let ended = at(full.rate() * f64::from(times)).await?;
            figures.add(times, &Beside { one, full, idle: idle.good }, &ended);
        }
    }
    println!("{figures}");
    drop(osier);
    ensure!(figures.wrong == 0, "{} answers were wrong", figures.wrong);
    Ok(())
}
