//! What is sent to the service, one request after the other, and the pages of its answers. A link to
//! the next page is never followed: only the token in it is taken, and sent to the service itself.

use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use url::Url;

use crate::access::{Standing, judge};
use crate::call::{Note, Refusal, TroubleKind};

use super::condition::{MOST_ITEMS, is_twin_id};
use super::query::{RELATIONSHIP, TWIN, by_id};
use super::record::{relationship, text, twin, unwrapped};
use super::{API_VERSION, Stopped};
use crate::backend::Errand;
use crate::backend::render::{Filled, encoded};
use crate::backend::transport::Transport;

/// The most rows of a page that the service takes.
const LONGEST_PAGE: usize = 1_000;
/// One question is read no further than this many pages, where it is read to its end.
const MOST_PAGES: usize = 50;

/// One call's way to the service.
pub(super) struct Client<'a, 'e> {
    pub(super) service: &'a Transport,
    pub(super) errand: &'a mut Errand<'e>,
}

/// What is asked: a query, or the rest of one.
pub(super) enum Asked<'a> {
    Query(&'a str),
    Rest(&'a str),
}

/// One page of an answer.
pub(super) struct Page {
    pub(super) rows: Vec<Value>,
    /// The token of the next page.
    pub(super) next: Option<String>,
}

impl Client<'_, '_> {
    async fn send(&mut self, request: Filled) -> Result<Value, TroubleKind> {
        let errand = &mut *self.errand;
        let received = self.service.send(request, None, errand.fill.identity, errand.sent).await?;
        let charge = received.headers.get("query-charge").and_then(|charge| charge.to_str().ok());
        if let Some(charge) = charge {
            tracing::debug!(charge, "what the query cost, in query units");
        }
        serde_json::from_slice(&received.body).map_err(|_| TroubleKind::BadAnswer)
    }

    /// A GET below the base URL, with the version.
    pub(super) async fn get(
        &mut self,
        segments: &[&str],
        query: &[(&str, &str)],
        size: Option<usize>,
    ) -> Result<Value, TroubleKind> {
        let path: Vec<String> = segments.iter().map(|segment| encoded(segment)).collect();
        let version = [("api-version", API_VERSION)];
        let query = query.iter().chain(&version);
        let request = Filled {
            method: Method::GET,
            path: path.join("/"),
            query: query.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers: size.map(at_most).into_iter().collect(),
            body: None,
        };
        self.send(request).await
    }

    /// One page of a query's answer.
    pub(super) async fn query(
        &mut self,
        asked: Asked<'_>,
        size: usize,
    ) -> Result<Page, TroubleKind> {
        let request = Filled {
            method: Method::POST,
            path: "query".to_owned(),
            query: vec![("api-version".to_owned(), API_VERSION.to_owned())],
            headers: vec![at_most(size)],
            body: Some(match asked {
                Asked::Query(text) => json!({"query": text}),
                Asked::Rest(token) => json!({"continuationToken": token}),
            }),
        };
        let mut answer = self.send(request).await?;
        let rows = match answer.get_mut("value").map(Value::take) {
            Some(Value::Array(rows)) => rows,
            _ => return Err(TroubleKind::BadAnswer),
        };
        let next = text(&answer, "continuationToken");
        let next = (!next.is_empty()).then(|| next.to_owned());
        Ok(Page { rows, next })
    }

    /// All rows of a query, up to so many; and whether that was all of them.
    async fn all(
        &mut self,
        query: &str,
        alias: char,
        most: usize,
    ) -> Result<(Vec<Value>, bool), TroubleKind> {
        let mut rows = Vec::new();
        let mut page = self.query(Asked::Query(query), LONGEST_PAGE).await?;
        for _ in 1..MOST_PAGES {
            rows.extend(page.rows.into_iter().map(|row| unwrapped(row, alias)));
            match page.next {
                Some(token) if rows.len() < most => {
                    page = self.query(Asked::Rest(&token), LONGEST_PAGE).await?;
                }
                next => return Ok((rows, next.is_none())),
            }
        }
        Ok((rows, false))
    }

    /// The relationships that a query finds, up to so many; and whether that was all of them.
    pub(super) async fn relationships(
        &mut self,
        query: &str,
        most: usize,
    ) -> Result<(Vec<Value>, bool), TroubleKind> {
        let (rows, whole) = self.all(query, RELATIONSHIP, most).await?;
        Ok((rows.into_iter().filter_map(relationship).collect(), whole))
    }

    /// The twins with these ids, as far as there are any; of one model, where it is said.
    pub(super) async fn twins(
        &mut self,
        ids: &[&str],
        model: Option<&str>,
    ) -> Result<Vec<Value>, Stopped> {
        let mut found = Vec::new();
        for ids in ids.chunks(MOST_ITEMS) {
            let query = by_id(ids, model)?;
            let (rows, _) = self.all(&query, TWIN, usize::MAX).await?;
            found.extend(rows.into_iter().filter_map(twin));
        }
        Ok(found)
    }

    /// One twin, if there is one.
    pub(super) async fn twin(&mut self, id: &str) -> Result<Option<Value>, TroubleKind> {
        if !is_twin_id(id) {
            return Ok(None);
        }
        match self.get(&["digitaltwins", id], &[], None).await {
            Ok(row) => Ok(twin(row).filter(|twin| text(twin, "id") == id)),
            Err(TroubleKind::Gone) => Ok(None),
            Err(kind) => Err(kind),
        }
    }

    /// Does a twin lie inside the scope, by the tool's own rule? A tool without one shows none.
    pub(super) fn shows(&self, twin: &Value) -> Result<bool, Stopped> {
        let fill = self.errand.fill;
        let place = fill.place.ok_or(Stopped::Refused(Refusal::Internal))?;
        let none = std::collections::BTreeSet::new();
        Ok(judge(place, fill.scopes, &none, twin) == Standing::Inside)
    }

    /// Says how far a long question is.
    pub(super) fn says(&self, done: usize, total: usize, message: String) {
        let count = |number| u32::try_from(number).map_or(f64::MAX, f64::from);
        let (done, total) = (count(done), Some(count(total)));
        self.errand.notes.write(Note::Progress { done, total, message: Some(message) });
    }
}

/// How many rows a page may have; the service may give fewer.
fn at_most(size: usize) -> (HeaderName, HeaderValue) {
    let name = HeaderName::from_static("max-items-per-page");
    (name, HeaderValue::from(size.clamp(1, LONGEST_PAGE)))
}

/// The token of the page that a link leads to, whatever host it names.
pub(super) fn token_of(link: &str) -> Option<String> {
    // A link may come without its host, too.
    let base = Url::parse("https://service.invalid").ok()?;
    let url = base.join(link).ok()?;
    let mut pairs = url.query_pairs();
    let (_, token) = pairs.find(|(name, _)| name == "continuationToken")?;
    Some(token.into_owned()).filter(|token| !token.is_empty())
}
