//! The load program (`cargo bench --bench load -- COMMAND`; docs/PERFORMANCE.md). Each command checks every
//! answer, stays on loopback, and ends by a count and by a time.

mod gateway;
mod middle;
mod neighbours;
mod overload;
mod processes;
mod soak;
mod wire;
mod world;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// What can be said on the command line.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Said by `cargo bench`.
    #[arg(long, hide = true, global = true)]
    bench: bool,
    /// Another build of Osier than the one at hand.
    #[arg(long, value_name = "FILE", global = true)]
    osier: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// One service in trouble leaves the others alone.
    Neighbours(neighbours::Arguments),
    /// Osier beside nginx and a pass-through proxy, as ratios.
    Gateway(gateway::Arguments),
    /// More calls than can be served: what is still served, and how the rest is told.
    Overload(overload::Arguments),
    /// Memory, descriptors and threads over a long stretch of mixed calls.
    Soak(soak::Arguments),
    /// Answers each request with the file that its path names.
    #[command(hide = true)]
    Answer(wire::answer::Arguments),
    /// Passes each request on as it is.
    #[command(hide = true)]
    PassOn(wire::pass_on::Arguments),
}

fn main() -> anyhow::Result<()> {
    let Arguments { command, osier, .. } = Arguments::parse();
    let osier = osier.as_deref();
    let Some(command) = command else {
        // `cargo test --all-targets` runs benches too.
        println!("nothing is measured: cargo bench --bench load -- --help");
        return Ok(());
    };
    // What is measured shares no core with what measures it.
    let alone = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    match command {
        Command::Neighbours(arguments) => {
            let many = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            many.block_on(neighbours::run(&arguments))
        }
        Command::Gateway(arguments) => alone()?.block_on(gateway::run(&arguments, osier)),
        Command::Overload(arguments) => alone()?.block_on(overload::run(&arguments, osier)),
        Command::Soak(arguments) => alone()?.block_on(soak::run(&arguments, osier)),
        Command::Answer(arguments) => alone()?.block_on(wire::answer::run(&arguments)),
        Command::PassOn(arguments) => alone()?.block_on(wire::pass_on::run(&arguments)),
    }
}
