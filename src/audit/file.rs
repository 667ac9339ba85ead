//! A file of records: appended to by one process at a time, continued after a crash, and followed
//! when an outside tool moves it away. Nothing in it is ever changed or taken out.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::chain::Joins;
use super::tail::Tail;

/// How often a file is tried at start that another process holds, and how far apart: the process
/// before this one may be about to end.
const TRIES: u32 = 50;
const APART: Duration = Duration::from_millis(100);

/// A file that records are appended to.
#[derive(Debug)]
pub(super) struct Appended {
    path: PathBuf,
    /// None between a failure to open it and the next try.
    file: Option<File>,
    /// Device and inode.
    id: (u64, u64),
    /// How long it is, as far as this process knows.
    length: u64,
    joins: Joins,
    /// Does what stands there end within a line?
    open: bool,
}

impl Appended {
    /// Opens a file at start, or makes it.
    ///
    /// # Errors
    /// Where it can't be opened, is no file of records, or is another process's.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            match Self::once(path) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
                opened => return opened,
            }
            std::thread::sleep(APART);
        }
        Self::once(path)
    }

    fn once(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(path)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it isn't a regular file"));
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let says = "another process writes to it; each replica needs a file of its own";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, says));
            }
            // Some network file systems know no locks.
            Err(TryLockError::Error(error)) => {
                tracing::warn!(kind = ?error.kind(), "the audit file can't be locked");
            }
        }
        let length = file.metadata()?.len();
        let Tail { joins, open } = Tail::of(&file, length)?;
        if length == 0 {
            keep_name(path);
        }
        let path = path.to_owned();
        Ok(Self { path, file: Some(file), id: id(&found), length, joins, open })
    }

    /// What stands in the file before this process's own lines.
    pub(super) fn joins(&self) -> &Joins {
        &self.joins
    }

    /// Looks whether the path still leads to the file, and opens what is there now. True where that
    /// is another file, or one that was emptied.
    pub(super) fn follow(&mut self, asked: bool) -> io::Result<bool> {
        let there = self.file.is_some()
            && match std::fs::metadata(&self.path) {
                Ok(found) => id(&found) == self.id && found.len() >= self.length,
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(error) => return Err(error),
            };
        if there && !asked {
            return Ok(false);
        }
        let (before, length) = (self.id, self.length);
        // First, since it is locked through this handle.
        self.file = None;
        let opened = Self::once(&self.path)?;
        let moved = opened.id != before || opened.length < length;
        let (joins, open) = (self.joins.clone(), self.open);
        *self = opened;
        if !moved {
            (self.joins, self.open, self.length) = (joins, open, length);
        }
        Ok(moved)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        if self.open {
            // What a crash tore is ended, so that the next line stands on a line of its own.
            file.write_all(b"\n")?;
            self.open = false;
            self.length += 1;
        }
        let written = file.write(bytes)?;
        self.length += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    /// Waits until what was written is on the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }
}

fn id(of: &Metadata) -> (u64, u64) {
    (of.dev(), of.ino())
}

/// A file that was just made is found again after a crash only where its folder is on the disk too.
/// Not every file system lets that be asked.
fn keep_name(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    drop(File::open(folder).and_then(|folder| folder.sync_all()));
}
