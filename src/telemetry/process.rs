//! The process as the kernel sees it, from `/proc`. What isn't there isn't told.

use std::fs;

/// Ticks a second in `/proc/self/stat`: `USER_HZ`, which Linux keeps at 100 for programs.
const TICKS: f64 = 100.0;

/// Processor time so far, user and system, in seconds.
pub(super) fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name stands in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let user: u32 = fields.nth(11)?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some((f64::from(user) + f64::from(system)) / TICKS)
}

/// Resident memory, in bytes.
pub(super) fn resident() -> Option<u64> {
    Some(of_status("VmRSS:")? * 1024)
}

/// Threads.
pub(super) fn threads() -> Option<u64> {
    of_status("Threads:")
}

/// Open file descriptors, without the one that counts them.
pub(super) fn files() -> Option<u64> {
    let open = fs::read_dir("/proc/self/fd").ok()?.count();
    u64::try_from(open.saturating_sub(1)).ok()
}

fn of_status(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        assert!(cpu_seconds().is_some());
        assert!(resident().is_some_and(|bytes| bytes > 1_000_000));
        assert!(
            threads().is_some_and(|threads| threads > 0) && files().is_some_and(|files| files > 2)
        );
    }
}
