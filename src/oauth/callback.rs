//! `GET /oauth/callback`: the browser comes back from Entra. It must be the browser that left, and
//! come once. What Entra said goes into our code unredeemed, or into an error; nothing of Entra's
//! own words reaches the client.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::HeaderMap;
use tower_http::request_id::RequestId;

use super::Facade;
use super::code::Code;
use super::failure::{Failure, OauthError};
use super::link;
use super::query::Parameters;
use super::redirect::RedirectUri;
use super::sign_in::{ForClient, Purposes, SignIn};
use super::upstream::EntraFault;

/// No code of Entra's is longer.
const MAX_CODE: usize = 4096;

pub(super) async fn callback(
    State(facade): State<Arc<Facade>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let id = id.header_value().to_str().ok();
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    let came = match came(&facade, &parameters, &headers).await {
        Ok(came) => came,
        Err(failure) => return failure.page(id),
    };
    let mut response = match (&came.sign_in.purpose, came.code) {
        (Purposes::Client(asked), Ok(code)) => to_client(&facade, &came.sign_in, asked, &code, id),
        (Purposes::Client(asked), Err(refusal)) => {
            refused(&facade, asked, refusal).unwrap_or_else(|failure| failure.page(id))
        }
        (Purposes::Link(link), Ok(code)) => {
            let code = (code.as_str(), came.sign_in.verifier.as_str());
            link::signed_in(&facade, link, code, &headers, id).await
        }
        (Purposes::Link(_), Err(_)) => Failure::REFUSED.page(id),
    };
    came.sign_in.spend(facade.cookies, response.headers_mut());
    response
}

/// A callback that belongs here.
struct Came {
    sign_in: SignIn,
    code: Result<String, OauthError>,
}

async fn came(
    facade: &Facade,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<Came, Failure> {
    let one = |name| parameters.one(name).map_err(|_| Failure::MALFORMED);
    let state = one("state")?.ok_or(Failure::MALFORMED)?;
    let (code, error, iss) = (one("code")?, one("error")?, one("iss")?);
    if (code.is_none() && error.is_none()) || code.is_some_and(|code| code.len() > MAX_CODE) {
        return Err(Failure::MALFORMED);
    }
    // RFC 9207 §2.4; Entra sends none, others do.
    if let Some(iss) = iss {
        let issuer = facade.authenticator.issuer().await.map_err(|_| Failure::ENTRA_AWAY)?;
        if iss != issuer {
            return Err(Failure::OTHER_ISSUER);
        }
    }
    let seals = (facade.cookies, &*facade.keys);
    let sign_in = SignIn::take(state, headers, seals, &facade.seen, &facade.clock)?;
    let code = match (error, code) {
        (None, Some(code)) => Ok(code.to_owned()),
        (error, _) => Err(refusal(error.unwrap_or_default(), one("error_description")?)),
    };
    Ok(Came { sign_in, code })
}

fn to_client(
    facade: &Facade,
    sign_in: &SignIn,
    asked: &ForClient,
    code: &str,
    id: Option<&str>,
) -> Response {
    let (keys, clock) = (&facade.keys, &facade.clock);
    let sealed = Code::seal(code, &sign_in.verifier, asked, keys, clock);
    let (Ok(code), Ok(redirect)) = (sealed, RedirectUri::parse(&asked.redirect_uri)) else {
        return Failure::OURS.page(id);
    };
    facade.back(&redirect, asked.state.as_deref(), Ok(&code))
}

fn refused(facade: &Facade, asked: &ForClient, refusal: OauthError) -> Result<Response, Failure> {
    let redirect = RedirectUri::parse(&asked.redirect_uri).map_err(|_| Failure::REDIRECT)?;
    Ok(facade.back(&redirect, asked.state.as_deref(), Err(refusal)))
}

/// Entra's error in OAuth's words (RFC 6749 §4.1.2.1); its own go to the log, by their number.
fn refusal(error: &str, description: Option<&str>) -> OauthError {
    let fault = EntraFault::at_callback(error, description);
    if let EntraFault::Misconfigured(_) = &fault {
        tracing::error!(%fault, "a sign-in was refused");
    } else {
        tracing::info!(%fault, "a sign-in was refused");
    }
    let says = match &fault {
        EntraFault::Unavailable(_) => "Microsoft's sign-in service is busy. Try again in a minute.",
        _ => {
            "Microsoft's sign-in service did not let the sign-in through, or it was cancelled. If you \
             should have access, ask your administrator."
        }
    };
    OauthError::of_entra(fault.authorization_error(), &fault, says)
}
