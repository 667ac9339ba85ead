//! One service over HTTP, whatever it speaks: one origin, a deadline, a size cap, no redirects, no
//! retries. The kinds of backends make their requests, send them through here and read the answers.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use reqwest::Client;
use serde_json::{Map, Value};
use url::Url;

use crate::call::{Refusal, Trouble, TroubleKind};
use crate::clock::Clock;
use crate::identity::Identity;
use crate::outbound;

use super::Sent;
use super::render::Filled;
use super::retry_after;
use super::token::{Origin, OutgoingToken};

/// More fields than this aren't named when a service rejects values.
const MAX_FIELDS_NAMED: usize = 10;

/// One service's settings.
#[derive(Clone, Debug)]
pub struct ServiceSettings {
    /// Its name in the configuration.
    pub name: String,
    /// The URL under which all its paths lie.
    pub base_url: Url,
    /// How a token goes out.
    pub token: OutgoingToken,
    /// How long it may take to answer in full.
    pub deadline: Duration,
    /// How long an answer may be, in bytes.
    pub max_answer: usize,
}

/// One service.
pub struct Transport {
    settings: ServiceSettings,
    origin: Origin,
    client: Client,
    clock: Clock,
}

/// A successful answer, as it came.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Transport {
    /// A service that is called with this client.
    pub fn new(settings: ServiceSettings, client: Client, clock: Clock) -> Self {
        let origin = settings.base_url.origin();
        Self { settings, origin, client, clock }
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
        let url = self.url(&request)?;
        let names = names_in(&request);
        let mut builder = self.client.request(request.method, url.clone());
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        if let Some(key) = idempotency_key {
            builder = builder.header("Idempotency-Key", key);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let builder = self
            .settings
            .token
            .put_on(builder, &url, &self.origin, identity)?
            .header("Accept", "application/json")
            .timeout(self.settings.deadline);
        let started = Instant::now();
        let answered = self.receive(builder, &names, sent).await;
        sent.took += started.elapsed();
        answered
    }

    async fn receive(
        &self,
        request: reqwest::RequestBuilder,
        names: &BTreeSet<String>,
        sent: &mut Sent,
    ) -> Result<Received, TroubleKind> {
        let response = request.send().await.map_err(|error| {
            let error = error.without_url();
            tracing::warn!(service = self.settings.name, timeout = error.is_timeout(), "no answer");
            if error.is_connect() { TroubleKind::Unreachable } else { TroubleKind::NoAnswer }
        })?;
        let status = response.status();
        sent.status = Some(status.as_u16());
        let headers = response.headers().clone();
        let cap = self.settings.max_answer;
        let body = outbound::read_capped(response, cap, self.settings.deadline).await;
        if !status.is_success() {
            return Err(self.judge(status, &headers, body.as_deref().unwrap_or_default(), names));
        }
        let body = body.map_err(|_| TroubleKind::BadAnswer)?;
        Ok(Received { status, headers, body })
    }

    /// The request's address: always below the base URL.
    fn url(&self, request: &Filled) -> Result<Url, TroubleKind> {
        let mut url = self.settings.base_url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{}", request.path));
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let below = url.path().starts_with(&format!("{base}/"));
        if below { Ok(url) } else { Err(TroubleKind::BadAnswer) }
    }

    fn judge(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        names: &BTreeSet<String>,
    ) -> TroubleKind {
        tracing::warn!(service = self.settings.name, status = status.as_u16(), "refused");
        match status {
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                TroubleKind::Rejected(rejected_fields(headers, body, names))
            }
            StatusCode::UNAUTHORIZED => TroubleKind::NotSignedIn,
            StatusCode::FORBIDDEN => TroubleKind::Forbidden,
            StatusCode::NOT_FOUND | StatusCode::GONE => TroubleKind::Gone,
            StatusCode::CONFLICT => TroubleKind::Conflict,
            StatusCode::PRECONDITION_FAILED => TroubleKind::Stale,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                TroubleKind::Busy(retry_after::read(headers, &self.clock))
            }
            StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT | StatusCode::BAD_GATEWAY => {
                TroubleKind::NoAnswer
            }
            _ => TroubleKind::BadAnswer,
        }
    }

    /// The service's name in the configuration.
    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    /// How long an answer may be, in bytes.
    pub(super) fn max_answer(&self) -> usize {
        self.settings.max_answer
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

/// Of the names that a request says, those that a problem document (RFC 9457, ASP.NET `errors`)
/// calls wrong, in our spelling. Its texts stay here, and so do names of its own: they may tell
/// what the caller may not see.
fn rejected_fields(headers: &HeaderMap, body: &[u8], names: &BTreeSet<String>) -> Vec<String> {
    let json = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.contains("json"));
    let problem: Option<Value> = json.then(|| serde_json::from_slice(body).ok()).flatten();
    let errors = problem.as_ref().and_then(|problem| problem.get("errors")?.as_object());
    let wrong = |name: &&String| {
        errors.is_some_and(|errors| errors.keys().any(|key| key.eq_ignore_ascii_case(name)))
    };
    names.iter().filter(wrong).take(MAX_FIELDS_NAMED).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_request_are_told() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/problem+json".parse().unwrap());
        let names = ["dueDate", "summary"].map(str::to_owned).into();
        let body = br#"{"title":"x","errors":{"DueDate":["secret"],"secret":["x"],"":["y"]}}"#;
        assert_eq!(rejected_fields(&headers, body, &names), ["dueDate"]);
        assert!(rejected_fields(&HeaderMap::new(), body, &names).is_empty());
        for odd in ["", "[]", "{}", r#"{"errors":["dueDate"]}"#, r#"{"errors":"dueDate"}"#] {
            assert!(rejected_fields(&headers, odd.as_bytes(), &names).is_empty(), "{odd}");
        }
    }
}
