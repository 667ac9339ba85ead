//! Sheds what is too much before anything of it is read: how often and how many at once one person
//! and all together may ask, and how many event streams they may hold open. It stands behind the
//! layer that knows the person, so that one person's excess is counted against that person first.
//! `GET /livez` and `/readyz` never come by here. Words and statuses: `docs/LIMITS.md`.

mod held;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use self::held::Held;
use super::Next;
use super::body::IsRequest;
use crate::admission::{Place, Places, Quota, Rate, Rates, Share, Shares};
use crate::clock::Clock;
use crate::identity::{Identity, PersonKey};
use crate::telemetry::{Limit, meters};

/// The most people whose rate is remembered.
const MOST_PEOPLE: usize = 100_000;
/// When to come again where it isn't known when a place is free.
const SOON: Duration = Duration::from_secs(1);
/// The same for streams, which stay open for long.
const LATER: Duration = Duration::from_secs(30);
const TOO_MUCH: &str = "Osier has as much to do as it can.";

/// How much is let in.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often one person may send messages.
    pub person: Quota,
    /// How often all people together may.
    pub overall: Quota,
    /// How many requests of one person are answered at once.
    pub in_flight_per_person: usize,
    /// Event streams of one person.
    pub streams_per_person: usize,
    /// Event streams of all people together.
    pub streams: usize,
}

/// The limits, and what is taken of them.
pub struct Admission {
    person: Rates<PersonKey>,
    overall: Rate,
    places: Arc<Places>,
    calls: Arc<Places>,
    people: Shares<PersonKey>,
    streams: Shares<()>,
    streams_of: Shares<PersonKey>,
}

/// What is shed, by whose limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shed {
    PersonRate,
    PersonInFlight,
    OverallRate,
    InFlight,
    PersonStreams,
    Streams,
}

impl Shed {
    /// The limit, by its name in metrics.
    fn counted_as(self) -> Limit {
        match self {
            Self::PersonRate | Self::PersonInFlight => Limit::Person,
            Self::OverallRate => Limit::Overall,
            Self::InFlight => Limit::Concurrency,
            Self::PersonStreams | Self::Streams => Limit::Streams,
        }
    }
}

impl Admission {
    /// Nothing is taken yet but of those places: of requests, and of calls, which requests lead to.
    pub fn new(
        settings: Settings,
        (places, calls): (Arc<Places>, Arc<Places>),
        clock: Clock,
    ) -> Self {
        Self {
            person: Rates::new(settings.person, MOST_PEOPLE, clock.clone()),
            overall: Rate::new(settings.overall, clock),
            places,
            calls,
            people: Shares::new(settings.in_flight_per_person),
            streams: Shares::new(settings.streams),
            streams_of: Shares::new(settings.streams_per_person),
        }
    }

    /// The answer to a request that would surely be shed, told from nothing of it: telling who it is from
    /// costs more than being told.
    pub fn turn_away(&self) -> Option<Response> {
        let away = self.places.turn_away() || self.calls.turn_away_for_work();
        away.then(|| shed(Shed::InFlight, SOON))
    }

    /// A place for a request of this person's, or whose limit there is none by and when to come again.
    async fn enter(&self, who: &PersonKey) -> Result<(Share<PersonKey>, Place), (Shed, Duration)> {
        self.person.take(who).map_err(|too_many| (Shed::PersonRate, too_many.retry_after))?;
        let share = self.people.take(who).ok_or((Shed::PersonInFlight, SOON))?;
        self.overall.take().map_err(|too_many| (Shed::OverallRate, too_many.retry_after))?;
        let place = self.places.enter().await.ok_or((Shed::InFlight, SOON))?;
        Ok((share, place))
    }

    fn stream(&self, who: &PersonKey) -> Result<Stream, Shed> {
        let own = self.streams_of.take(who).ok_or(Shed::PersonStreams)?;
        let any = self.streams.take(&()).ok_or(Shed::Streams)?;
        Ok(Stream { _own: Some(own), _any: Some(any) })
    }

    /// A stream that has begun is counted, whatever the limit.
    fn count_in(&self, who: &PersonKey) -> Stream {
        Stream { _own: self.streams_of.count_in(who), _any: self.streams.count_in(&()) }
    }
}

/// An event stream among those that are open, until it is dropped.
#[derive(Debug)]
struct Stream {
    _own: Option<Share<PersonKey>>,
    _any: Option<Share<()>>,
}

/// The layer in front of everything that costs something.
pub async fn admit<N, F>(admission: &Admission, request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let Some(who) = person(&request) else { return without_a_person() };
    match admission.enter(&who).await {
        Ok(_entered) => next.run(request).await,
        Err((what, retry_after)) => shed(what, retry_after),
    }
}

/// The layer that counts event streams; it stands behind the one that has read the message. What
/// surely becomes a stream needs room for one first: a session's own, and those of its requests. An
/// answer to a question is always let in, since it makes room.
pub async fn count_streams<N, F>(admission: &Admission, request: Request, next: Next<N>) -> Response
where
    N: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    let Some(who) = person(&request) else { return without_a_person() };
    let in_session = request.headers().contains_key("mcp-session-id");
    let will_stream = request.method() == Method::GET
        || (in_session && request.extensions().get::<IsRequest>().is_some());
    let stream = match will_stream.then(|| admission.stream(&who)).transpose() {
        Ok(stream) => stream,
        Err(too_many) => return shed(too_many, LATER),
    };
    let response = next.run(request).await;
    if !is_stream(response.headers()) {
        return response;
    }
    let stream = stream.unwrap_or_else(|| admission.count_in(&who));
    response.map(|body| Body::new(Held::new(body, stream)))
}

fn person(request: &Request) -> Option<PersonKey> {
    request.extensions().get::<Arc<Identity>>().map(|identity| identity.person_key())
}

/// Only a mistake in the order of the layers gets here.
fn without_a_person() -> Response {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    super::json_rpc_error(status, -32603, "the caller isn't known")
}

fn is_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// What is said most often, while there is the least time for it.
static BUSY: LazyLock<Bytes> = LazyLock::new(|| told(TOO_MUCH, SOON.as_secs()));

fn told(words: &str, seconds: u64) -> Bytes {
    let plural = if seconds == 1 { "" } else { "s" };
    let message = format!("{words} Try again in {seconds} second{plural}.");
    super::json_rpc_body(-32603, &message).into()
}

/// 429 where the person has a part in it, 503 where everybody together has.
fn shed(what: Shed, retry_after: Duration) -> Response {
    let (status, words) = match what {
        Shed::PersonRate => {
            (StatusCode::TOO_MANY_REQUESTS, "You send more messages than one person may.")
        }
        Shed::PersonInFlight => (
            StatusCode::TOO_MANY_REQUESTS,
            "As many of your requests are open as one person may have.",
        ),
        Shed::PersonStreams => (
            StatusCode::TOO_MANY_REQUESTS,
            "As many of your event streams are open as one person may have.",
        ),
        Shed::OverallRate | Shed::InFlight => (StatusCode::SERVICE_UNAVAILABLE, TOO_MUCH),
        Shed::Streams => {
            (StatusCode::SERVICE_UNAVAILABLE, "As many event streams are open as there may be.")
        }
    };
    meters().shed(what.counted_as());
    tracing::debug!(limit = ?what, "shed");
    let seconds = retry_after.as_secs().max(1);
    let body = match what {
        Shed::InFlight if retry_after == SOON => BUSY.clone(),
        _ => told(words, seconds),
    };
    let mut response = super::json(status, body);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}
