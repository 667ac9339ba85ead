//! Fetches a document that a stranger named: the metadata of an OAuth client
//! (draft-ietf-oauth-client-id-metadata-document §8.6, §8.7). Only public addresses are spoken to, and
//! those that were judged are the ones that are connected to. Redirects, proxies, compression and
//! anything but 200 are refused, and a body is read under a cap.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Limits, Reach, ReadFault, read_capped};

/// Until a connection stands, TLS included.
const CONNECT: Duration = Duration::from_secs(3);

/// Names, authorities and the way to an address: what a test replaces. The program itself knows only
/// [`Network::open`].
pub struct Network {
    /// Tells the addresses of a name.
    pub names: Arc<dyn Resolve>,
    /// Authorities that are believed instead of the machine's; empty for the machine's.
    pub authorities: Vec<reqwest::Certificate>,
    /// Where to connect instead of to a public address, after it was judged.
    pub detours: BTreeMap<IpAddr, SocketAddr>,
}

impl Network {
    /// The open network by the machine's own resolver and authorities.
    pub fn open() -> Self {
        Self { names: Arc::new(Machine), authorities: Vec::new(), detours: BTreeMap::new() }
    }
}

/// Fetches public documents.
#[derive(Clone, Debug)]
pub struct Fetcher {
    http: reqwest::Client,
}

/// A document that was answered with 200.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// `Content-Type`, as it was sent.
    pub content_type: Option<String>,
    /// `max-age` of `Cache-Control` (RFC 9111 §5.2.2.1).
    pub max_age: Option<Duration>,
    /// The body.
    pub body: Bytes,
}

/// Why there is no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchFault {
    /// An address of the name isn't a public one.
    #[error("the name resolves to an address that isn't public")]
    NotPublic,
    /// No address, no connection, no TLS, or no answer in time.
    #[error("no answer")]
    Unreachable,
    /// Another status than 200.
    #[error("the answer was {0}")]
    Status(StatusCode),
    /// Compressed, though that wasn't asked for.
    #[error("the answer is compressed")]
    Compressed,
    /// The body failed.
    #[error(transparent)]
    Body(#[from] ReadFault),
}

impl Fetcher {
    /// A fetcher for that network.
    ///
    /// # Errors
    /// Where the authorities can't be read.
    pub fn new(network: Network) -> Result<Self, reqwest::Error> {
        let Network { names, authorities, detours } = network;
        // Nothing is kept open: each fetch resolves and judges anew.
        let limits = Limits {
            connect: CONNECT,
            total: Duration::from_secs(10),
            idle: Duration::from_secs(1),
            idle_per_host: 0,
            nearest: Reach::Public,
        };
        let resolver = Arc::new(PublicOnly { names, detours });
        let http = super::build(&limits, resolver, |builder| {
            let builder = builder.https_only(true).http1_only();
            if authorities.is_empty() { builder } else { builder.tls_certs_only(authorities) }
        })?;
        Ok(Self { http })
    }

    /// Fetches a document of at most `cap` bytes; all of it takes at most `within`.
    ///
    /// # Errors
    /// [`FetchFault`].
    pub async fn get(
        &self,
        url: &str,
        cap: usize,
        within: Duration,
    ) -> Result<Fetched, FetchFault> {
        let deadline = tokio::time::Instant::now() + within;
        let sending = self
            .http
            .get(url)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_ENCODING, "identity")
            .send();
        let response = tokio::time::timeout_at(deadline, sending)
            .await
            .map_err(|_| FetchFault::Unreachable)?
            .map_err(|error| fault_of(&error))?;
        if response.status() != StatusCode::OK {
            return Err(FetchFault::Status(response.status()));
        }
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let encodings = response.headers().get_all(CONTENT_ENCODING);
        if encodings.iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(FetchFault::Compressed);
        }
        let content_type = header(CONTENT_TYPE).map(str::to_owned);
        let max_age = header(CACHE_CONTROL).and_then(max_age);
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let body = read_capped(response, cap, left).await?;
        Ok(Fetched { content_type, max_age, body })
    }
}

fn max_age(control: &str) -> Option<Duration> {
    let value = control.split(',').find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        name.trim().eq_ignore_ascii_case("max-age").then(|| value.trim().trim_matches('"'))
    })?;
    value.parse().ok().map(Duration::from_secs)
}

fn fault_of(error: &reqwest::Error) -> FetchFault {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let refused = causes.into_iter().any(<dyn Error>::is::<NotPublic>);
    if refused { FetchFault::NotPublic } else { FetchFault::Unreachable }
}

/// The machine's resolver.
struct Machine;

impl Resolve for Machine {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// Hands on the addresses of a name only if each of them is public: who mixes others in means harm.
struct PublicOnly {
    names: Arc<dyn Resolve>,
    detours: BTreeMap<IpAddr, SocketAddr>,
}

#[derive(Debug, thiserror::Error)]
#[error("the name resolves to an address that isn't public")]
struct NotPublic;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let detours = self.detours.clone();
        let resolving = self.names.resolve(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = resolving.await?.collect();
            if !found.iter().all(|address| Reach::is_global(address.ip())) {
                return Err(NotPublic.into());
            }
            // Port 0 is the scheme's own, 443.
            let ways = found.into_iter().map(move |address| {
                let way = detours.get(&address.ip()).copied();
                way.unwrap_or_else(|| SocketAddr::new(address.ip(), 0))
            });
            let addresses: Addrs = Box::new(ways.collect::<Vec<_>>().into_iter());
            Ok(addresses)
        })
    }
}
