//! What a running call says while it runs: progress, log lines, changed lists.
//!
//! Backends write, the front door reads and renders. The channel is bounded: a client that doesn't
//! read loses notes, never the call.

use serde_json::Value;
use tokio::sync::mpsc;

/// How many notes may wait for a client that reads slowly.
const WAITING: usize = 64;

/// One note.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// MCP `notifications/progress`.
    Progress {
        /// How much is done; grows.
        done: f64,
        /// How much there is, if known.
        total: Option<f64>,
        /// What is being done, in our own words.
        message: Option<String>,
    },
    /// MCP `notifications/message`.
    Log {
        /// An MCP log level, such as `info`.
        level: String,
        /// What is logged.
        data: Value,
    },
    /// A list that changed for everybody.
    Changed(Changed),
}

/// The lists that can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// MCP `notifications/tools/list_changed`
    Tools,
    /// MCP `notifications/prompts/list_changed`
    Prompts,
    /// MCP `notifications/resources/list_changed`
    Resources,
}

impl Changed {
    /// The list's name, as replicas tell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
        }
    }
}

/// The writing end of a call's notes.
#[derive(Clone, Debug, Default)]
pub struct Notes(Option<mpsc::Sender<Note>>);

impl Notes {
    /// Notes that somebody reads.
    pub fn channel() -> (Self, mpsc::Receiver<Note>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(Some(sender)), receiver)
    }

    /// Notes that nobody reads.
    pub fn silent() -> Self {
        Self(None)
    }

    /// Writes a note; drops it when the reader is behind or gone.
    pub fn write(&self, note: Note) {
        if let Some(sender) = &self.0 {
            let _ = sender.try_send(note);
        }
    }
}
