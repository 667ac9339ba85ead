//! What is told of the records, line by line, as it is found.

use std::fmt::Display;
use std::io::{self, Write};

use super::Verdict;
use crate::audit::chain::Head;

/// Most faults that are told one by one.
const TOLD: u64 = 100;

/// A chain that is being read.
pub(super) struct Run {
    pub(super) head: Head,
    pub(super) first: u64,
    pub(super) records: u64,
    /// The times of its first and its last record.
    pub(super) from: String,
    pub(super) to: String,
    /// Has it an end record?
    pub(super) ended: bool,
}

pub(super) struct Report<'a> {
    tell: &'a mut dyn Write,
    name: String,
    faults: u64,
}

impl<'a> Report<'a> {
    pub(super) fn new(tell: &'a mut dyn Write) -> Self {
        Self { tell, name: String::new(), faults: 0 }
    }

    /// What follows is of this file.
    pub(super) fn of(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    pub(super) fn note(&mut self, line: u64, says: impl Display) -> io::Result<()> {
        writeln!(self.tell, "{}:{line}: note: {says}", self.name)
    }

    pub(super) fn fault(&mut self, line: u64, says: impl Display) -> io::Result<()> {
        self.faults += 1;
        if self.faults > TOLD {
            return Ok(());
        }
        writeln!(self.tell, "{}:{line}: fault: {says}", self.name)
    }

    /// A fault of no line.
    pub(super) fn missing(&mut self, says: impl Display) -> io::Result<()> {
        self.faults += 1;
        writeln!(self.tell, "fault: {says}")
    }

    pub(super) fn head(&mut self, head: &str, behind: u64) -> io::Result<()> {
        writeln!(self.tell, "head {head}: is there, {behind} records behind it")
    }

    /// A chain behind which another one comes, or nothing.
    pub(super) fn chain(&mut self, run: Option<Run>) -> io::Result<()> {
        let Some(Run { head, first, records, from, to, ended }) = run else { return Ok(()) };
        let Head { chain, seq, hash } = head;
        let end = if ended { "ended in order" } else { "no end record: killed, running, or cut" };
        writeln!(
            self.tell,
            "chain {chain}: seq {first} to {seq}, {records} records, {from} to {to}, {end}, head {hash}"
        )
    }

    /// How it ended.
    pub(super) fn sum(self, records: u64, chains: u64) -> io::Result<Verdict> {
        let faults = self.faults;
        if faults > TOLD {
            writeln!(self.tell, "and {} more", faults - TOLD)?;
        }
        if faults == 0 {
            writeln!(self.tell, "sound: {records} records, {chains} chains")?;
            return Ok(Verdict::Sound);
        }
        writeln!(self.tell, "faults: {faults} in {records} records, {chains} chains")?;
        Ok(Verdict::Faulty)
    }
}
