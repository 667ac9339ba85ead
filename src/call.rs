//! What goes into the pipeline and every way out of it: [`Call`], [`Notes`], [`Stop`], [`Refusal`],
//! [`Ask`]. Front doors build the one and render the others. Nothing here proves anything: proofs
//! are the hand-over types of the stages.

mod ask;
mod notes;
mod refusal;

pub use ask::{Answer, Ask, Question, QuestionKind, Response};
pub use notes::{Changed, Note, Notes};
pub use refusal::{Hindrance, Limit, Refusal, Trouble, TroubleKind, Unreadable};

use std::time::Duration;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

/// One request to run a tool, as a front door received it. All of it is unverified, and none of it is
/// ever formatted.
pub struct Call {
    /// The tool's name as the client wrote it.
    pub tool: String,
    /// The arguments as the client wrote them.
    pub arguments: Map<String, Value>,
    /// The answer to a question that an earlier run asked, if the client brings one.
    pub answer: Option<Answer>,
    /// True where the client can't show a question, and the person may have answered by link.
    pub by_link: bool,
    /// The decision's id of the call that this one is a part of.
    pub part_of: Option<String>,
    /// The program that speaks for the person, as it introduces itself.
    pub client: Client,
    /// Where progress and log messages go while the call runs.
    pub notes: Notes,
    /// Cancelled when the client goes away or takes the call back.
    pub cancel: CancellationToken,
    /// How long the whole call may take.
    pub budget: Duration,
}

/// What a client says of itself (MCP `clientInfo`, and the negotiated protocol version).
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// `clientInfo.name`
    pub name: String,
    /// `clientInfo.version`
    pub version: String,
    /// The protocol that the front door speaks with it, such as `2026-07-28`.
    pub protocol: String,
}

/// Every way out of the pipeline other than an outcome.
#[derive(Debug)]
pub enum Stop {
    /// The call ends here.
    Refused(Refusal),
    /// The call goes on once the person has answered.
    Ask(Box<Ask>),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
