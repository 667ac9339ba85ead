//! The span of one MCP request (semantic conventions for MCP). It hangs where the request's `_meta`
//! says, or below the HTTP request's; nothing of what was asked is in it but names of the catalog.

use std::borrow::Cow;

use rmcp::ErrorData;
use rmcp::service::{RequestContext, RoleServer};

use crate::telemetry::{Side, Span, Trace};

/// What an MCP request is about.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    /// Nothing that has a name.
    None,
    /// A tool of the catalog, or one that nobody knows.
    Tool(Option<&'a str>),
}

/// Does the work inside a span of this method. `failed`: whether a result tells of an error.
pub(super) async fn within<T>(
    cx: &RequestContext<RoleServer>,
    method: &'static str,
    target: Target<'_>,
    work: impl Future<Output = Result<T, ErrorData>>,
    failed: impl Fn(&T) -> bool,
) -> Result<T, ErrorData> {
    let around = cx.extensions.get::<http::request::Parts>();
    let around = around.and_then(|parts| parts.extensions.get::<Trace>()).cloned();
    let around = around.unwrap_or_default();
    let parent = Trace::of_meta(|key| cx.meta.get(key).and_then(|value| value.as_str()));
    let version = || cx.protocol_version().map(|version| version.to_string());
    around_request((parent, around), version, method, target, work, failed).await
}

/// The same, for a request that isn't rmcp's. `(parent, around)`: where its `_meta` says that it hangs, and
/// the HTTP request's span.
pub(super) async fn around_request<T>(
    (parent, around): (Trace, Trace),
    version: impl Fn() -> Option<String>,
    method: &'static str,
    target: Target<'_>,
    work: impl Future<Output = Result<T, ErrorData>>,
    failed: impl Fn(&T) -> bool,
) -> Result<T, ErrorData> {
    let linked = !parent.is_nowhere();
    let span = Span::begin(Side::Server, &parent.or(&around), || match target {
        Target::Tool(Some(tool)) => format!("{method} {tool}").into(),
        _ => Cow::Borrowed(method),
    });
    if linked {
        span.link(&around);
    }
    span.say("mcp.method.name", || method);
    span.say("network.transport", || "tcp");
    if let (false, Some(version)) = (span.is_nowhere(), version()) {
        span.say("mcp.protocol.version", || version);
    }
    if let Target::Tool(tool) = target {
        span.say("gen_ai.operation.name", || "execute_tool");
        if let Some(tool) = tool {
            span.say("gen_ai.tool.name", || tool.to_owned());
        }
    }
    let ended = span.around(work).await;
    match &ended {
        Ok(result) if failed(result) => span.fail("tool_error"),
        Ok(_) => {}
        Err(error) => {
            span.say("rpc.response.status_code", || error.code.0.to_string());
            span.fail("jsonrpc_error");
        }
    }
    ended
}
