//! From the start of a process to the first call that it answers well. The signing keys are at hand: the
//! look-alike answers at once.

use tokio::time::Instant;

use crate::processes::Process;
use crate::world::World;
use crate::world::calls::{Era, first};

/// Milliseconds; the definitions are those that Osier brings.
pub(crate) async fn until_first_call(world: &World) -> anyhow::Result<f64> {
    let (mut command, port) = world.osier(&[])?;
    let call = world.call(port);
    let started = Instant::now();
    let mut process = Process::start(&mut command, port)?;
    process.connect().await?;
    first(port, &call, Era::Stateless).await?;
    Ok(started.elapsed().as_secs_f64() * 1_000.0)
}
