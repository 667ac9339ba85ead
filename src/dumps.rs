//! No dump of this process's memory reaches a disk or a neighbour: its keys, its tokens and what people
//! said are in it. The command line calls this before `serve` reads a secret.

use std::io;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids core dumps, and on Linux also that another process of the same user reads this one's memory.
/// A core file has no limit that a pipe of `core_pattern` heeds; that a process isn't dumpable, it does.
///
/// # Errors
/// Where the system doesn't do it. The caller must not go on.
pub(crate) fn forbid() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
