//! `neighbours` (docs/LOAD.md): one service after the other stalls, is gone or talks nonsense, and the pace
//! of the others is compared with a quiet stretch of the same round. Every answer is checked. All of it
//! runs in this process, on loopback, within a time and a count.

mod caller;
mod figures;
mod stretch;
mod world;

use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use tokio::time::Instant;

use figures::Figures;
use stretch::{Plan, Trouble};
use world::World;

/// What can be said on the command line.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How often everything is measured; the figures are the middle ones.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Measured calls of each stretch.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..=5000))]
    calls: u32,
    /// Callers of the service in trouble, meanwhile.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=64))]
    beside: u32,
    /// Seconds after which no further stretch begins.
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u64).range(10..=3600))]
    limit: u64,
    /// Only this service is in trouble.
    #[arg(long)]
    service: Option<String>,
}

/// Runs all rounds and prints the figures.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let until = Instant::now() + Duration::from_secs(arguments.limit);
    let mut world = World::start().await?;
    let services: Vec<_> = world
        .services()
        .into_iter()
        .filter(|name| arguments.service.as_ref().is_none_or(|only| only == name))
        .collect();
    ensure!(!services.is_empty(), "there is no such service, or no call of it is known");
    let plan = Plan { calls: arguments.calls, beside: arguments.beside };
    let mut figures = Figures::default();
    let mut ended_early = false;
    'rounds: for round in 1..=arguments.rounds {
        for service in &services {
            let mut quiet = None;
            for trouble in Trouble::ALL {
                if Instant::now() >= until {
                    ended_early = true;
                    break 'rounds;
                }
                let stretch = stretch::run(&mut world, service, trouble, plan).await?;
                eprintln!("round {round}: {service} {trouble}: {stretch}");
                match &quiet {
                    None => quiet = Some(stretch),
                    Some(quiet) => figures.add(service, trouble, &stretch, quiet),
                }
            }
        }
    }
    print!("{figures}");
    if ended_early {
        println!("the time was up before the last round");
    }
    ensure!(figures.wrong() == 0, "{} answers were wrong", figures.wrong());
    Ok(())
}
