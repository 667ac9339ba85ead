//! Who else may read or write a file that holds a secret. `document` asks about the files that variables
//! ending in `_FILE` name, the sections about those of private keys. Nothing here reads a file's content.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

/// Everybody may read, everybody may write: `stat(2)`.
const READ: u32 = 0o004;
const WRITE: u32 = 0o002;

/// What is wrong with a secret's file, and how to mend it. A file that can't be looked at is told where
/// it is read.
///
/// Orchestrators mount secrets readable by all (0644) on a read-only mount of one container, where the
/// mount decides who is there to read. Elsewhere it is the mode that decides, so it is held to it.
pub(super) fn fault(path: &Path) -> Option<String> {
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    if mode & WRITE != 0 {
        Some(format!("names a file that everybody may change (mode {mode:04o}): chmod o-rwx it"))
    } else if mode & READ != 0 && !is_read_only(path) {
        Some(format!("names a file that everybody may read (mode {mode:04o}): chmod o-rwx it"))
    } else {
        None
    }
}

fn is_read_only(path: &Path) -> bool {
    statvfs(path).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY))
}
