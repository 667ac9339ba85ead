//! `/{tid}/oauth2/v2.0/authorize`: a browser comes with a client's request, a person signs in and
//! consents, and the browser goes back with a code. Each form posts to the page's own URL, so that
//! the request is read and judged anew at every step and nothing of it is kept here.

mod request;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use uuid::Uuid;

use self::request::{Prompt, Refused, Request};
use super::errors::{Failure, Stamp};
use super::grants::{Code, SignIn, unguessable};
use super::pages::{ConsentPage, SignInPage};
use super::parameters::Parameters;
use super::{CODE_LIFETIME, Entra};
use crate::demo::people::{self, PEOPLE, TENANT_ID};

/// The cookie of a signed-in browser, named as Entra's.
const SESSION: &str = "ESTSAUTH";
/// The longest query that is read, in bytes. Entra has a limit and doesn't tell it.
const LONGEST_QUERY: usize = 8192;
/// How long a browser stays signed in, in seconds.
const SESSION_LIFETIME: u64 = 24 * 3600;

/// `GET`: a client's request.
pub(super) async fn show(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let step = || {
        let request = read(&entra, &tenant, &query)?;
        match session(&entra, &headers, &request) {
            Some(sign_in) => proceed(&entra, &request, &sign_in, request.prompt),
            None if request.prompt == Prompt::None => {
                let message = "Session information is not sufficient for single-sign-on.";
                Err(request.refuse(Failure::new("login_required", 50058, message)))
            }
            None => Ok(accounts(&request)),
        }
    };
    step().unwrap_or_else(|refused| refused.response(&entra.stamp(&headers)))
}

/// `POST`: a person was picked, or a consent page answered.
pub(super) async fn submit(
    State(entra): State<Entra>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    let step = || {
        let request = read(&entra, &tenant, &query)?;
        let form = Parameters::parse(&body)?;
        match form.get("consent") {
            Some(answer) => consented(&entra, &request, &form, answer),
            None => signed_in(&entra, &request, &form),
        }
    };
    step().unwrap_or_else(|refused| refused.response(&entra.stamp(&headers)))
}

fn read(entra: &Entra, tenant: &str, query: &str) -> Result<Request, Refused> {
    if tenant != TENANT_ID {
        return Err(Failure::unknown_tenant(tenant).into());
    }
    if query.len() > LONGEST_QUERY {
        let message = "The query string is too long.";
        return Err(Failure::new("invalid_request", 90015, message).into());
    }
    Request::read(entra, query.as_bytes())
}

/// The page that lists the people.
fn accounts(request: &Request) -> Response {
    let hint = request.login_hint.as_deref().and_then(people::person);
    let mut people: Vec<_> = PEOPLE.iter().collect();
    people.sort_by_key(|person| Some(person.oid) != hint.map(|hint| hint.oid));
    SignInPage { app: &request.app.name, people, hinted: hint.is_some() }.response()
}

fn signed_in(entra: &Entra, request: &Request, form: &Parameters) -> Result<Response, Refused> {
    let name = form.required("person")?;
    let Some(person) = people::person(name) else {
        return Err(Failure::unknown_person(name).into());
    };
    let sign_in = entra.interactive(person);
    let mut response = proceed(entra, request, &sign_in, request.prompt)?;
    let session = unguessable("1.", 8);
    // Below the tenant's path, so that it doesn't reach what listens on other ports of the host.
    let cookie = format!("{SESSION}={session}; Path=/{TENANT_ID}; HttpOnly; SameSite=Lax");
    entra.grants().sessions.put(session, sign_in);
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

fn consented(
    entra: &Entra,
    request: &Request,
    form: &Parameters,
    answer: &str,
) -> Result<Response, Refused> {
    let ctx = form.required("ctx")?;
    let Some(sign_in) = entra.grants().asking.take(ctx) else {
        // The page was answered already, or is older than what is kept: ask again.
        return Ok(accounts(request));
    };
    if answer != "accept" {
        let message = "User declined to consent to access the app.";
        return Err(request.refuse(Failure::new("access_denied", 65004, message)));
    }
    entra.consent_to(sign_in.person, &request.app, &request.asked);
    proceed(entra, request, &sign_in, Prompt::Usual)
}

/// What happens once it's known who is there.
fn proceed(
    entra: &Entra,
    request: &Request,
    sign_in: &SignIn,
    prompt: Prompt,
) -> Result<Response, Refused> {
    entra.admit(sign_in, &request.app).map_err(|failure| match prompt {
        Prompt::None => request.refuse(failure.named("interaction_required")),
        // The person reads it here, and the browser doesn't go back.
        _ => Refused::Here(failure),
    })?;
    let has_consented = entra.has_consented(sign_in.person, &request.app, &request.asked);
    if !has_consented && prompt == Prompt::None {
        let failure = Failure::no_consent(&request.app).named("consent_required");
        return Err(request.refuse(failure));
    }
    if !has_consented || prompt == Prompt::Consent {
        let ctx = unguessable("", 8);
        entra.grants().asking.put(ctx.clone(), sign_in.clone());
        let page = ConsentPage {
            app: &request.app.name,
            person: sign_in.person,
            scopes: &request.asked.scopes,
            openid: request.asked.openid,
            offline: request.asked.offline,
            ctx: &ctx,
        };
        return Ok(page.response());
    }
    let code = unguessable("1.AX0A", 40);
    let kept = Code {
        client_id: request.app.client_id.clone(),
        redirect_uri: request.back.redirect_uri.clone(),
        challenge: request.challenge.clone(),
        nonce: request.nonce.clone(),
        asked: request.asked.clone(),
        sign_in: sign_in.clone(),
        expires: entra.now() + CODE_LIFETIME,
        spent: false,
    };
    entra.grants().codes.put(code.clone(), kept);
    let session_state = Uuid::new_v4().to_string();
    Ok(redirect(&request.back.with(&[("code", &code), ("session_state", &session_state)])))
}

/// Who is signed in in this browser, where that is enough for the request.
fn session(entra: &Entra, headers: &HeaderMap, request: &Request) -> Option<SignIn> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(cookie::Cookie::split_parse).filter_map(Result::ok);
    let session = cookies.find(|cookie| cookie.name() == SESSION)?;
    let sign_in = {
        let grants = entra.grants();
        let sign_in = grants.sessions.get(session.value())?;
        (!grants.is_revoked(sign_in)).then(|| sign_in.clone())?
    };
    let hinted = request.login_hint.as_deref().and_then(people::person);
    let same = hinted.is_none_or(|hinted| hinted.oid == sign_in.person.oid);
    let fresh = entra.now() < sign_in.at + SESSION_LIFETIME;
    // A policy that came later asks for more than this browser has shown.
    let weak = request.prompt != Prompt::None && entra.needs_more(&sign_in);
    (same && fresh && !weak && request.prompt != Prompt::SignIn).then_some(sign_in)
}

impl Request {
    fn refuse(&self, failure: Failure) -> Refused {
        Refused::there(self.back.clone(), failure)
    }
}

impl Refused {
    fn response(&self, stamp: &Stamp) -> Response {
        match self {
            Self::Here(failure) => failure.page(StatusCode::BAD_REQUEST, stamp),
            Self::There(refused) => {
                let (back, failure) = &**refused;
                let description = failure.description(stamp);
                redirect(
                    &back.with(&[("error", failure.error), ("error_description", &description)]),
                )
            }
        }
    }
}

fn redirect(to: &str) -> Response {
    let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store, no-cache")];
    (StatusCode::FOUND, headers).into_response()
}
