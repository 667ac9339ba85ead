//! Which `Host` and `Origin` a request may name. Both lists follow from the public URL. This is the
//! fence against DNS rebinding: a page of a foreign site can't speak to a server on this machine.

use axum::extract::Request;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};

use super::Next;

/// The accepted values of `Host` and `Origin`, as they are spelled, each with its port unless that
/// is its scheme's own.
#[derive(Clone, Debug)]
pub struct Allowed {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Allowed {
    /// These and no others; an empty list lets nobody name any.
    pub fn new(hosts: Vec<String>, origins: Vec<String>) -> Self {
        Self { hosts, origins }
    }

    /// The hosts, for rmcp's own check behind this one.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The origins, for the same.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// The host by its header and by `:authority` (RFC 9113 §8.3.1); each that is there must be ours.
    fn accepts_host(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(HOST).iter();
        let (header, another) = (named.next(), named.next());
        let header = header.map(|value| value.to_str().unwrap_or_default());
        let mut all = header.into_iter().chain(uri.authority().map(Authority::as_str)).peekable();
        another.is_none() && all.peek().is_some() && all.all(|host| among(&self.hosts, host))
    }

    /// The request's `Origin`, where it is there and ours.
    pub fn origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        self.accepts_origin(headers).then(|| origin.clone())
    }

    /// A missing `Origin` passes: programs send none.
    fn accepts_origin(&self, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(ORIGIN).iter();
        match (named.next().map(|origin| origin.to_str()), named.next()) {
            (None, _) => true,
            (Some(Ok(origin)), None) => among(&self.origins, origin),
            _ => false,
        }
    }
}

fn among(own: &[String], named: &str) -> bool {
    own.iter().any(|own| own.eq_ignore_ascii_case(named))
}

/// The layer.
pub async fn check<N, F>(allowed: &Allowed, request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    if !allowed.accepts_host(request.uri(), request.headers()) {
        return super::json_rpc_error(StatusCode::FORBIDDEN, -32600, "the Host isn't this server");
    }
    if !allowed.accepts_origin(request.headers()) {
        return super::json_rpc_error(StatusCode::FORBIDDEN, -32600, "the Origin isn't allowed");
    }
    next.run(request).await
}
