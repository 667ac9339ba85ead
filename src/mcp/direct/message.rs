//! Which requests are regular: each header that 2026-07-28 asks for once and in agreement with the body
//! (SEP-2243), the metadata that it asks for and none that would want a stream, and no parameter but the
//! ones of a first call. The layers in front have judged caller, host, media type and envelope.

use std::borrow::Cow;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderName};
use rmcp::model::{ClientCapabilities, RequestId};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::call::Client;

pub(super) const VERSION: &str = "2026-07-28";

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A regular request.
pub(super) struct Regular<'b> {
    pub(super) id: RequestId,
    pub(super) client: Client,
    pub(super) asked: Asked<'b>,
}

/// What it asks for.
pub(super) enum Asked<'b> {
    /// `tools/list`
    Tools,
    /// `tools/call`
    Call { name: &'b str, arguments: Map<String, Value> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message<'b> {
    #[serde(rename = "jsonrpc")]
    _jsonrpc: IgnoredAny,
    id: RequestId,
    method: &'b str,
    #[serde(borrow)]
    params: Params<'b>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params<'b> {
    #[serde(borrow, rename = "_meta")]
    meta: Meta<'b>,
    #[serde(borrow)]
    name: Option<&'b str>,
    arguments: Option<Map<String, Value>>,
}

/// Other keys are the client's own.
#[derive(Deserialize)]
struct Meta<'b> {
    #[serde(borrow, rename = "io.modelcontextprotocol/protocolVersion")]
    version: &'b str,
    #[serde(borrow, rename = "io.modelcontextprotocol/clientInfo")]
    client: ClientInfo<'b>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities")]
    _capabilities: ClientCapabilities,
    #[serde(rename = "io.modelcontextprotocol/logLevel")]
    level: Option<IgnoredAny>,
    #[serde(rename = "progressToken")]
    progress: Option<IgnoredAny>,
    /// Where a span hangs is rmcp's way to tell.
    traceparent: Option<IgnoredAny>,
}

/// How a client introduces itself, if it says no more than that.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientInfo<'b> {
    #[serde(borrow)]
    pub(super) name: Cow<'b, str>,
    #[serde(borrow)]
    pub(super) version: Cow<'b, str>,
}

impl<'b> Regular<'b> {
    /// The request, if it is regular.
    pub(super) fn read(headers: &HeaderMap, body: &'b [u8]) -> Option<Self> {
        let is_modern = one(headers, &PROTOCOL_VERSION)? == VERSION;
        if !is_modern || !accepts_both(one(headers, &ACCEPT)?) {
            return None;
        }
        let Message { id, method, params, .. } = serde_json::from_slice(body).ok()?;
        let Params { meta, name, arguments } = params;
        let wants_stream = meta.level.is_some() || meta.progress.is_some();
        if meta.version != VERSION
            || wants_stream
            || meta.traceparent.is_some()
            || one(headers, &METHOD)? != method
        {
            return None;
        }
        let asked = match (method, name, arguments) {
            ("tools/list", None, None) => Asked::Tools,
            ("tools/call", Some(name), arguments) if one(headers, &NAME)? == name => {
                Asked::Call { name, arguments: arguments.unwrap_or_default() }
            }
            _ => return None,
        };
        Some(Self { id, client: meta.client.into(), asked })
    }
}

/// A header that is there once, in plain characters.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Both media types that the transport wants accepted, without weights.
fn accepts_both(accept: &str) -> bool {
    let accepted = |wanted: &str| accept.split(',').any(|one| one.trim() == wanted);
    !accept.contains(['"', ';']) && accepted("application/json") && accepted("text/event-stream")
}
