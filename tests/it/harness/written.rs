//! What the server writes to its log, at the most talkative level.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

/// The lines of one test's server. Its runtime must have one thread.
#[derive(Clone, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

/// Reads along until it is dropped.
pub struct Reading {
    _own: tracing::subscriber::DefaultGuard,
    _second: tracing::Dispatch,
}

impl Written {
    /// Reads along from now on, what the program itself would write.
    pub fn read(&self) -> Reading {
        Self::reading(osier::telemetry::subscriber("trace", self.clone()).unwrap())
    }

    /// Reads along from now on, also what the program keeps its libraries from writing.
    pub fn read_everything(&self) -> Reading {
        let lines = tracing_subscriber::fmt::layer().with_writer(self.clone()).with_ansi(false);
        Self::reading(tracing_subscriber::registry().with(lines))
    }

    fn reading(subscriber: impl tracing::Subscriber + Send + Sync) -> Reading {
        // While there is only one subscriber, tracing asks the thread that first comes by a line
        // whether anybody wants it, and believes that for all threads; others have none.
        let second = tracing::Dispatch::new(tracing_subscriber::registry());
        Reading { _own: tracing::subscriber::set_default(subscriber), _second: second }
    }

    /// All of it so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
