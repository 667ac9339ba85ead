//! Which `Host` and `Origin` a request may name, both following from the public URL. It is the
//! fence against DNS rebinding: a page of a foreign site can't speak to a server on this machine.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, StatusCode, Uri};
use url::{Host, Url};

/// The accepted hosts and origins, as their headers spell them, in lower case.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// `(host, port)`
    hosts: Vec<(String, u16)>,
    /// The port of a `Host` that names none.
    default_port: u16,
    origins: Vec<String>,
}

impl Allowed {
    /// Those of the server's public URL; a loopback URL stands for every name of the loopback.
    pub fn of(public_url: &Url) -> Self {
        let scheme = public_url.scheme();
        let default_port = if scheme == "https" { 443 } else { 80 };
        let port = public_url.port().unwrap_or(default_port);
        let is_loopback = match public_url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let mut names = vec![public_url.host_str().unwrap_or_default().to_ascii_lowercase()];
        if is_loopback {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        let origin = |name: &String| {
            if port == default_port {
                format!("{scheme}://{name}")
            } else {
                format!("{scheme}://{name}:{port}")
            }
        };
        Self {
            origins: names.iter().map(origin).collect(),
            hosts: names.into_iter().map(|name| (name, port)).collect(),
            default_port,
        }
    }

    /// Also lets pages of this origin in, written as a browser sends it.
    pub fn with_origin(mut self, origin: &str) -> Self {
        self.origins.push(origin.to_ascii_lowercase());
        self
    }

    /// The accepted hosts without their ports, for rmcp's own check behind this one.
    pub fn host_names(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(|(name, _)| name.as_str())
    }

    /// The accepted origins, for the same.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.iter().map(String::as_str)
    }

    /// The host by `Host` and by `:authority`; each that is there must be ours.
    fn accepts_host(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(HOST).iter();
        let header = named.next();
        if named.next().is_some() {
            return false;
        }
        let from_header =
            header.map(|value| value.to_str().ok().and_then(|text| text.parse::<Authority>().ok()));
        let from_uri = uri.authority().map(|authority| Some(authority.clone()));
        let mut all = [from_header, from_uri].into_iter().flatten().peekable();
        all.peek().is_some()
            && all.all(|authority| authority.is_some_and(|authority| self.is_ours(&authority)))
    }

    fn is_ours(&self, authority: &Authority) -> bool {
        let host = authority.host();
        let port = match authority.port_u16() {
            Some(port) => port,
            // Neither userinfo nor a port that is no number, both of which `host()` cuts off.
            None if authority.as_str() == host => self.default_port,
            None => return false,
        };
        if authority.as_str().contains('@') {
            return false;
        }
        self.hosts.iter().any(|(name, own)| *own == port && name.eq_ignore_ascii_case(host))
    }

    /// A missing `Origin` passes: programs send none.
    fn accepts_origin(&self, headers: &HeaderMap) -> bool {
        let mut named = headers.get_all(ORIGIN).iter();
        match (named.next().map(|origin| origin.to_str()), named.next()) {
            (None, _) => true,
            (Some(Ok(origin)), None) => {
                self.origins.iter().any(|own| own.eq_ignore_ascii_case(origin))
            }
            _ => false,
        }
    }
}

/// The layer.
pub async fn check(State(allowed): State<Arc<Allowed>>, request: Request, next: Next) -> Response {
    if !allowed.accepts_host(request.uri(), request.headers()) {
        return super::json_rpc_error(StatusCode::FORBIDDEN, -32600, "the Host isn't this server");
    }
    if !allowed.accepts_origin(request.headers()) {
        return super::json_rpc_error(StatusCode::FORBIDDEN, -32600, "the Origin isn't allowed");
    }
    next.run(request).await
}
