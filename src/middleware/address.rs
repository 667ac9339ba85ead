//! Who is at the other end, for budgets of callers who haven't signed in: the connection's peer, or, behind
//! a stated number of proxies, the address that the outermost of them wrote down. Nothing that a caller
//! writes into the header itself is believed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use http::{Extensions, HeaderMap, HeaderName};

use super::Next;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many proxies stand in front, each of which adds its peer to `X-Forwarded-For`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proxies(pub usize);

/// A caller's address, as far as it is known.
#[derive(Clone, Copy, Debug)]
struct ClientAddress(IpAddr);

/// The layer.
pub async fn settle<N, F>(proxies: Proxies, mut request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let address = client(proxies, request.headers(), peer(request.extensions()));
    request.extensions_mut().insert(ClientAddress(address));
    next.run(request).await
}

/// The address of a request that has passed the layer. Unknown ones share one.
pub fn of(extensions: &Extensions) -> IpAddr {
    extensions.get::<ClientAddress>().map_or_else(|| peer(extensions), |address| address.0)
}

fn peer(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())
}

/// Counted from the right: the last entry is the nearest proxy's. Fewer entries than proxies mean that the
/// request took another way; then its peer alone is known.
fn client(Proxies(proxies): Proxies, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    let Some(nth) = proxies.checked_sub(1) else { return peer };
    let values = headers.get_all(X_FORWARDED_FOR);
    let lines: Vec<&str> = values.iter().filter_map(|value| value.to_str().ok()).collect();
    let named = lines.iter().rev().flat_map(|line| line.rsplit(',')).nth(nth);
    named.and_then(address).unwrap_or(peer)
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn seen(proxies: usize, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        client(Proxies(proxies), &headers, "10.0.0.1".parse().unwrap()).to_string()
    }

    #[test]
    fn only_what_stated_proxies_wrote_is_believed() {
        assert_eq!(seen(0, &["8.8.8.8"]), "10.0.0.1");
        assert_eq!(seen(1, &[]), "10.0.0.1");
        assert_eq!(seen(1, &["8.8.8.8"]), "8.8.8.8");
        // What the caller brought stands further left.
        assert_eq!(seen(1, &["6.6.6.6, 8.8.8.8"]), "8.8.8.8");
        assert_eq!(seen(1, &["6.6.6.6", "8.8.8.8:4711"]), "8.8.8.8");
        assert_eq!(seen(2, &["6.6.6.6, 8.8.8.8, 10.0.0.2"]), "8.8.8.8");
        assert_eq!(seen(2, &["6.6.6.6", "[2001:db8::1]:443", "10.0.0.2"]), "2001:db8::1");
        assert_eq!(seen(2, &["8.8.8.8"]), "10.0.0.1");
        assert_eq!(seen(1, &["8.8.8.8, unknown"]), "10.0.0.1");
    }
}
