//! Where lines are written to: standard output, another writer, or a file.

use std::io::{self, Write};

use super::chain::Joins;
use super::file::Appended;
use crate::config::Fsync;

/// Where lines are written to.
pub(super) enum Out {
    /// Anything that takes bytes and has no name.
    Stream(Box<dyn Write + Send>),
    /// A file, and when it is brought to the disk.
    File(Appended, Fsync),
}

impl Out {
    /// What stands before this process's own lines.
    pub(super) fn joins(&self) -> Joins {
        match self {
            Self::Stream(_) => Joins::default(),
            Self::File(file, _) => file.joins().clone(),
        }
    }

    /// Follows a file to where its path leads now. True where the lines go on in another file.
    pub(super) fn follow(&mut self, asked: bool) -> io::Result<bool> {
        match self {
            Self::Stream(_) => Ok(false),
            Self::File(file, _) => file.follow(asked),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stream(stream) => stream.write(bytes),
            Self::File(file, _) => file.write(bytes),
        }
    }

    /// Lets go of what was written, as far as the policy wants it.
    pub(super) fn settle(&mut self, durable: bool) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.flush(),
            Self::File(file, Fsync::Always) => file.sync(),
            Self::File(file, Fsync::Intent) if durable => file.sync(),
            Self::File(..) => Ok(()),
        }
    }
}
