//! `/confirm/{id}`: the question of a write, for a client that can't ask it. The page signs the person
//! in and shows what they would have been asked in the client; their yes or no is kept until the
//! client repeats its call. A link that isn't there and one of another person look alike, also in
//! what has to be done before one learns that.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use chrono::DateTime;
use data_encoding::HEXLOWER;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tower_http::request_id::RequestId;

use super::Facade;
use super::authorize::{redirect, to_entra};
use super::failure::{Failure, OauthError};
use super::page;
use super::query::Parameters;
use super::sign_in::{Purposes, same};
use super::upstream::UpstreamFault;
use crate::confirm::{Shown, Verdict};
use crate::identity::PersonKey;
use crate::seal::{Purpose, random_bytes};

/// How long a person may take over the question once they are signed in, in seconds.
const LIFE: u64 = 600;

/// Who signed in to answer which link: the cookie's content.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    link: String,
    tenant: String,
    subject: String,
    /// What the form must bring along.
    proof: String,
    expires: u64,
}

/// `GET /confirm/{id}`
pub(super) async fn show(
    State(facade): State<Arc<Facade>>,
    Extension(id): Extension<RequestId>,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Response {
    let id = id.header_value().to_str().ok();
    if !is_link(&link) {
        return Failure::NO_LINK.page(id);
    }
    let Some(person) = facade.person(&headers, &link) else {
        return to_entra(&facade, Purposes::Link(link), HeaderMap::new(), id).await;
    };
    let key = PersonKey::new(&person.tenant, &person.subject);
    match facade.pipeline.confirmations.shown(&link, &key).await {
        Ok(Some(shown)) => question(&link, &person, &shown),
        Ok(None) => Failure::NO_LINK.page(id),
        Err(_) => Failure::OURS.page(id),
    }
}

/// After Entra: whom the browser belongs to. The question is shown at the link's own address, so
/// that nothing of the sign-in stays in the browser's history.
pub(super) async fn signed_in(
    facade: &Facade,
    link: &str,
    code: &str,
    verifier: &str,
    id: Option<&str>,
) -> Response {
    match facade.sign_person_in(link, code, verifier).await {
        Ok(headers) => redirect(&format!("/confirm/{link}"), headers),
        Err(failure) => failure.page(id),
    }
}

/// `POST /confirm/{id}`
pub(super) async fn answer(
    State(facade): State<Arc<Facade>>,
    Extension(id): Extension<RequestId>,
    Path(link): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let id = id.header_value().to_str().ok();
    let form = Parameters::parse(&body);
    let person = facade.is_same_origin(&headers).ok().and_then(|()| facade.person(&headers, &link));
    let person = person.filter(|person| {
        form.one("token").ok().flatten().is_some_and(|token| same(token, &person.proof))
    });
    let Some(person) = person else { return Failure::FOREIGN_CONSENT.page(id) };
    let yes = match form.one("decision") {
        Ok(Some("yes")) => true,
        Ok(Some("no")) => false,
        _ => return Failure::MALFORMED.page(id),
    };
    let key = PersonKey::new(&person.tenant, &person.subject);
    match facade.pipeline.confirmations.answer_link(&link, &key, yes).await {
        Ok(Some(verdict)) => answered(verdict),
        Ok(None) => Failure::NO_LINK.page(id),
        Err(_) => Failure::OURS.page(id),
    }
}

/// `lnk_` and 26 base32 characters.
fn is_link(id: &str) -> bool {
    let name = id.strip_prefix("lnk_").unwrap_or_default();
    name.len() == 26 && name.bytes().all(|sign| matches!(sign, b'a'..=b'z' | b'2'..=b'7'))
}

fn question(link: &str, person: &Person, shown: &Shown) -> Response {
    if let Some(verdict) = shown.verdict {
        return answered(verdict);
    }
    let until = i64::try_from(shown.expires).ok().and_then(|at| DateTime::from_timestamp(at, 0));
    let until = until.map(|at| at.format("%H:%M UTC").to_string()).unwrap_or_default();
    let page = page::Question {
        title: &shown.title,
        message: &shown.message,
        client: &shown.client,
        until: &until,
        action: &format!("/confirm/{link}"),
        token: &person.proof,
    };
    page::answer(StatusCode::OK, &page)
}

fn answered(verdict: Verdict) -> Response {
    let (title, text) = match verdict {
        Verdict::Yes => (
            "You said yes",
            "Go back to your assistant and ask it to do it again: it will be done then, once. Nothing \
             has been changed so far by this page.",
        ),
        Verdict::No => ("You said no", "Nothing was changed. You can close this page."),
    };
    page::answer(StatusCode::OK, &page::Notice { title, text })
}

/// Each link has its own cookie: several may be open in one browser.
fn cookie_name(link: &str) -> String {
    let digest = digest(&SHA256, link.as_bytes());
    let short = digest.as_ref().first_chunk::<4>().copied().unwrap_or_default();
    format!("link_{}", HEXLOWER.encode(&short))
}

impl Facade {
    /// Who signed in, in this browser, to answer this link.
    fn person(&self, headers: &HeaderMap, link: &str) -> Option<Person> {
        let sealed = self.cookies.get(headers, &cookie_name(link))?;
        let person: Person = self.keys.open(Purpose::LinkPerson, &sealed).ok()?;
        (person.link == link && self.clock.unix_seconds() < person.expires).then_some(person)
    }

    async fn sign_person_in(
        &self,
        link: &str,
        code: &str,
        verifier: &str,
    ) -> Result<HeaderMap, Failure> {
        let tokens = self.upstream.redeem(code, verifier).await.map_err(|fault| {
            tracing::warn!(%fault, "the code of a sign-in by link wasn't redeemed");
            match fault {
                UpstreamFault::Grant(_) => Failure::REFUSED,
                UpstreamFault::Misconfigured(_) => Failure::OURS,
                UpstreamFault::Unavailable(_) => Failure::ENTRA_AWAY,
            }
        })?;
        let identity = self.judge(&tokens.access_token).await.map_err(|error| match error {
            OauthError { code: "invalid_grant", .. } => Failure::NO_ACCESS,
            OauthError { code: "temporarily_unavailable", .. } => Failure::ENTRA_AWAY,
            _ => Failure::OURS,
        })?;
        let person = Person {
            link: link.to_owned(),
            tenant: identity.tenant().to_owned(),
            subject: identity.subject().to_owned(),
            proof: HEXLOWER.encode(&random_bytes::<16>().map_err(|_| Failure::OURS)?),
            expires: self.clock.unix_seconds() + LIFE,
        };
        let sealed = self.keys.seal(Purpose::LinkPerson, &person).map_err(|_| Failure::OURS)?;
        let mut headers = HeaderMap::new();
        self.cookies.set(&mut headers, &cookie_name(link), &sealed, LIFE);
        Ok(headers)
    }
}
