//! Sends a request inside a span of its own and tells the other side where in the trace it belongs (W3C
//! Trace Context). Everything that is asked on a caller's behalf goes out through here.

use http::{HeaderMap, Method, StatusCode};
use reqwest::{Client, Request, Response};

use crate::telemetry::{Side, Span, Trace};

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer<'a> {
    /// A backend, by its name in the configuration.
    Backend(&'a str),
    /// The permission service.
    Permissions,
    /// Entra, for a token.
    Token,
}

/// Sends it, up to the answer's head.
///
/// # Errors
/// As the client's own.
pub async fn send(
    client: &Client,
    mut request: Request,
    peer: Peer<'_>,
) -> Result<Response, reqwest::Error> {
    let (method, url) = (request.method().clone(), request.url().clone());
    let server = (url.host_str(), url.port_or_known_default());
    let sending = Sending::begin(peer, &method, server, request.headers_mut());
    let answered = client.execute(request).await;
    sending.end(match &answered {
        Ok(response) => Ok(response.status()),
        Err(error) if error.is_timeout() => Err("timeout"),
        Err(error) if error.is_connect() => Err("connect"),
        Err(_) => Err("broken"),
    });
    answered
}

/// The span of one request that goes out.
pub(super) struct Sending(Span);

impl Sending {
    /// Begins it, and says in the headers where the request belongs.
    pub(super) fn begin(
        peer: Peer<'_>,
        method: &Method,
        (host, port): (Option<&str>, Option<u16>),
        headers: &mut HeaderMap,
    ) -> Self {
        // Named by the method: of the path no template is known here, and it may hold ids.
        let span = Span::begin(Side::Client, &Trace::here(), || method.to_string().into());
        span.say("http.request.method", || method.to_string());
        span.say("server.address", || host.unwrap_or_default().to_owned());
        span.say("server.port", || i64::from(port.unwrap_or(0)));
        match peer {
            Peer::Backend(name) => span.say("osier.backend", || name.to_owned()),
            Peer::Permissions => span.say("osier.peer", || "permissions"),
            Peer::Token => span.say("osier.peer", || "token"),
        };
        span.trace().inject(headers);
        Self(span)
    }

    /// Ends it with the answer's status, or with what there was instead.
    pub(super) fn end(self, ended: Result<StatusCode, &'static str>) {
        let Self(span) = self;
        match ended {
            Ok(status) => {
                span.say("http.response.status_code", || i64::from(status.as_u16()));
                if status.is_client_error() || status.is_server_error() {
                    span.fail("status");
                }
            }
            Err(error) => span.fail(error),
        }
    }
}
