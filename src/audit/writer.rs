//! The thread that writes. It links lines in the order of their acceptance, several at once where
//! several wait, and doesn't let go of one that can't be written: it tries again until it can.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::batch::{Batch, Line};
use super::chain::Chain;
use super::event::{Closing, Lost, Opening};
use super::out::Out;
use super::state::State;
use crate::telemetry::{Done, meters, records_written};

/// Most lines of one write.
const TOGETHER: usize = 128;
/// For how long lines that nobody waits for gather after a write: to be woken for each would cost more
/// than to write it.
const GATHER: Duration = Duration::from_millis(5);
/// The wait after a failure, doubled with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(500);
/// The same where a stream is full and says so.
const WHILE_FULL: Duration = Duration::from_millis(5);
/// How long the last lines are tried once no more can come.
const LAST_TRIES: Duration = Duration::from_secs(5);

/// The thread's own.
pub(super) struct Writer {
    out: Out,
    batch: Batch,
    state: Arc<State>,
}

impl Writer {
    pub(super) fn new(out: Out, state: Arc<State>) -> Self {
        Self { out, batch: Batch::new(Chain::new()), state }
    }

    /// Writes until no more lines can come and the last one is out.
    pub(super) fn run(mut self, mut lines: mpsc::Receiver<Line>) {
        self.open();
        loop {
            if !self.deliver(&lines) {
                return;
            }
            if let Some(gap) = self.state.take_gap() {
                let (records, refused) = (gap.records, gap.refused);
                tracing::error!(records, refused, "audit records were lost, calls refused");
                self.batch.push(line(Lost::line(self.state.clock(), &gap)));
                continue;
            }
            // Whoever waits for a line unparks this thread; where a write's worth waits, nothing need gather.
            if lines.len() < TOGETHER {
                std::thread::park_timeout(GATHER);
            }
            let Some(line) = lines.try_recv().ok().or_else(|| lines.blocking_recv()) else { break };
            self.batch.push(line);
            while self.batch.len() < TOGETHER
                && let Ok(line) = lines.try_recv()
            {
                self.batch.push(line);
            }
        }
        self.batch.push(line(Closing::line(self.state.clock())));
        if self.deliver(&lines)
            && let Some(head) = self.state.head()
        {
            tracing::info!(chain = %head.chain, seq = head.seq, hash = %head.hash, "the last audit record");
        }
    }

    /// The line that a file begins with, or this process's part of one.
    fn open(&mut self) {
        let joins = self.out.joins();
        let is_start = self.batch.chain().is_new();
        if is_start {
            self.batch.before_mut().begin_behind(joins.last.as_ref());
        }
        let text = Opening::line(self.state.clock(), is_start, joins);
        self.batch.push(Line { opening: true, ..line(text) });
    }

    /// Gets all lines of the batch out, however often that fails. False where it was given up, since
    /// the process ends.
    fn deliver(&mut self, lines: &mpsc::Receiver<Line>) -> bool {
        let began = Instant::now();
        let (mut wait, mut closed) = (FIRST_WAIT, None);
        self.state.begins();
        while let Err(error) = self.attempt() {
            let full = error.kind() == ErrorKind::WouldBlock;
            if full && began.elapsed() < self.state.patience() {
                std::thread::sleep(WHILE_FULL);
                continue;
            }
            self.state.fails(&error);
            if lines.is_closed() {
                let closed: &mut Instant = closed.get_or_insert_with(Instant::now);
                if closed.elapsed() > LAST_TRIES {
                    let records = self.batch.len() + lines.len();
                    tracing::error!(records, "audit records were lost at the end");
                    return false;
                }
            }
            std::thread::sleep(wait);
            wait = (wait * 2).min(LONGEST_WAIT);
        }
        records_written(self.batch.whole());
        for _ in 0..self.batch.len() {
            meters().audit_line(Done::Ok);
        }
        meters().audit_waiting(lines.len());
        let head = self.batch.chain().head();
        if let Some(head) = &head {
            meters().audit_head(head.seq, &head.hash.to_string());
        }
        // Whoever is told that its line is out finds it by then.
        self.state.ends(head);
        self.batch.out();
        true
    }

    /// Writes what is left.
    fn attempt(&mut self) -> io::Result<()> {
        if self.out.follow(self.state.is_asked_to_reopen())? {
            self.move_on();
        }
        while !self.batch.left().is_empty() {
            match self.out.write(self.batch.left()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(bytes) => self.batch.wrote(bytes),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.settle(self.batch.is_durable())
    }

    /// Goes on in another file: what isn't out is linked behind a line that says what it continues.
    fn move_on(&mut self) {
        records_written(self.batch.whole());
        let left = self.batch.rewind();
        if let Some(head) = self.batch.chain().head() {
            tracing::info!(chain = %head.chain, seq = head.seq, hash = %head.hash, "the audit goes on in another file");
        }
        self.open();
        for line in left {
            self.batch.push(line);
        }
    }
}

fn line(text: String) -> Line {
    Line { text, written: None, durable: true, opening: false }
}
