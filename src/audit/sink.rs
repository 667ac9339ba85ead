//! Where audit lines go: standard output, and nothing else goes there; in tests, a list.
//!
//! One thread writes, in the order of acceptance. A line is accepted once it was written and
//! flushed. Before the process ends, whoever started the sink waits for its [`Writing`].

use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

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

/// The writing thread, to be waited for. It ends once every [`Sink`] and every open record is gone
/// and the last line is out.
#[derive(Debug)]
pub struct Writing(std::sync::mpsc::Receiver<()>);

/// A place in the queue, kept from the start of a call for its end.
#[derive(Debug)]
pub(super) struct Slot(mpsc::OwnedPermit<Line>);

impl Sink {
    /// Lines to standard output.
    pub fn stdout() -> (Self, Writing) {
        Self::to(std::io::stdout())
    }

    /// Lines to a list, for tests to read.
    pub fn memory() -> (Self, Arc<Mutex<Vec<u8>>>) {
        let kept = Arc::new(Mutex::new(Vec::new()));
        (Self::to(Kept(Arc::clone(&kept))).0, kept)
    }

    /// Lines to any writer, on a thread of their own.
    pub fn to(out: impl Write + Send + 'static) -> (Self, Writing) {
        let (sender, lines) = mpsc::channel::<Line>(WAITING);
        let (ended, end) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            write(out, lines);
            // Nobody may be waiting.
            let _ = ended.send(());
        });
        (Self(sender), Writing(end))
    }

    /// Waits until every line that was given so far is out.
    ///
    /// # Errors
    /// Where the sink takes no more lines.
    pub async fn settle(&self) -> Result<(), SinkClosed> {
        self.accept(String::new()).await
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

/// Writes line after line until no more can come.
fn write(mut out: impl Write, mut lines: mpsc::Receiver<Line>) {
    let mut torn = false;
    while let Some(Line { text, written }) = lines.blocking_recv() {
        if text.is_empty() {
            // Asked only to know when its turn comes.
            let _ = written.map(|waiting| waiting.send(()));
            continue;
        }
        // After a failure part of a line may be out: the next one begins on a line of its own.
        let line = if torn { format!("\n{text}\n") } else { format!("{text}\n") };
        let outcome = out.write_all(line.as_bytes()).and_then(|()| out.flush());
        torn = outcome.is_err();
        match outcome {
            // Whoever waited may have gone.
            Ok(()) => {
                let _ = written.map(|waiting| waiting.send(()));
            }
            // Whoever waits sees its sender dropped: not accepted.
            Err(error) => tracing::error!(kind = ?error.kind(), "an audit line wasn't written"),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a few bytes of every other write and fails.
    struct Torn(Kept, bool);

    impl Write for Torn {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                self.0.write(&bytes[..3])?;
                return Err(std::io::ErrorKind::StorageFull.into());
            }
            self.0.write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_torn_line_spoils_no_other() {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (sink, writing) = Sink::to(Torn(Kept(Arc::clone(&kept)), false));
        assert_eq!(sink.accept("first".to_owned()).await, Err(SinkClosed));
        assert_eq!(sink.accept("second".to_owned()).await, Ok(()));
        drop(sink);
        assert!(writing.wait(Duration::from_secs(5)));
        assert_eq!(*kept.lock().unwrap(), b"fir\nsecond\n");
    }

    #[tokio::test]
    async fn the_end_of_the_writing_is_the_end_of_all_lines() {
        let (sink, writing) = Sink::to(Kept(Arc::default()));
        let slot = sink.slot().await.unwrap();
        drop(sink);
        assert!(!writing.wait(Duration::from_millis(10)), "a place is still kept");
        slot.write("last".to_owned());
        assert!(writing.wait(Duration::from_secs(5)));
    }
}
