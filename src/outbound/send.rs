//! Sends a request inside a span of its own and tells the other side where in the trace it belongs (W3C
//! Trace Context). Everything that is asked on a caller's behalf goes out through here.

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
    // Named by the method: of the path no template is known here, and it may hold ids.
    let span = Span::begin(Side::Client, &Trace::here(), || request.method().to_string().into());
    span.say("http.request.method", || request.method().to_string());
    span.say("server.address", || request.url().host_str().unwrap_or_default().to_owned());
    span.say("server.port", || i64::from(request.url().port_or_known_default().unwrap_or(0)));
    match peer {
        Peer::Backend(name) => span.say("osier.backend", || name.to_owned()),
        Peer::Permissions => span.say("osier.peer", || "permissions"),
        Peer::Token => span.say("osier.peer", || "token"),
    };
    span.trace().inject(request.headers_mut());
    let answered = client.execute(request).await;
    match &answered {
        Ok(response) => {
            let status = response.status();
            span.say("http.response.status_code", || i64::from(status.as_u16()));
            if status.is_client_error() || status.is_server_error() {
                span.fail("status");
            }
        }
        Err(error) if error.is_timeout() => span.fail("timeout"),
        Err(error) if error.is_connect() => span.fail("connect"),
        Err(_) => span.fail("broken"),
    }
    answered
}
