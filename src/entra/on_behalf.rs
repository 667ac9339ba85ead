//! The exchange of a person's token for one of another API (RFC 7523 §2.1 with Entra's
//! `requested_token_use`). The crate `oauth2` has no such grant: the same message, made here.

use http::header::{ACCEPT, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Tokens;
use super::credential::Proof;
use super::exchange::{ASSERTION_TYPE, Answer, NO_ANSWER};
use super::fault::{EntraFault, Said};
use super::wire::{Down, Refusal, Wire};

/// RFC 7523 §2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The request's body.
pub(super) fn form(
    client_id: &str,
    proof: &Proof,
    assertion: &SecretString,
    scope: &str,
) -> Vec<u8> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", JWT_BEARER)
        .append_pair("requested_token_use", "on_behalf_of")
        .append_pair("client_id", client_id)
        .append_pair("assertion", assertion.expose_secret())
        .append_pair("scope", scope);
    match proof {
        Proof::Secret(secret) => form.append_pair("client_secret", secret.expose_secret()),
        Proof::Assertion(assertion) => form
            .append_pair("client_assertion_type", ASSERTION_TYPE)
            .append_pair("client_assertion", assertion.expose_secret()),
    };
    form.finish().into_bytes()
}

/// Sends it and reads the answer.
pub(super) async fn ask(
    wire: &Wire<'_>,
    endpoint: &Url,
    form: Vec<u8>,
) -> Result<Tokens, EntraFault> {
    let request = http::Request::post(endpoint.as_str())
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(ACCEPT, "application/json")
        .body(form);
    let request = request.map_err(|_| says("the request can't be made"))?;
    let answer = wire.send(request).await;
    let tokens = answer.map_err(|Down(said)| EntraFault::Unavailable(said)).and_then(|answer| {
        if answer.status().is_success() {
            let answer = serde_json::from_slice::<Answer>(answer.body());
            return answer.map_err(|_| says(NO_ANSWER))?.tokens();
        }
        let refusal = serde_json::from_slice::<Refusal>(answer.body());
        Err(refusal.map_or_else(|_| says(NO_ANSWER), |refusal| refusal.fault))
    });
    tokens.map_err(|fault| fault.about(wire.id))
}

fn says(why: &'static str) -> EntraFault {
    EntraFault::Unavailable(Said::of(why))
}
