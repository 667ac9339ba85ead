//! `gateway`: Osier beside nginx and a proxy that does nothing else, all on one core, and all that measures
//! them on another. Rounds are interleaved; each figure is the middle one of its rounds, and each ratio is
//! made within a round.

mod figures;
mod start;
mod subjects;
mod targets;

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use tokio::time::{Instant, sleep};

use super::processes::Process;
use super::wire::load::{self, Much};
use super::world::{World, stay_beside};
use figures::{Cell, Figures};
use subjects::{Kind, OSIER, Subject, Subjects};

/// Callers at once.
const CALLERS: [usize; 3] = [1, 16, 64];

/// When the memory under load is read.
const LOADED: Cell = Cell { kind: Kind::Call, callers: 64 };

/// What it is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How often everything is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// Calls of a stretch, at most.
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(100..=5_000_000))]
    calls: u64,
    /// Milliseconds of a stretch, at most.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(50..=60_000))]
    stretch: u64,
    /// Seconds after which no further stretch begins.
    #[arg(long, default_value_t = 1_800, value_parser = clap::value_parser!(u64).range(10..=7_200))]
    limit: u64,
    /// Leave the lists out.
    #[arg(long)]
    no_lists: bool,
    /// Only these kinds of stretches: calls of the newer era by 16 callers, for work on the hot path.
    #[arg(long)]
    short: bool,
}

/// Runs all rounds and prints the table.
pub(crate) async fn run(arguments: &Arguments, osier: Option<&Path>) -> anyhow::Result<()> {
    stay_beside()?;
    let until = Instant::now() + Duration::from_secs(arguments.limit);
    let much = Much { calls: arguments.calls, time: Duration::from_millis(arguments.stretch) };
    let world = World::start(osier).await?;
    let with_lists = !(arguments.no_lists || arguments.short);
    let subjects = Subjects::start(&world, with_lists).await?;
    let mut figures = Figures::new(subjects.has_nginx());
    figures.idle(subjects.osier().used()?.resident);
    'rounds: for round in 1..=arguments.rounds {
        for cell in cells(arguments, with_lists) {
            for subject in subjects.of(cell) {
                if Instant::now() >= until {
                    println!("the time was up before the last round");
                    break 'rounds;
                }
                measure(&world, subject, cell, much, &mut figures).await?;
                // Before anybody has a session.
                if round == 1 && subject.name == OSIER && cell == LOADED {
                    figures.loaded(subject.process.used()?.resident);
                }
            }
        }
        if !arguments.short {
            figures.started(start::until_first_call(&world).await?);
        }
        eprintln!("round {round} of {}", arguments.rounds);
    }
    print!("{figures}");
    ensure!(figures.wrong() == 0, "{} answers were wrong", figures.wrong());
    Ok(())
}

fn cells(arguments: &Arguments, with_lists: bool) -> Vec<Cell> {
    if arguments.short {
        return vec![Cell { kind: Kind::Call, callers: 16 }];
    }
    let calls = [Kind::Call, Kind::SessionCall].into_iter();
    let calls = calls.flat_map(|kind| CALLERS.map(|callers| Cell { kind, callers }));
    let lists = [Kind::List(20), Kind::List(1_000)].map(|kind| Cell { kind, callers: 16 });
    calls.chain(lists.into_iter().filter(|_| with_lists)).collect()
}

/// One stretch of one subject.
async fn measure(
    world: &World,
    subject: &Subject,
    cell: Cell,
    much: Much,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let (requests, right) = subject.requests(world, cell).await?;
    // What the first calls on new connections cost isn't the matter here.
    let warm = Much { calls: 20 * cell.callers as u64, time: much.time };
    load::run(subject.process.port, &requests, &right, warm).await?;
    sleep(Duration::from_millis(20)).await;
    let before = subject.process.used()?;
    let measured = load::run(subject.process.port, &requests, &right, much).await?;
    let after = settled(&subject.process, before.cpu).await?;
    figures.add(subject.name, cell, &measured, after - before.cpu);
    Ok(())
}

/// What a process has used once what it still does for the calls (records, mostly) is done.
async fn settled(process: &Process, mut last: f64) -> anyhow::Result<f64> {
    for _ in 0..20 {
        sleep(Duration::from_millis(20)).await;
        let now = process.used()?.cpu;
        if now <= last {
            break;
        }
        last = now;
    }
    Ok(last)
}
