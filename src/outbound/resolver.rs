//! Name resolution that leaves out addresses that are nearer than a client may reach. The address
//! that was judged is the one that is connected to: nothing resolves a second time.

use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::vec;

use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tower::{BoxError, Service};

use super::lookup::Lookups;
use super::reach::Reach;

/// Resolves by the machine's resolver and keeps what is far enough away. Cheap to clone.
#[derive(Clone)]
pub(super) struct Fenced {
    nearest: Reach,
    lookups: Lookups,
}

impl Fenced {
    /// No addresses that are nearer than this.
    pub(super) fn new(nearest: Reach) -> Self {
        Self { nearest, lookups: Lookups::of_the_machine() }
    }
}

/// Every address of a name is nearer than the client may reach.
#[derive(Debug, thiserror::Error)]
#[error("the name resolves to no address that may be reached")]
struct TooNear;

impl Fenced {
    async fn addresses(self, name: &str) -> Result<vec::IntoIter<SocketAddr>, BoxError> {
        let found = self.lookups.find(name).await?;
        let kept = within(self.nearest, found.iter().copied());
        if kept.is_empty() { Err(TooNear.into()) } else { Ok(kept.into_iter()) }
    }
}

impl Resolve for Fenced {
    fn resolve(&self, name: Name) -> Resolving {
        let fenced = self.clone();
        Box::pin(async move {
            let addresses: Addrs = Box::new(fenced.addresses(name.as_str()).await?);
            Ok(addresses)
        })
    }
}

/// The same for the client of services.
impl Service<dns::Name> for Fenced {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: dns::Name) -> Self::Future {
        let fenced = self.clone();
        Box::pin(async move { fenced.addresses(name.as_str()).await })
    }
}

fn within(nearest: Reach, found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    found.filter(|address| Reach::of_ip(address.ip()) <= nearest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_092_addresses_that_are_too_near_are_left_out() {
        let found = ["8.8.8.8:0", "10.1.2.3:0", "169.254.169.254:0", "168.63.129.16:0", "[::1]:0"];
        let found: Vec<SocketAddr> = found.iter().map(|text| text.parse().unwrap()).collect();
        let kept = |nearest| {
            let kept = within(nearest, found.iter().copied());
            kept.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(kept(Reach::Public), ["8.8.8.8"]);
        assert_eq!(kept(Reach::Private), ["8.8.8.8", "10.1.2.3", "::1"]);
    }
}
