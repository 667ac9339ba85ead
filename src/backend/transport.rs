//! One service over HTTP, whatever it speaks: one origin, one deadline for all attempts, a bound of
//! requests at once, a size cap, no redirects. The kinds of backends make their requests, send them
//! through here and read the answers.

mod part;

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use crate::call::{Hindrance, Refusal, Trouble, TroubleKind};
use crate::clock::Clock;
use crate::identity::Identity;
use crate::outbound::{Answer, NoAnswer, Peer, ServiceClient};
use crate::telemetry::meters;

use super::Sent;
use super::circuit::Circuit;
use super::ended::Ended;
use super::render::Filled;
use super::retry::Retries;
use super::token::{Origin, OutgoingToken};

pub(super) use part::{Part, PartFault};

use part::WantedPart;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// One service's settings.
#[derive(Clone)]
pub struct ServiceSettings {
    /// Its name in the configuration.
    pub name: String,
    /// The URL under which all its paths lie.
    pub base_url: Url,
    /// How a token goes out.
    pub token: OutgoingToken,
    /// How long it may take to answer in full, retries and waits included.
    pub deadline: Duration,
    /// How long an answer may be, in bytes.
    pub max_answer: usize,
    /// How much its trouble may cost.
    pub bounds: Bounds,
}

/// How much a service's trouble may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Requests on their way at once.
    pub in_flight: usize,
    /// How long a further one waits for its turn.
    pub wait: Duration,
    /// How often one request goes again.
    pub retries: u32,
    /// Failures in a row after which the service is left alone; 0 never.
    pub failures_to_open: u32,
    /// For how long.
    pub open: Duration,
}

/// One service.
pub struct Transport {
    settings: ServiceSettings,
    origin: Origin,
    client: ServiceClient,
    clock: Clock,
    circuit: Circuit,
    retries: Retries,
    /// A place for each request that may be on its way.
    places: Semaphore,
}

/// A successful answer, as it came.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What is wanted of an answer.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    /// All of it. The names that the request says.
    Whole(&'a BTreeSet<String>),
    /// A part of it.
    Part(WantedPart<'a>),
}

enum Got {
    Whole(Received),
    /// The service did its part, whether or not there is something to show of it.
    Part(Result<Part, PartFault>),
}

impl Transport {
    /// A service that is called with this client.
    pub fn new(settings: ServiceSettings, client: ServiceClient, clock: Clock) -> Self {
        let origin = settings.base_url.origin();
        let Bounds { in_flight, retries, failures_to_open, open, .. } = settings.bounds;
        let circuit = Circuit::new(&settings.name, failures_to_open, open, clock.clone());
        let (retries, places) = (Retries::new(retries), Semaphore::new(in_flight));
        Self { settings, origin, client, clock, circuit, retries, places }
    }

    /// Sends a request; with an idempotency key where it changes something.
    ///
    /// # Errors
    /// What the status, the silence or the length of the answer means.
    pub(super) async fn send(
        &self,
        request: Filled,
        idempotency_key: Option<&str>,
        identity: &Identity,
        sent: &mut Sent,
    ) -> Result<Received, TroubleKind> {
        let names = names_in(&request);
        let wanted = Wanted::Whole(&names);
        match self.fetch(request, idempotency_key, wanted, identity, sent).await? {
            Got::Whole(received) => Ok(received),
            Got::Part(_) => Err(TroubleKind::BadAnswer),
        }
    }

    /// All the way of a request, whatever is wanted of its answer.
    async fn fetch(
        &self,
        request: Filled,
        idempotency_key: Option<&str>,
        wanted: Wanted<'_>,
        identity: &Identity,
        sent: &mut Sent,
    ) -> Result<Got, TroubleKind> {
        let started = Instant::now();
        let ends = started + self.settings.deadline;
        let answered = async {
            // First, so that a service in trouble costs nothing, Entra's exchange included.
            if self.circuit.is_open() {
                return Err(TroubleKind::Unreachable);
            }
            let request = self.request(request, idempotency_key, identity, ends).await?;
            let _place = self.place(ends).await?;
            self.attempts(&request, idempotency_key.is_some(), wanted, ends, sent).await
        };
        let answered = answered.await;
        if matches!(answered, Err(TroubleKind::NotSignedIn)) {
            self.settings.token.refused(identity).await;
        }
        sent.took += started.elapsed();
        answered
    }

    /// The request with its token, to an address below the base URL at the configured origin.
    async fn request(
        &self,
        filled: Filled,
        idempotency_key: Option<&str>,
        identity: &Identity,
        ends: Instant,
    ) -> Result<Request<Full<Bytes>>, TroubleKind> {
        let url = self.url(&filled)?;
        if url.origin() != self.origin {
            return Err(TroubleKind::BadAnswer);
        }
        let token = self.settings.token.authorization(identity, &self.settings.name);
        let late = TroubleKind::NoTokenFor(Hindrance::Away, None);
        let token = timeout_at(ends, token).await.map_err(|_| late)??;
        let body = filled.body.as_ref().map(serde_json::to_vec).transpose();
        let body = body.map_err(|_| TroubleKind::BadAnswer)?;
        let mut request = Request::new(Full::from(Bytes::new()));
        *request.method_mut() = filled.method;
        *request.uri_mut() = url.as_str().parse().map_err(|_| TroubleKind::BadAnswer)?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, JSON);
        // A kind of service may know better what it accepts.
        for (name, value) in filled.headers {
            headers.insert(name, value);
        }
        if let Some(key) = idempotency_key {
            let key = HeaderValue::from_str(key).map_err(|_| TroubleKind::BadAnswer)?;
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token);
        }
        if let Some(body) = body {
            headers.entry(CONTENT_TYPE).or_insert(JSON);
            *request.body_mut() = body.into();
        }
        Ok(request)
    }

    /// A place among the requests on their way. One service that is slow can't hold up more than
    /// these.
    async fn place(&self, ends: Instant) -> Result<impl Drop + use<'_>, TroubleKind> {
        let patience = ends.min(Instant::now() + self.settings.bounds.wait);
        if let Ok(Ok(place)) = timeout_at(patience, self.places.acquire()).await {
            return Ok(place);
        }
        tracing::warn!(service = self.settings.name, "as many requests as there may be");
        Err(TroubleKind::Busy(None))
    }

    async fn attempts(
        &self,
        request: &Request<Full<Bytes>>,
        writes: bool,
        wanted: Wanted<'_>,
        ends: Instant,
        sent: &mut Sent,
    ) -> Result<Got, TroubleKind> {
        self.retries.first();
        let mut made = 0;
        loop {
            made += 1;
            // It may have been left alone since the attempt before.
            let leave = self.circuit.leave(self.settings.deadline / 2);
            let leave = leave.ok_or(TroubleKind::Unreachable)?;
            let request = request.clone();
            let ended = match wanted {
                Wanted::Whole(names) => {
                    self.receive(request, names, ends, sent).await.map(Got::Whole)
                }
                Wanted::Part(wanted) => {
                    self.receive_part(request, wanted, ends, sent).await.map(Got::Part)
                }
            };
            let ended = match ended {
                Ok(got) => {
                    leave.good();
                    return Ok(got);
                }
                Err(ended) => ended,
            };
            if ended.at_fault {
                leave.bad();
            } else {
                leave.good();
            }
            let left = ends.saturating_duration_since(Instant::now());
            let Some(wait) = self.retries.after(ended.failed, made, writes, left) else {
                return Err(ended.kind);
            };
            tracing::debug!(service = self.settings.name, made, failed = ?ended.failed, "again");
            sleep(wait).await;
        }
    }

    /// Up to the answer's head.
    async fn execute(&self, request: Request<Full<Bytes>>, ends: Instant) -> Result<Answer, Ended> {
        let (method, began) = (request.method().clone(), Instant::now());
        let peer = Peer::Backend(&self.settings.name);
        let answered = self.client.send(request, peer, ends).await;
        let ended = answered.as_ref().map(Answer::status).map_err(|why| why.name());
        meters().backend(&self.settings.name, &method, ended, began.elapsed());
        answered.map_err(|why| {
            tracing::warn!(service = self.settings.name, why = why.name(), "no answer");
            Ended::without_answer(why == NoAnswer::Unconnected, why == NoAnswer::TooSlow)
        })
    }

    async fn receive(
        &self,
        request: Request<Full<Bytes>>,
        names: &BTreeSet<String>,
        ends: Instant,
        sent: &mut Sent,
    ) -> Result<Received, Ended> {
        let response = self.execute(request, ends).await?;
        let status = response.status();
        sent.status = Some(status.as_u16());
        let headers = response.headers().clone();
        let left = ends.saturating_duration_since(Instant::now());
        let body = response.read_capped(self.settings.max_answer, left).await;
        if !status.is_success() {
            let body = body.as_deref().unwrap_or_default();
            return Err(self.refused(status, &headers, body, names));
        }
        let body = body.map_err(Ended::in_body)?;
        Ok(Received { status, headers, body })
    }

    /// The service's name in the configuration.
    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    /// The request's address: the base URL, or below it.
    pub(super) fn url(&self, request: &Filled) -> Result<Url, TroubleKind> {
        let mut url = self.settings.base_url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        // A kind of service that has one address only.
        if request.path.is_empty() {
            return Ok(url);
        }
        url.set_path(&format!("{base}/{}", request.path));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let below = url.path().starts_with(&format!("{base}/"));
        if below { Ok(url) } else { Err(TroubleKind::BadAnswer) }
    }

    /// How long an answer may be, in bytes.
    pub(super) fn max_answer(&self) -> usize {
        self.settings.max_answer
    }

    /// What a status other than success means.
    fn refused(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        names: &BTreeSet<String>,
    ) -> Ended {
        tracing::warn!(service = self.settings.name, status = status.as_u16(), "refused");
        Ended::of_status(status, headers, body, names, &self.clock)
    }

    /// What the caller is told of a trouble with this service.
    pub(super) fn trouble(&self, kind: TroubleKind) -> Refusal {
        Refusal::Service(Trouble { service: self.settings.name.clone(), kind })
    }
}

/// The names of what a request says: of its query, and of its body's fields.
fn names_in(request: &Filled) -> BTreeSet<String> {
    let query = request.query.iter().map(|(name, _)| name);
    let body = request.body.as_ref().and_then(Value::as_object);
    query.chain(body.into_iter().flat_map(Map::keys)).cloned().collect()
}
