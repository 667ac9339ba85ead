//! The entrance for records: standard output, and nothing else goes there; a file; in tests, a list.
//!
//! One thread writes, in the order of acceptance. A line is accepted once it was written and, where
//! the policy wants it, is on the disk. While lines don't get out, no write is let through, and
//! `audit.reads_without_audit` says what becomes of reads. Before the process ends, whoever started
//! the sink waits for its [`Writing`].

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex};
use std::thread::Thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::batch::Line;
use super::chain::Head;
use super::file::Appended;
use super::out::Out;
use super::state::State;
use super::writer::Writer;
use crate::clock::Clock;
use crate::config::{self, ReadsWithoutAudit};

/// How many lines may wait to be written, the places that are kept for the ends of calls included.
const WAITING: usize = 4_096;

/// The sink takes no more lines, or not in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit sink takes no lines")]
pub struct SinkClosed;

/// What holds where lines don't get out.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// What becomes of reads.
    pub reads: ReadsWithoutAudit,
    /// How long a line may take.
    pub patience: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self { reads: ReadsWithoutAudit::Refuse, patience: Duration::from_secs(2) }
    }
}

/// The entrance to the writing thread.
#[derive(Clone, Debug)]
pub struct Sink {
    lines: mpsc::Sender<Line>,
    state: Arc<State>,
    reads: ReadsWithoutAudit,
    writer: Thread,
}

/// The writing thread, to be waited for. It ends once every [`Sink`] and every open record is gone
/// and the last line is out.
#[derive(Debug)]
pub struct Writing(std::sync::mpsc::Receiver<()>);

/// A place in the queue, kept from the start of a call for its end.
#[derive(Debug)]
pub(super) enum Slot {
    /// The place.
    Kept(mpsc::OwnedPermit<Line>),
    /// There was none, and the call is served all the same: the line is counted as lost.
    None(Arc<State>),
}

impl Sink {
    /// Lines to where the settings say.
    ///
    /// # Errors
    /// Where the file can't be opened, isn't one of records, or is another process's.
    pub fn open(audit: &config::Audit) -> io::Result<(Self, Writing)> {
        let terms = Terms { reads: audit.reads_without_audit, patience: audit.max_wait };
        let out = match &audit.sink {
            // By its own handle: a write says how much of it got out.
            config::Sink::Stdout => {
                let out = io::stdout().as_fd().try_clone_to_owned()?;
                Out::Stream(Box::new(File::from(out)))
            }
            config::Sink::File { path, fsync } => Out::File(Appended::open(path)?, *fsync),
        };
        Ok(Self::start(out, terms))
    }

    /// Lines to a list, for tests to read.
    pub fn memory() -> (Self, Arc<Mutex<Vec<u8>>>) {
        let kept = Arc::new(Mutex::new(Vec::new()));
        (Self::to(Kept(Arc::clone(&kept)), Terms::default()).0, kept)
    }

    /// Lines to any writer, on a thread of their own.
    pub fn to(out: impl Write + Send + 'static, terms: Terms) -> (Self, Writing) {
        Self::start(Out::Stream(Box::new(out)), terms)
    }

    fn start(out: Out, terms: Terms) -> (Self, Writing) {
        let (sender, lines) = mpsc::channel::<Line>(WAITING);
        let (ended, end) = std::sync::mpsc::channel();
        let state = Arc::new(State::new(terms.patience, Clock::System));
        let writer = Writer::new(out, Arc::clone(&state));
        let writing = std::thread::spawn(move || {
            writer.run(lines);
            // Nobody may be waiting.
            let _ = ended.send(());
        });
        let writer = writing.thread().clone();
        (Self { lines: sender, state, reads: terms.reads, writer }, Writing(end))
    }

    /// The last line that is out; none before the first.
    pub fn head(&self) -> Option<Head> {
        self.state.head()
    }

    /// True where calls can be recorded, or reads are served all the same.
    pub fn takes_calls(&self) -> bool {
        let serves = self.reads == ReadsWithoutAudit::Serve;
        !self.lines.is_closed() && (serves || !self.state.is_stuck())
    }

    /// Opens the file anew that the path leads to, where the sink is one: for a tool that moved it
    /// away and sends a signal. A file that was moved is noticed without it, at the next line.
    pub fn reopen(&self) {
        self.state.ask_to_reopen();
        // Where the queue is full the thread is awake anyway.
        let line = Line { text: String::new(), written: None, durable: false, opening: false };
        let _ = self.lines.try_send(line);
        self.writer.unpark();
    }

    /// Waits until every line that was given so far is out.
    ///
    /// # Errors
    /// Where the sink takes no more lines.
    pub async fn settle(&self) -> Result<(), SinkClosed> {
        let (line, waiting) = awaited(String::new());
        self.lines.send(line).await.map_err(|_| SinkClosed)?;
        self.writer.unpark();
        waiting.await.map_err(|_| SinkClosed)
    }

    /// Reserves a place for the line at a call's end. Where lines don't get out, that depends on
    /// what the settings say of reads: whether the call writes isn't known yet.
    pub(super) async fn slot(&self) -> Result<Slot, SinkClosed> {
        let serves = self.reads == ReadsWithoutAudit::Serve;
        let lines = self.lines.clone();
        let place = match (self.state.is_stuck(), serves) {
            (true, false) => None,
            (true, true) => lines.try_reserve_owned().ok(),
            (false, _) => match timeout(self.state.patience(), lines.reserve_owned()).await {
                Ok(Ok(place)) => Some(place),
                _ => None,
            },
        };
        match place {
            Some(place) => Ok(Slot::Kept(place)),
            // A thread that is gone doesn't come back, and nothing would ever be told of.
            None if serves && !self.lines.is_closed() => Ok(Slot::None(Arc::clone(&self.state))),
            None => {
                self.state.miss(0, 1);
                Err(SinkClosed)
            }
        }
    }

    /// Writes a line now and waits until it is out, but not for longer than the settings say.
    pub(super) async fn accept(&self, text: String) -> Result<(), SinkClosed> {
        if self.state.is_stuck() {
            return Err(SinkClosed);
        }
        let (line, waiting) = awaited(text);
        let out = async {
            self.lines.send(line).await.map_err(|_| SinkClosed)?;
            self.writer.unpark();
            waiting.await.map_err(|_| SinkClosed)
        };
        tokio::select! {
            biased;
            out = timeout(self.state.patience(), out) => out.unwrap_or(Err(SinkClosed)),
            () = self.state.failed() => Err(SinkClosed),
        }
    }

    /// Writes a line that nobody waits for; where there is no place for it, it is counted as lost.
    pub(super) fn note(&self, text: String) {
        let line = Line { text, written: None, durable: true, opening: false };
        if self.lines.try_send(line).is_err() {
            self.state.miss(1, 0);
        }
    }
}

fn awaited(text: String) -> (Line, oneshot::Receiver<()>) {
    let (written, waiting) = oneshot::channel();
    let durable = !text.is_empty();
    (Line { text, written: Some(written), durable, opening: false }, waiting)
}

impl Writing {
    /// Waits until all is written, at most this long. Blocks the thread. False where there may be
    /// lines left.
    pub fn wait(&self, at_most: Duration) -> bool {
        self.0.recv_timeout(at_most).is_ok()
    }
}

impl Slot {
    /// Writes the line for which the place was kept.
    pub(super) fn write(self, text: String) {
        match self {
            Self::Kept(place) => {
                place.send(Line { text, written: None, durable: false, opening: false });
            }
            Self::None(state) => state.miss(1, 0),
        }
    }
}

struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
