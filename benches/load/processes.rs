//! Processes of a comparison: each on a core of its choice, killed when it is dropped, and what the kernel
//! says that it has used.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::{Instant, sleep};

use super::wire::Connection;

/// What is measured runs here.
pub(crate) const MEASURED: &str = "0";
/// All that measures it runs here.
pub(crate) const MEASURING: &str = "1";
/// `USER_HZ`: Linux has it at 100 on every architecture that it says it to.
const TICKS: f64 = 100.0;

/// A process.
pub(crate) struct Process {
    child: Child,
    /// Its port of 127.0.0.1.
    pub(crate) port: u16,
}

/// What the kernel counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    /// User and system time of all threads, in seconds.
    pub(crate) cpu: f64,
    /// `VmRSS`, in bytes.
    pub(crate) resident: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
}

/// Binds this process to a core; threads that it starts later inherit that.
pub(crate) fn stay_on(core: &str) -> anyhow::Result<()> {
    let own = std::process::id().to_string();
    let told =
        Command::new("taskset").args(["-p", "-c", core, &own]).stdout(Stdio::null()).status();
    ensure!(told.context("taskset")?.success(), "taskset doesn't bind this process");
    Ok(())
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A program on a core.
pub(crate) fn on(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// This very program, in another part.
pub(crate) fn part(arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = on(MEASURING, &std::env::current_exe()?);
    command.args(arguments);
    Ok(command)
}

impl Process {
    /// Starts it and doesn't wait.
    pub(crate) fn start(command: &mut Command, port: u16) -> anyhow::Result<Self> {
        let child = command.spawn().context("a process didn't start")?;
        Ok(Self { child, port })
    }

    /// Starts it and waits until it listens.
    pub(crate) async fn listening(command: &mut Command, port: u16) -> anyhow::Result<Self> {
        let mut process = Self::start(command, port)?;
        process.connect().await?;
        Ok(process)
    }

    /// A first connection, as soon as it takes one.
    pub(crate) async fn connect(&mut self) -> anyhow::Result<Connection> {
        let until = Instant::now() + Duration::from_mins(1);
        loop {
            match Connection::open(self.port).await {
                Ok(connection) => return Ok(connection),
                Err(error) => {
                    let ended = self.child.try_wait()?;
                    ensure!(ended.is_none(), "a process ended at once: {ended:?}");
                    ensure!(Instant::now() < until, "a process doesn't listen: {error}");
                    sleep(Duration::from_micros(200)).await;
                }
            }
        }
    }

    /// What it has used so far.
    pub(crate) fn used(&self) -> anyhow::Result<Use> {
        let folder = format!("/proc/{}", self.child.id());
        let stat = fs::read_to_string(format!("{folder}/stat"))?;
        // The name, in parentheses, may hold anything.
        let (_, rest) = stat.rsplit_once(") ").context("/proc/PID/stat")?;
        let ticks = rest.split(' ').skip(11).take(2).map(str::parse::<u32>);
        let ticks: u32 = ticks.collect::<Result<Vec<_>, _>>()?.into_iter().sum();
        let status = fs::read_to_string(format!("{folder}/status"))?;
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
                .context("status")
        };
        let descriptors = fs::read_dir(format!("{folder}/fd"))?.count();
        Ok(Use {
            cpu: f64::from(ticks) / TICKS,
            resident: number("VmRSS:")? * 1024,
            threads: number("Threads:")?,
            descriptors: descriptors.try_into()?,
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
