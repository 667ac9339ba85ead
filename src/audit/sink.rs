//! Where audit lines go: standard output, and nothing else goes there; in tests, a list.
//!
//! One thread writes, in the order of acceptance. A line is accepted once it was written and
//! flushed.

use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;

use tokio::sync::{mpsc, oneshot};

/// How many lines may wait to be written.
const WAITING: usize = 4_096;

/// The sink takes no more lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit sink takes no lines")]
pub struct SinkClosed;

/// One line on its way, and who waits for it.
#[derive(Debug)]
pub struct Line {
    text: String,
    written: Option<oneshot::Sender<()>>,
}

/// The entrance to the writing thread.
#[derive(Clone, Debug)]
pub struct Sink(mpsc::Sender<Line>);

/// A place in the queue, kept from the start of a call for its end.
#[derive(Debug)]
pub(super) struct Slot(mpsc::OwnedPermit<Line>);

impl Sink {
    /// Lines to standard output.
    pub fn stdout() -> Self {
        Self::to(std::io::stdout())
    }

    /// Lines to a list, for tests to read.
    pub fn memory() -> (Self, Arc<Mutex<Vec<u8>>>) {
        let kept = Arc::new(Mutex::new(Vec::new()));
        (Self::to(Kept(Arc::clone(&kept))), kept)
    }

    /// Lines to any writer, on a thread of their own.
    pub fn to(mut out: impl Write + Send + 'static) -> Self {
        let (sender, mut lines) = mpsc::channel::<Line>(WAITING);
        std::thread::spawn(move || {
            while let Some(line) = lines.blocking_recv() {
                let written = writeln!(out, "{}", line.text).and_then(|()| out.flush());
                match written {
                    Ok(()) => drop(line.written.map(|waiting| waiting.send(()))),
                    Err(error) => {
                        // Whoever waits sees its sender dropped: not accepted.
                        tracing::error!(kind = ?error.kind(), "an audit line wasn't written");
                    }
                }
            }
        });
        Self(sender)
    }

    /// Reserves a place for the line at a call's end.
    pub(super) async fn slot(&self) -> Result<Slot, SinkClosed> {
        self.0.clone().reserve_owned().await.map(Slot).map_err(|_| SinkClosed)
    }

    /// Writes a line now and waits until it is out.
    pub(super) async fn accept(&self, text: String) -> Result<(), SinkClosed> {
        let (written, waiting) = oneshot::channel();
        let line = Line { text, written: Some(written) };
        self.0.send(line).await.map_err(|_| SinkClosed)?;
        waiting.await.map_err(|_| SinkClosed)
    }
}

impl Slot {
    /// Writes the line for which the place was kept.
    pub(super) fn write(self, text: String) {
        self.0.send(Line { text, written: None });
    }
}

struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut kept = self.0.lock().map_err(|_| std::io::ErrorKind::Other)?;
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
