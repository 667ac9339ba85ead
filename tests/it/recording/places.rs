//! Places for records that take no more: a disk that is really full, where a test may mount one; a
//! bound on the file's size, where it may not.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk of its own. It is taken away when it is dropped.
pub struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// None where nothing may be mounted here.
    pub fn mounted() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|ended| ended.status.success());
        mounted.then_some(Self { folder })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Leaves no byte.
    pub fn fill(&self) {
        let mut filler = fs::File::create(self.path("filler")).unwrap();
        for chunk in [4_096, 1] {
            while filler.write_all(&vec![0; chunk]).is_ok() {}
        }
    }

    pub fn empty(&self) {
        fs::remove_file(self.path("filler")).unwrap();
    }

    /// Lets nobody write there, which works while no file is open.
    pub fn lock(&self) {
        let mut mount = Command::new("mount");
        let ended = mount.args(["-o", "remount,ro"]).arg(self.folder.path()).status().unwrap();
        assert!(ended.success());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

/// A running process's bound on the size of its files, in bytes, or none.
pub fn bound(process: u32, bytes: Option<u64>) {
    let bytes = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
    let mut prlimit = Command::new("prlimit");
    let ended =
        prlimit.args(["--pid", &process.to_string(), &format!("--fsize={bytes}:unlimited")]);
    assert!(ended.status().unwrap().success());
}

/// Where a record can't be written though its file can be opened: the kernel answers EIO.
pub fn without_writes() -> &'static Path {
    Path::new("/proc/version")
}
