//! The only place that makes HTTP clients, and the cap under which their answers are read.
//! Identity fetches signing keys with one, the backends call with theirs. A client never follows a
//! redirect, never asks the environment for a proxy, never inflates a body and never tries twice.

mod fetcher;
mod lookup;
mod reach;
mod resolver;
mod send;
mod service_client;
mod tls;

pub use fetcher::{FetchFault, Fetched, Fetcher, Network};
pub use reach::Reach;
pub use send::{Peer, send};
pub use service_client::{Answer, NoAnswer, ServiceClient};
pub use tls::connector;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _};

/// How long a client waits, and how many idle connections it keeps to one host.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// From the start of a request until its body is read. A single request can ask for less.
    pub total: Duration,
    /// How long an idle connection is kept.
    pub idle: Duration,
    /// Idle connections to one host.
    pub idle_per_host: usize,
    /// The nearest that a name may resolve to.
    pub nearest: Reach,
}

impl Limits {
    /// For small public documents: discovery and signing keys.
    pub const fn documents() -> Self {
        Self {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(5),
            idle: Duration::from_secs(30),
            idle_per_host: 2,
            nearest: Reach::Private,
        }
    }

    /// For calls to a service: its deadline, and the nearest that its name may resolve to.
    pub const fn calls(total: Duration, nearest: Reach) -> Self {
        Self {
            connect: Duration::from_secs(3),
            total,
            idle: Duration::from_mins(1),
            idle_per_host: 32,
            nearest,
        }
    }
}

/// Makes a client of other replicas: a connection stands soon or not at all, and a stream lasts for as
/// long as there is a word on it at least every `silence`.
///
/// # Errors
/// Where the machine's certificate store can't be read.
pub fn streaming(silence: Duration) -> Result<reqwest::Client, reqwest::Error> {
    let limits = Limits {
        connect: Duration::from_secs(1),
        // As good as none: the builder wants one.
        total: Duration::from_hours(24 * 365),
        idle: Duration::from_secs(30),
        idle_per_host: 64,
        nearest: Reach::Private,
    };
    install_crypto();
    build(&limits, Arc::new(resolver::Fenced::new(limits.nearest)), |builder| {
        let builder = builder.read_timeout(silence);
        match tls::shared() {
            Some(settings) => builder.tls_backend_preconfigured(settings),
            None => builder,
        }
    })
}

/// The machine's certificates can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the machine's certificates can't be read")]
pub struct NoClient;

/// Makes a client.
///
/// # Errors
/// Where the machine's certificate store can't be read.
pub fn client(limits: &Limits) -> Result<reqwest::Client, reqwest::Error> {
    install_crypto();
    build(limits, Arc::new(resolver::Fenced::new(limits.nearest)), |builder| match tls::shared() {
        Some(settings) => builder.tls_backend_preconfigured(settings),
        None => builder,
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes HTTP clients")]
fn build<R: reqwest::dns::Resolve + 'static>(
    limits: &Limits,
    resolver: Arc<R>,
    narrow: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, reqwest::Error> {
    install_crypto();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("osier/", env!("CARGO_PKG_VERSION")))
        // A redirect could carry a token or a question to a host that nobody configured.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .dns_resolver(resolver)
        .referer(false)
        .connect_timeout(limits.connect)
        .timeout(limits.total)
        .pool_idle_timeout(limits.idle)
        .pool_max_idle_per_host(limits.idle_per_host)
        .tcp_nodelay(true);
    narrow(builder).build()
}

/// Makes aws-lc-rs the one provider of cryptography, for TLS and for token signatures. Without it
/// the first connection or the first token panics. Any number of calls is as good as one.
pub fn install_crypto() {
    // An error says that a provider stands already, which is what was wanted.
    let _already = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let _already = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}

/// Why a body wasn't read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    /// It is longer than the cap, or says so.
    #[error("the body is over the cap")]
    TooLong,
    /// It hadn't ended by the deadline.
    #[error("the body didn't end in time")]
    TooSlow,
    /// The connection broke, or the framing is wrong.
    #[error("the body broke off")]
    Broken,
}

/// Reads a body of at most `cap` bytes, within `within` from now.
///
/// # Errors
/// [`ReadFault`]; nothing of a body that failed is handed on.
pub async fn read_capped(
    response: reqwest::Response,
    cap: usize,
    within: Duration,
) -> Result<Bytes, ReadFault> {
    let said = response.content_length();
    let chunks = response
        .bytes_stream()
        .map_err(|error| if error.is_timeout() { ReadFault::TooSlow } else { ReadFault::Broken });
    read_stream(chunks, said, cap, within).await
}

async fn read_stream(
    mut chunks: impl Stream<Item = Result<Bytes, ReadFault>> + Unpin,
    said: Option<u64>,
    cap: usize,
    within: Duration,
) -> Result<Bytes, ReadFault> {
    if said.unwrap_or(0) > u64::try_from(cap).unwrap_or(u64::MAX) {
        return Err(ReadFault::TooLong);
    }
    let read = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk?;
            if chunk.len() > cap - body.len() {
                return Err(ReadFault::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(within, read).await.unwrap_or(Err(ReadFault::TooSlow))
}
