//! Clients that are named by the address of their metadata document: the allow-list, the built-in
//! copies, and the fetching of others under a budget. [`super::Clients`] is the only caller.
//!
//! A document is kept for 5 minutes to 24 hours, as its server says, and re-read after that: a
//! changed one changes the client's digest. A failure is kept for a minute, to bound the fetching; it
//! is never answered with an older document, unless that is built in. Many who want the same
//! document wait for one fetch, which goes on when they leave.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use http::StatusCode;
use moka::future::Cache;
use tokio::sync::Mutex;

use super::document::{self, DocumentFault};
use super::{Client, ClientFault, ClientFlaw, known};
use crate::clock::Clock;
use crate::config::{DocumentId, DocumentIds};
use crate::oauth::pace::{Budget, Pace, TooFast};
use crate::outbound::{FetchFault, Fetched, Fetcher, ReadFault};

/// The most documents that are kept.
const MAX_KEPT: u64 = 256;
/// How long a document is kept, at least and at most.
const KEPT: (Duration, Duration) = (Duration::from_mins(5), Duration::from_hours(24));
/// How long a failure is remembered.
const REMEMBERED: Duration = Duration::from_mins(1);
/// From the first look at the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(5);
/// The budget for fetches.
const BUDGET: Budget = Budget::per_minute(20, 60);

type Found = Result<Arc<Client>, ClientFault>;
type Flight = Shared<BoxFuture<'static, Found>>;

/// Finds clients by the addresses of their documents.
pub(super) struct Documents {
    allowed: DocumentIds,
    fetch_known: bool,
    pace: Pace,
    shelf: Shelf,
}

/// What was fetched, and what is being fetched.
#[derive(Clone)]
struct Shelf {
    fetcher: Fetcher,
    clock: Clock,
    kept: Cache<DocumentId, Kept>,
    flights: Arc<Mutex<HashMap<DocumentId, Flight>>>,
}

#[derive(Clone)]
struct Kept {
    found: Found,
    /// In unix milliseconds.
    since: u64,
    life: Duration,
}

impl Documents {
    pub(super) fn new(
        allowed: DocumentIds,
        fetch_known: bool,
        fetcher: Fetcher,
        clock: Clock,
    ) -> Self {
        // moka counts by a clock that nobody can set: it bounds, `Kept::find` decides.
        let kept = Cache::builder().max_capacity(MAX_KEPT).time_to_live(KEPT.1).build();
        let pace = Pace::new(BUDGET, clock.clone());
        let shelf = Shelf { fetcher, clock, kept, flights: Arc::default() };
        Self { allowed, fetch_known, pace, shelf }
    }

    /// Is that id among the accepted ones?
    pub(super) fn allow(&self, id: &DocumentId) -> bool {
        self.allowed.contain(id)
    }

    /// The client of that id.
    pub(super) async fn find(&self, id: &DocumentId, from: IpAddr) -> Result<Client, ClientFault> {
        if !self.allowed.contain(id) {
            return Err(ClientFault::Invalid(ClientFlaw::NotListed));
        }
        let Some(built_in) = known::find(id) else {
            return self.fetched(id, from).await.map(Arc::unwrap_or_clone);
        };
        if !self.fetch_known {
            return Ok(built_in);
        }
        Ok(self.fetched(id, from).await.map_or(built_in, Arc::unwrap_or_clone))
    }

    async fn fetched(&self, id: &DocumentId, from: IpAddr) -> Found {
        if let Some(found) = self.shelf.find(id).await {
            return found;
        }
        let mut flights = self.shelf.flights.lock().await;
        // It may have landed while the lock was waited for.
        if let Some(found) = self.shelf.find(id).await {
            return found;
        }
        let flight = if let Some(flight) = flights.get(id) {
            flight.clone()
        } else {
            self.pace.take(from)?;
            let flight = self.shelf.clone().depart(id.clone());
            flights.insert(id.clone(), flight.clone());
            flight
        };
        drop(flights);
        flight.await
    }
}

impl Shelf {
    async fn find(&self, id: &DocumentId) -> Option<Found> {
        let Kept { found, since, life } = self.kept.get(id).await?;
        // A clock that was set back makes nothing younger than new: it is fetched again.
        let age = Duration::from_millis(self.clock.unix_millis().checked_sub(since)?);
        let left = life.checked_sub(age).filter(|left| !left.is_zero())?;
        Some(found.map_err(|fault| match fault {
            ClientFault::Unavailable { .. } => ClientFault::Unavailable { retry_after: left },
            other => other,
        }))
    }

    /// Begins to fetch, in a task of its own: whoever asked may go away, others wait for it.
    fn depart(self, id: DocumentId) -> Flight {
        let task = tokio::spawn(async move {
            let (fetching, at) = (self.clone(), id.clone());
            let fetch = tokio::spawn(async move { fetching.fetch(&at).await });
            let unavailable = ClientFault::Unavailable { retry_after: REMEMBERED };
            let (found, life) = fetch.await.unwrap_or((Err(unavailable), REMEMBERED));
            let kept = Kept { found: found.clone(), since: self.clock.unix_millis(), life };
            self.kept.insert(id.clone(), kept).await;
            self.flights.lock().await.remove(&id);
            found
        });
        let unavailable = ClientFault::Unavailable { retry_after: REMEMBERED };
        async move { task.await.unwrap_or(Err(unavailable)) }.boxed().shared()
    }

    /// What there is at the address, and for how long that may be kept.
    async fn fetch(&self, id: &DocumentId) -> (Found, Duration) {
        let fetched = self.fetcher.get(id.as_str(), document::MAX_BYTES, PATIENCE).await;
        let (fault, refused) = match fetched {
            Ok(fetched) => {
                let life = fetched.max_age.unwrap_or_default().clamp(KEPT.0, KEPT.1);
                match read(id, &fetched) {
                    Ok(client) => return (Ok(Arc::new(client)), life),
                    Err(fault) => (fault.to_string(), true),
                }
            }
            Err(fault) => (fault.to_string(), !may_pass(fault)),
        };
        tracing::warn!(client = %id, fault, "a client's document couldn't be had");
        let fault = if refused {
            ClientFault::Invalid(ClientFlaw::BadDocument)
        } else {
            ClientFault::Unavailable { retry_after: REMEMBERED }
        };
        (Err(fault), REMEMBERED)
    }
}

fn read(id: &DocumentId, fetched: &Fetched) -> Result<Client, DocumentFault> {
    let kind = fetched.content_type.as_deref().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json =
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    if !is_json {
        return Err(DocumentFault::NotSentAsJson);
    }
    document::read(id, &fetched.body)
}

/// Failures that may be over in a while; the others are the document's own.
fn may_pass(fault: FetchFault) -> bool {
    match fault {
        FetchFault::Unreachable | FetchFault::Body(ReadFault::Broken) => true,
        FetchFault::Status(status) => {
            status.is_server_error()
                || status == StatusCode::TOO_MANY_REQUESTS
                || status == StatusCode::REQUEST_TIMEOUT
        }
        FetchFault::NotPublic | FetchFault::Compressed | FetchFault::Body(_) => false,
    }
}

impl From<TooFast> for ClientFault {
    fn from(TooFast { retry_after }: TooFast) -> Self {
        Self::TooMany { retry_after }
    }
}
