//! A service that is asked in JSON by POST: what `openfga` and `authzen` have in common. It keeps to one
//! deadline, and to the shorter one after which such services cut a list without saying so.

use std::time::Duration;

use ::http::StatusCode;
use bytes::Bytes;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::outbound::{self, Peer};

use super::scopes::{Place, Scopes};
use super::subject::Subject;
use super::unavailable::Unavailable;

/// Longer answers aren't read.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// How OpenFGA says, where it can, that a list is cut.
const WARNING: &str = "x-openfga-warning";

/// Where it is, and how long it may take.
#[derive(Debug)]
pub struct Service {
    /// Made for it.
    pub client: Client,
    /// What every path is put behind.
    pub url: Url,
    /// What goes out in `Authorization`, if anything.
    pub token: Option<SecretString>,
    /// How long all questions about one person may take together.
    pub timeout: Duration,
    /// A list that took as long may be cut.
    pub list_deadline: Duration,
}

/// How places are called there.
#[derive(Clone, Debug)]
pub struct Objects {
    /// The type of sites.
    pub site: String,
    /// The type of locations, if there are any.
    pub location: Option<String>,
    /// What stands between site and location in a location's id.
    pub separator: String,
    /// Type and id of what stands for everywhere, with `{tid}` and `{oid}`.
    pub global: Option<(String, String)>,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
}

impl Service {
    /// Any HTTP answer will do.
    pub(super) async fn reachable(&self) -> bool {
        let asked = self.client.get(self.url.clone()).timeout(self.timeout).send();
        matches!(asked.await, Ok(answer) if !answer.status().is_server_error())
    }

    /// Asks; whatever the status, the answer is read whole.
    pub(super) async fn post(&self, path: &[&str], body: &Value) -> Result<Answer, Unavailable> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let mut request = self.client.post(url).json(body).timeout(self.timeout);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        let request = request.build();
        let request = request.map_err(|_| Unavailable::new("the request can't be made"))?;
        let sent = outbound::send(&self.client, request, Peer::Permissions).await;
        let response = sent.map_err(|error| {
            Unavailable::new(if error.is_timeout() { "timeout" } else { "no answer" })
        })?;
        let status = response.status();
        if response.headers().contains_key(WARNING) {
            return Err(Unavailable::new("the service says that its list is cut"));
        }
        let body = outbound::read_capped(response, MAX_ANSWER, self.timeout)
            .await
            .map_err(|_| Unavailable::new("answer too long or cut off"))?;
        Ok(Answer { status, body })
    }

    /// A list, which isn't believed if it took as long as the service lets one take. Its clock was
    /// started after ours, so that a list that is here in less time wasn't cut by it.
    pub(super) async fn list<T>(
        &self,
        work: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        let late = || {
            Unavailable::new(
                "a list took as long as the service lets one take, and may be cut \
                 (access.list_deadline_ms)",
            )
        };
        let began = Instant::now();
        let done = tokio::time::timeout(self.list_deadline, work).await.map_err(|_| late())?;
        if began.elapsed() >= self.list_deadline { Err(late()) } else { done }
    }

    /// All questions about one person.
    pub(super) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        let done = tokio::time::timeout(self.timeout, work).await;
        done.unwrap_or_else(|_| Err(Unavailable::new("timeout")))
    }
}

impl Answer {
    /// The JSON of a 200.
    pub(super) fn json(self) -> Result<Value, Unavailable> {
        if self.status != StatusCode::OK {
            return Err(Unavailable::new(format!("status {}", self.status.as_u16())));
        }
        serde_json::from_slice(&self.body).map_err(|_| Unavailable::new("answer isn't JSON"))
    }
}

impl Objects {
    /// Type and id of what stands for everywhere, for this person.
    pub(super) fn global(&self, who: &Subject<'_>) -> Option<(String, String)> {
        self.global.as_ref().map(|(kind, id)| (kind.clone(), who.fill(id)))
    }

    /// The types that places have.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.site.as_str()).chain(self.location.as_deref())
    }

    /// Adds a place by its type and id. What can't be read isn't held.
    pub(super) fn add(&self, kind: &str, id: &str, scopes: &mut Scopes) {
        if kind == self.site && !id.is_empty() {
            return scopes.add(Place::Site(id.to_owned()));
        }
        match id.split_once(&self.separator) {
            Some((site, location)) if !site.is_empty() && !location.is_empty() => {
                scopes.add(Place::Location { id: location.to_owned(), site: site.to_owned() });
            }
            _ => tracing::warn!(kind, "an id from the permission service names no place"),
        }
    }

    /// The id of a place, as [`Objects::add`] reads it.
    pub(super) fn id(&self, site: &str, location: Option<&str>) -> String {
        location.map_or_else(|| site.to_owned(), |id| format!("{site}{}{id}", self.separator))
    }
}
