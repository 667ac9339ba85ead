//! Were records edited, taken out, put in or moved? `osier audit verify` asks it of files, and anybody
//! who may read them can ask it with a few lines of their own (`docs/AUDIT.md`).
//!
//! One pass, in memory that doesn't grow with the file. What was done to a file together with all
//! hashes behind it is found only with a head that was kept elsewhere.

mod lines;
mod links;
mod report;
mod stray;

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::bufread::MultiGzDecoder;

use lines::Lines;
use links::Links;

/// What is asked beyond the chains themselves.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The first digits of a hash that has to be there, at least [`HEAD_DIGITS`].
    pub head: Option<String>,
    /// May the lines begin anywhere?
    pub part: bool,
}

/// Fewest digits of a head: as many as a metric's value holds exactly.
pub const HEAD_DIGITS: usize = 13;

/// A file or a stream of records.
pub struct Input {
    /// What it is called in what is told.
    pub name: String,
    /// Its bytes, compressed by gzip or not.
    pub bytes: Box<dyn Read>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was found.
    Sound,
    /// Something was, and told.
    Faulty,
}

/// Reads the inputs one after the other, oldest first, and tells what is found.
///
/// # Errors
/// Where an input can't be read, or nothing can be told.
pub fn verify(
    inputs: impl IntoIterator<Item = io::Result<Input>>,
    question: &Question,
    tell: &mut dyn Write,
) -> io::Result<Verdict> {
    let mut chains = Links::new(question, tell);
    for input in inputs {
        let Input { name, bytes } = input?;
        chains.begin(&name);
        let mut lines = Lines::new(plain(bytes)?);
        while let Some(piece) = lines.next()? {
            chains.take(&piece)?;
        }
        chains.end()?;
    }
    chains.finish()
}

/// What gzip compressed is taken apart on the way.
fn plain(bytes: Box<dyn Read>) -> io::Result<Box<dyn BufRead>> {
    let mut bytes = BufReader::with_capacity(256 * 1024, bytes);
    let packed = bytes.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if packed { Box::new(BufReader::new(MultiGzDecoder::new(bytes))) } else { Box::new(bytes) })
}
