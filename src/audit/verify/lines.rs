//! Lines of any length, in pieces of a bounded one.

use std::io::{self, BufRead, Read};

/// The longest record. What is longer comes in pieces and is none.
const LONGEST: u64 = 256 * 1024;

/// A line, or a piece of a line that is too long.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// Without the break.
    pub(super) bytes: &'a [u8],
    /// The line's number, from 1.
    pub(super) number: u64,
    /// Does the line begin with it?
    pub(super) begins: bool,
    /// Does a break follow?
    pub(super) ends: bool,
}

pub(super) struct Lines<R> {
    from: R,
    buffer: Vec<u8>,
    number: u64,
    within: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, buffer: Vec::new(), number: 0, within: false }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        self.buffer.clear();
        (&mut self.from).take(LONGEST).read_until(b'\n', &mut self.buffer)?;
        let begins = !self.within;
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let ends = self.buffer.last() == Some(&b'\n');
        self.number += u64::from(begins);
        self.within = !ends;
        let bytes = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        Ok(Some(Piece { bytes, number: self.number, begins, ends }))
    }
}
