//! The `authzen` adapter: a decision point of the OpenID AuthZEN Authorization API 1.0. Each permission
//! is an action; the resources on which the person may do it are searched for, page by page, or,
//! where `places` names them, asked for one by one.
//!
//! A search that isn't offered, ends early or repeats itself is no answer, never a shorter one.

use std::collections::BTreeSet;

use ::http::StatusCode;
use futures::{StreamExt, TryFutureExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::file::Grants;
use super::scopes::Scopes;
use super::service::{Objects, Service};
use super::subject::Subject;
use super::unavailable::Unavailable;

/// How many permissions are asked for at once.
const AT_ONCE: usize = 8;
/// How many places one request asks for.
const BATCH: usize = 50;
/// A search of more pages is a fault.
const MOST_PAGES: usize = 1000;

/// A decision point, and how Osier's people and places are called there.
#[derive(Debug)]
pub struct AuthZen {
    /// The server.
    pub service: Service,
    /// The type of people.
    pub subject_type: String,
    /// The person, with `{oid}` and `{tid}`.
    pub subject_id: String,
    /// The places.
    pub objects: Objects,
    /// Sites, and locations behind their site; empty where they are searched for.
    pub places: Vec<(String, Option<String>)>,
}

impl AuthZen {
    /// Where the person holds each of these permissions, (ours, the action).
    pub(super) async fn permissions(
        &self,
        who: &Subject<'_>,
        asked: &[(&str, String)],
    ) -> Result<Grants, Unavailable> {
        let questions: Vec<_> = asked
            .iter()
            .map(|(ours, action)| {
                self.scopes(who, action).map_ok(|held| ((*ours).to_owned(), held))
            })
            .collect();
        let all = stream::iter(questions).buffer_unordered(AT_ONCE).try_collect();
        self.service.within(all).await
    }

    async fn scopes(&self, who: &Subject<'_>, action: &str) -> Result<Scopes, Unavailable> {
        if let Some((kind, id)) = self.objects.global(who) {
            let mut body = self.body(who, action);
            put(&mut body, "resource", json!({"type": kind, "id": id}));
            let answer = self.service.post(&["access", "v1", "evaluation"], &body).await?.json()?;
            if decided(&answer)? {
                return Ok(Scopes::everywhere());
            }
        }
        if !self.places.is_empty() {
            return self.evaluate(who, action).await;
        }
        let mut scopes = Scopes::default();
        for kind in self.objects.types() {
            for id in self.search(who, action, kind).await? {
                self.objects.add(kind, &id, &mut scopes);
            }
        }
        Ok(scopes)
    }

    /// `POST /access/v1/search/resource`, to the last page (§ Resource Search API).
    async fn search(
        &self,
        who: &Subject<'_>,
        action: &str,
        kind: &str,
    ) -> Result<Vec<String>, Unavailable> {
        let mut body = self.body(who, action);
        put(&mut body, "resource", json!({"type": kind}));
        let (mut ids, mut tokens) = (Vec::new(), BTreeSet::new());
        for _ in 0..MOST_PAGES {
            let page = self.service.post(&["access", "v1", "search", "resource"], &body);
            // OpenFGA answers these too, and cuts them at its deadline.
            let answer = self.service.list(page).await?;
            if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED) {
                return Err(Unavailable::new(
                    "the decision point offers no resource search: name the places in \
                     access.authzen.places",
                ));
            }
            let answer = answer.json()?;
            let results = answer.get("results").and_then(Value::as_array);
            let results =
                results.ok_or_else(|| Unavailable::new("a search answer without results"))?;
            for found in results {
                let text = |key: &str| found.get(key).and_then(Value::as_str);
                match (text("type"), text("id")) {
                    (Some(theirs), Some(id)) if theirs == kind => ids.push(id.to_owned()),
                    _ => return Err(Unavailable::new("a search found something else")),
                }
            }
            match next(&answer, ids.len())? {
                None => return Ok(ids),
                Some(token) => {
                    if !tokens.insert(token.clone()) {
                        return Err(Unavailable::new("a search goes in circles"));
                    }
                    put(&mut body, "page", json!({"token": token}));
                }
            }
        }
        Err(Unavailable::new("a search has no end"))
    }

    /// `POST /access/v1/evaluations`: one decision for each place, in their order.
    async fn evaluate(&self, who: &Subject<'_>, action: &str) -> Result<Scopes, Unavailable> {
        let mut scopes = Scopes::default();
        for batch in self.places.chunks(BATCH) {
            let named = batch.iter().map(|(site, location)| {
                let kind = match (location, &self.objects.location) {
                    (Some(_), Some(kind)) => kind.as_str(),
                    _ => self.objects.site.as_str(),
                };
                (kind, self.objects.id(site, location.as_deref()))
            });
            let named: Vec<_> = named.collect();
            let mut body = self.body(who, action);
            let resource =
                |(kind, id): &(&str, String)| json!({"resource": {"type": kind, "id": id}});
            put(&mut body, "evaluations", named.iter().map(resource).collect());
            let answer =
                self.service.post(&["access", "v1", "evaluations"], &body).await?.json()?;
            let decisions = answer.get("evaluations").and_then(Value::as_array);
            let decisions = decisions.filter(|decisions| decisions.len() == named.len());
            let decisions =
                decisions.ok_or_else(|| Unavailable::new("not a decision for each place"))?;
            for ((kind, id), decision) in named.iter().zip(decisions) {
                if decided(decision)? {
                    self.objects.add(kind, id, &mut scopes);
                }
            }
        }
        Ok(scopes)
    }

    fn body(&self, who: &Subject<'_>, action: &str) -> Value {
        json!({
            "subject": {"type": self.subject_type, "id": who.fill(&self.subject_id)},
            "action": {"name": action},
        })
    }
}

fn put(body: &mut Value, key: &str, value: Value) {
    if let Value::Object(fields) = body {
        fields.insert(key.to_owned(), value);
    }
}

/// A decision is a boolean; without one there is none.
fn decided(answer: &Value) -> Result<bool, Unavailable> {
    let decision = answer.get("decision").and_then(Value::as_bool);
    decision.ok_or_else(|| Unavailable::new("an answer without a decision"))
}

/// The token of the page after this one (§ Pagination): no `page`, or an empty token, is the end. A
/// `page` without a token is the end only if it doesn't speak of more.
fn next(answer: &Value, found: usize) -> Result<Option<String>, Unavailable> {
    let Some(page) = answer.get("page").filter(|page| !page.is_null()) else { return Ok(None) };
    match page.get("next_token") {
        Some(Value::String(token)) if token.is_empty() => Ok(None),
        Some(Value::String(token)) => Ok(Some(token.clone())),
        None | Some(Value::Null) => {
            let total = page.get("total").and_then(Value::as_u64);
            let all = total.is_none_or(|total| usize::try_from(total).is_ok_and(|n| n <= found));
            let cut = || Unavailable::new("a search answers a part and no way to the rest");
            all.then_some(None).ok_or_else(cut)
        }
        Some(_) => Err(Unavailable::new("a page token that isn't text")),
    }
}
