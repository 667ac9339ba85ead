//! Who a request of rmcp's comes from, and in what way its client can be asked something.

use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::model::{ClientCapabilities, Extensions, ProtocolVersion};
use rmcp::service::{RequestContext, RoleServer};

use super::sessions::Session;
use crate::call::Client;
use crate::identity::Identity;

/// The caller of one request.
pub(super) struct Caller {
    /// The person, as of this very HTTP request.
    pub(super) identity: Arc<Identity>,
    /// The session that the request came in, if it came in one.
    pub(super) session: Option<Arc<Session>>,
}

impl Caller {
    /// What the HTTP layers found out. rmcp passes on the parts of the current request, in a
    /// session too.
    pub(super) fn of(extensions: &Extensions) -> Result<Self, ErrorData> {
        let parts = extensions.get::<http::request::Parts>();
        let identity = parts.and_then(|parts| parts.extensions.get::<Arc<Identity>>());
        let Some((parts, identity)) = parts.zip(identity) else {
            // Only a door without its layers gets here.
            return Err(ErrorData::internal_error("the caller isn't known", None));
        };
        let session = parts.extensions.get::<Arc<Session>>().cloned();
        Ok(Self { identity: Arc::clone(identity), session })
    }
}

/// How a question reaches the person.
pub(super) enum Era {
    /// 2026-07-28: the questions are the result, and the answer comes with a new request.
    InputRequired,
    /// An older session: a request of ours over the stream, which the client answers.
    Live(Arc<Session>),
    /// Not at all: an older version that brings its metadata along and has no session. An answer
    /// would have no way back.
    Mute,
}

impl Era {
    pub(super) fn of(cx: &RequestContext<RoleServer>, caller: &Caller) -> Self {
        match (cx.meta.protocol_version(), &caller.session) {
            (Some(version), _) if version >= ProtocolVersion::V_2026_07_28 => Self::InputRequired,
            (None, Some(session)) => Self::Live(Arc::clone(session)),
            _ => Self::Mute,
        }
    }

    /// True where the protocol is the one of the request's own metadata, 2026-07-28 or newer.
    pub(super) fn is_modern(&self) -> bool {
        matches!(self, Self::InputRequired)
    }

    /// What the client says that it can do. rmcp makes up the capabilities of a client that it
    /// doesn't know, so they aren't asked for then.
    pub(super) fn capabilities(&self, cx: &RequestContext<RoleServer>) -> ClientCapabilities {
        match self {
            Self::InputRequired => cx.meta.client_capabilities(),
            Self::Live(_) => cx.peer.peer_info().map(|info| info.capabilities.clone()),
            Self::Mute => None,
        }
        .unwrap_or_default()
    }
}

/// The program that speaks for the person, as it introduces itself.
pub(super) fn client(cx: &RequestContext<RoleServer>) -> Client {
    let info = cx.client_info();
    let protocol = cx.protocol_version().map(|version| version.to_string());
    Client {
        name: info.as_ref().map(|info| info.name.clone()).unwrap_or_default(),
        version: info.map(|info| info.version).unwrap_or_default(),
        protocol: protocol.unwrap_or_default(),
    }
}
