//! The end of a file that is to be continued: its last record, and what a crash left behind it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::chain::{Digest, Joins, Read, Torn, read};

/// How far back a record is looked for: a line is a few hundred bytes, and a crash tears one.
const BACK: u64 = 1024 * 1024;

/// How a file ends.
pub(super) struct Tail {
    pub(super) joins: Joins,
    /// Does its last line lack a break?
    pub(super) open: bool,
}

impl Tail {
    /// Of a file of this many bytes.
    ///
    /// # Errors
    /// Where it can't be read, or is long and has no record near its end: it is another's.
    pub(super) fn of(file: &File, length: u64) -> io::Result<Self> {
        let from = length.saturating_sub(BACK);
        let mut bytes = vec![0; usize::try_from(length - from).unwrap_or_default()];
        file.read_exact_at(&mut bytes, from)?;
        let open = bytes.last().is_some_and(|last| *last != b'\n');
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let mut end = text.len();
        loop {
            let start = text.get(..end).and_then(|all| all.iter().rposition(|byte| *byte == b'\n'));
            let line = text.get(start.map_or(0, |at| at + 1)..end).unwrap_or_default();
            if let Read::Whole(link) = read(line) {
                let joins = Joins { last: Some(link.head()), torn: torn(text.get(end + 1..)) };
                return Ok(Self { joins, open });
            }
            match start {
                Some(at) => end = at,
                None if from == 0 => break,
                None => {
                    let says = "it ends without an audit record; name another file";
                    return Err(io::Error::new(io::ErrorKind::InvalidData, says));
                }
            }
        }
        let torn = torn((!bytes.is_empty()).then_some(text));
        Ok(Self { joins: Joins { last: None, torn }, open })
    }
}

fn torn(bytes: Option<&[u8]>) -> Option<Torn> {
    let bytes = bytes?;
    let length = u64::try_from(bytes.len()).unwrap_or_default();
    Some(Torn { bytes: length, hash: Digest::of(bytes) })
}
