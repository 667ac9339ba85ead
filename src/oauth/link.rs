//! `/confirm/{id}`: the question of a write, for a client that can't ask it. The page signs the person
//! in and shows what they would have been asked in the client; their yes or no is kept until the
//! client repeats its call. A link that isn't there and one of another person look alike, also in
//! what has to be done before one learns that.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use chrono::DateTime;
use data_encoding::HEXLOWER;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tower_http::request_id::RequestId;

use super::Facade;
use super::authorize::{redirect, to_entra};
use super::cookie::name_for;
use super::failure::{Failure, OauthError};
use super::sign_in::{Purposes, same};
use super::upstream::EntraFault;
use super::{form, page};
use crate::confirm::{self, LinkAnswer, Shown};
use crate::seal::{Purpose, random_bytes};
use crate::store::StoreFault;

/// How long a person may take over the question once they are signed in, in seconds.
const LIFE: u64 = 600;

/// How the cookies' names begin.
const COOKIE: &str = "link_";

/// Who signed in to answer which link: the cookie's content.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Here {
    link: String,
    person: confirm::Person,
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
    let Some(here) = facade.here(&headers, &link) else {
        let headers = (&headers, HeaderMap::new());
        return to_entra(&facade, Purposes::Link(link), headers, id).await;
    };
    match facade.pipeline.confirmations.shown(&link, &here.person).await {
        Ok(Some(shown)) => question(&link, &here, &shown),
        Ok(None) => {
            // Perhaps the wrong one of their accounts: opened again, the link asks which.
            let mut response = Failure::NO_LINK.page(id);
            facade.cookies.clear(response.headers_mut(), &name_for(COOKIE, &link));
            response
        }
        Err(fault) => lost(&fault).page(id),
    }
}

/// After Entra: whom the browser belongs to. The question is shown at the link's own address, so
/// that nothing of the sign-in stays in the browser's history.
pub(super) async fn signed_in(
    facade: &Facade,
    link: &str,
    (code, verifier): (&str, &str),
    headers: &HeaderMap,
    id: Option<&str>,
) -> Response {
    match facade.sign_person_in(link, (code, verifier), headers).await {
        Ok(headers) => redirect(&format!("/confirm/{link}"), headers),
        Err(failure) => failure.page(id),
    }
}

/// `POST /confirm/{id}`
pub(super) async fn answer(
    State(facade): State<Arc<Facade>>,
    Extension(id): Extension<RequestId>,
    Path(link): Path<String>,
    request: Request,
) -> Response {
    let id = id.header_value().to_str().ok();
    let headers = request.headers().clone();
    let form = match form::read(request).await {
        Ok(form) => form,
        Err(fault) => return Failure::of_form(fault, Failure::FOREIGN_ANSWER).page(id),
    };
    let here = facade.is_same_origin(&headers).ok().and_then(|()| facade.here(&headers, &link));
    let here = here.filter(|here| {
        form.one("token").ok().flatten().is_some_and(|token| same(token, &here.proof))
    });
    let Some(here) = here else { return Failure::FOREIGN_ANSWER.page(id) };
    let yes = match form.one("decision") {
        Ok(Some("yes")) => true,
        Ok(Some("no")) => false,
        _ => return Failure::MALFORMED.page(id),
    };
    match facade.pipeline.confirmations.answer_link(&link, &here.person, yes).await {
        Ok(LinkAnswer::Taken) => answered(yes),
        Ok(LinkAnswer::Before(said)) => answered(said),
        Ok(LinkAnswer::Unknown) => Failure::NO_LINK.page(id),
        Err(fault) => lost(&fault).page(id),
    }
}

fn lost(fault: &StoreFault) -> Failure {
    tracing::error!(%fault, "a link can't be looked up");
    Failure::STORE_AWAY
}

/// 26 base32 characters.
fn is_link(id: &str) -> bool {
    id.len() == 26 && id.bytes().all(|sign| matches!(sign, b'a'..=b'z' | b'2'..=b'7'))
}

fn question(link: &str, here: &Here, shown: &Shown) -> Response {
    if let Some(said) = shown.said {
        return answered(said);
    }
    let client = if shown.client.is_empty() { "A program" } else { shown.client.as_str() };
    let until = i64::try_from(shown.expires).ok().and_then(|at| DateTime::from_timestamp(at, 0));
    let until = until.map(|at| at.format("%H:%M UTC").to_string()).unwrap_or_default();
    let page = page::Question {
        title: &shown.tool,
        message: &shown.message,
        client,
        until: &until,
        action: &format!("/confirm/{link}"),
        token: &here.proof,
    };
    page::answer(StatusCode::OK, &page)
}

fn answered(yes: bool) -> Response {
    let (title, text) = if yes {
        (
            "You said yes",
            "Go back to your assistant and ask it to do it again: it will be done then, once. This page \
             alone changes nothing.",
        )
    } else {
        ("You said no", "Nothing was changed. You can close this page.")
    };
    page::answer(StatusCode::OK, &page::Notice { title, text })
}

impl Facade {
    /// Who signed in, in this browser, to answer this link.
    fn here(&self, headers: &HeaderMap, link: &str) -> Option<Here> {
        let sealed = self.cookies.get(headers, &name_for(COOKIE, link))?;
        let here: Here = self.keys.open(Purpose::LinkPerson, &sealed).ok()?;
        (here.link == link && self.clock.unix_seconds() < here.expires).then_some(here)
    }

    async fn sign_person_in(
        &self,
        link: &str,
        (code, verifier): (&str, &str),
        asked: &HeaderMap,
    ) -> Result<HeaderMap, Failure> {
        let tokens = self.upstream.redeem(code, verifier).await.map_err(|fault| match fault {
            EntraFault::Grant(_) => Failure::REFUSED,
            EntraFault::Misconfigured(_) => Failure::OURS,
            EntraFault::Unavailable(_) => Failure::ENTRA_AWAY,
        })?;
        let identity = self.judge(&tokens.access_token).await.map_err(|error| match error {
            OauthError { code: "invalid_grant", .. } => Failure::NO_ACCESS,
            OauthError { code: "temporarily_unavailable", .. } => Failure::ENTRA_AWAY,
            _ => Failure::OURS,
        })?;
        let here = Here {
            link: link.to_owned(),
            person: confirm::Person::from(&*identity),
            proof: HEXLOWER.encode(&random_bytes::<16>().map_err(|_| Failure::OURS)?),
            expires: self.clock.unix_seconds() + LIFE,
        };
        let sealed = self.keys.seal(Purpose::LinkPerson, &here).map_err(|_| Failure::OURS)?;
        let mut headers = HeaderMap::new();
        self.cookies.make_room(asked, COOKIE, &mut headers);
        self.cookies.set(&mut headers, &name_for(COOKIE, link), &sealed, LIFE);
        Ok(headers)
    }
}
