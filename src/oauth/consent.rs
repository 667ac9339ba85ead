//! The consent page and `POST /authorize/consent`: before the browser goes to Entra, the person says
//! whether this client may act for them. Entra knows one application, ours, and can't ask that
//! (MCP security best practices, "confused deputy").
//!
//! The page's form holds the sealed request; a cookie of the page's own proves that the form was
//! opened in the browser that sends it. Two tabs have two cookies.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use data_encoding::HEXLOWER;
use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use tower_http::request_id::RequestId;

use super::Facade;
use super::approvals::Approvals;
use super::authorize::{Asked, to_entra};
use super::client::Client;
use super::failure::{Failure, OauthError};
use super::query::Parameters;
use super::redirect::RedirectUri;
use super::sign_in::same;
use super::{form, page};
use crate::seal::{Purpose, random_bytes};

/// How long the page may stay open, in seconds.
const LIFE: u64 = 600;

/// How the cookies' names begin.
const COOKIE: &str = "consent_";

/// What the form holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    asked: Asked,
    /// What a consent will be remembered as.
    key: String,
    /// Names the cookie.
    name: String,
    /// What the cookie holds.
    proof: String,
    expires: u64,
}

/// What the cookie holds: the form's proof, for this client alone.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Opened {
    proof: String,
    client: String,
}

/// The page.
pub(super) fn ask(
    facade: &Facade,
    client: &Client,
    asked: &Asked,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let redirect = RedirectUri::parse(&asked.for_client().redirect_uri);
    let redirect = redirect.map_err(|_| Failure::REDIRECT)?;
    let pending = Pending {
        key: asked.consent_key(client),
        asked: asked.clone(),
        name: HEXLOWER.encode(&random_bytes::<4>().map_err(|_| Failure::OURS)?),
        proof: HEXLOWER.encode(&random_bytes::<16>().map_err(|_| Failure::OURS)?),
        expires: facade.clock.unix_seconds() + LIFE,
    };
    let opened =
        Opened { proof: pending.proof.clone(), client: pending.asked.for_client().client.clone() };
    let seal = |value: Result<String, _>| value.map_err(|_| Failure::OURS);
    let cookie = seal(facade.keys.seal(Purpose::Consent, &opened))?;
    let request = seal(facade.keys.seal(Purpose::Consent, &pending))?;
    let days = facade.lives.refresh / (24 * 60 * 60);
    let page = page::Consent {
        name: &client.name,
        host: client.host.as_deref(),
        returns_to: &redirect.shown_host(),
        on_device: !asked.is_remembered(),
        scope: &facade.scope,
        days,
        request: &request,
    };
    let mut response = page::answer(StatusCode::OK, &page);
    facade.cookies.make_room(headers, COOKIE, response.headers_mut());
    facade.cookies.set(response.headers_mut(), &cookie_name(&pending.name), &cookie, LIFE);
    Ok(response)
}

fn cookie_name(name: &str) -> String {
    format!("{COOKIE}{name}")
}

/// `POST /authorize/consent`
pub(super) async fn decide(
    State(facade): State<Arc<Facade>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let id = id.header_value().to_str().ok();
    let headers = request.headers().clone();
    let form = match form::read(request).await {
        Ok(form) => form,
        Err(fault) => return Failure::of_form(fault, Failure::FOREIGN_CONSENT).page(id),
    };
    let pending = match facade.opened_here(&headers, &form) {
        Ok(pending) => pending,
        Err(failure) => return failure.page(id),
    };
    let mut more = HeaderMap::new();
    facade.cookies.clear(&mut more, &cookie_name(&pending.name));
    let asked = pending.asked;
    if form.one("decision") != Ok(Some("allow")) {
        let declined = OauthError::new("access_denied", "The person didn't allow it");
        let for_client = asked.for_client();
        let Ok(redirect) = RedirectUri::parse(&for_client.redirect_uri) else {
            return Failure::REDIRECT.page(id);
        };
        let mut back = facade.back(&redirect, for_client.state.as_deref(), Err(declined));
        back.headers_mut().extend(more);
        return back;
    }
    if asked.is_remembered() {
        let now = facade.clock.unix_seconds();
        let consent = (pending.key, now + facade.lives.consent);
        let seals = (facade.cookies, &*facade.keys);
        Approvals::of(&headers, facade.cookies, &facade.keys).add(consent, now, seals, &mut more);
    }
    to_entra(&facade, asked.purpose(), (&headers, more), id).await
}

impl Facade {
    /// The form's request, where the form was opened in this browser, in time, on our page.
    fn opened_here(&self, headers: &HeaderMap, form: &Parameters) -> Result<Pending, Failure> {
        self.is_same_origin(headers)?;
        let foreign = Failure::FOREIGN_CONSENT;
        let sealed = form.one("request").ok().flatten().ok_or(foreign)?;
        let pending: Pending = self.keys.open(Purpose::Consent, sealed).map_err(|_| foreign)?;
        let cookie = self.cookies.get(headers, &cookie_name(&pending.name)).ok_or(foreign)?;
        let opened: Opened = self.keys.open(Purpose::Consent, &cookie).map_err(|_| foreign)?;
        let ours = same(&opened.proof, &pending.proof)
            && opened.client == pending.asked.for_client().client
            && self.clock.unix_seconds() < pending.expires;
        if ours { Ok(pending) } else { Err(foreign) }
    }

    /// A form of ours is sent by a page of ours. Browsers say so by `Origin`, some by
    /// `Sec-Fetch-Site`; one that says neither is left to the cookie.
    pub(super) fn is_same_origin(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        let ours = match (origin, site) {
            (Some(origin), _) => origin == self.issuer.as_bytes(),
            (None, Some(site)) => site == b"same-origin",
            (None, None) => true,
        };
        if ours { Ok(()) } else { Err(Failure::FOREIGN_CONSENT) }
    }
}
