//! Lines that are no records, between the last record and the next: what a crash tore, which the next
//! record accounts for, or what somebody did.

use aws_lc_rs::digest::{Context, SHA256};

use super::lines::Piece;
use crate::audit::chain::{Digest, Torn, could_be_torn};

/// Lines that are no records.
pub(super) struct Stray {
    /// The first one's number.
    pub(super) first: u64,
    pub(super) lines: u64,
    pub(super) bytes: u64,
    /// What is wrong with the first.
    pub(super) says: &'static str,
    hash: Context,
    like_torn: bool,
}

impl Stray {
    /// Before the first of them is taken.
    pub(super) fn new(piece: &Piece<'_>, altered: bool) -> Self {
        let says =
            if altered { "was edited: its hash isn't that of its bytes" } else { "isn't a record" };
        let like_torn = !altered && !piece.ends && could_be_torn(piece.bytes);
        let hash = Context::new(&SHA256);
        Self { first: piece.number, lines: 0, bytes: 0, says, hash, like_torn }
    }

    pub(super) fn take(&mut self, piece: &Piece<'_>) {
        if piece.begins {
            if self.lines > 0 {
                self.hash.update(b"\n");
                self.bytes += 1;
            }
            self.lines += 1;
        }
        self.hash.update(piece.bytes);
        self.bytes += u64::try_from(piece.bytes.len()).unwrap_or_default();
    }

    /// True where it is what a crash leaves at a file's end.
    pub(super) fn is_torn_end(&self) -> bool {
        self.lines == 1 && self.like_torn
    }

    /// As the record behind it tells of it.
    pub(super) fn torn(&self) -> Torn {
        Torn { bytes: self.bytes, hash: Digest::from(self.hash.clone().finish()) }
    }
}
