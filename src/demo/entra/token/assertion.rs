//! Client assertions (RFC 7523 §2.2): a JWT that the client signed with a registered certificate's
//! key, or one by an issuer that the app registration trusts (a federated credential).

mod certificate;
mod federated;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;

use crate::demo::entra::Entra;
use crate::demo::entra::apps::App;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::parameters::Parameters;

/// RFC 7523 §2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far the client's clock may be off, in seconds.
const LEEWAY: u64 = 300;

/// An assertion whose signature isn't checked yet.
struct Unverified<'a> {
    text: &'a str,
    header: Header,
    claims: Claims,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    #[serde(default)]
    nbf: u64,
    jti: Option<String>,
}

/// Judges an assertion that speaks for this app.
pub(super) fn check(
    entra: &Entra,
    app: &App,
    form: &Parameters,
    text: &str,
) -> Result<(), Failure> {
    let kind = form.required("client_assertion_type")?;
    if kind != JWT_BEARER {
        let message = format!("The assertion type '{kind}' is not supported.");
        return Err(Failure::new("invalid_request", 50024, message));
    }
    let header = jsonwebtoken::decode_header(text).map_err(|error| malformed(&error))?;
    let claims = jsonwebtoken::dangerous::insecure_decode_claims(text);
    let claims: Claims = claims.map_err(|error| malformed(&error))?;
    let assertion = Unverified { text, header, claims };
    if assertion.claims.iss == app.client_id {
        certificate::check(entra, app, &assertion)?;
    } else {
        federated::check(app, &assertion)?;
    }
    assertion.check_times(entra.now())
}

impl Unverified<'_> {
    /// Is it signed with this key, by an algorithm that Entra takes here?
    fn is_signed_by(&self, key: &DecodingKey, algorithms: &[Algorithm]) -> bool {
        let mut rules = Validation::new(self.header.alg);
        // The claims are judged one by one, by the look-alike's clock.
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        algorithms.contains(&self.header.alg)
            && jsonwebtoken::decode::<Claims>(self.text, key, &rules).is_ok()
    }

    fn check_times(&self, now: u64) -> Result<(), Failure> {
        let Claims { nbf, exp, .. } = self.claims;
        if exp.saturating_add(LEEWAY) < now || nbf > now.saturating_add(LEEWAY) {
            let message = format!(
                "Client assertion is not within its valid time range. Current time: {now}, \
                 assertion valid from {nbf}, expiry time of assertion {exp}."
            );
            return Err(Failure::new("invalid_client", 700_024, message));
        }
        Ok(())
    }
}

fn malformed(error: &jsonwebtoken::errors::Error) -> Failure {
    let message = format!("JWT token is invalid or malformed: {error}.");
    Failure::new("invalid_request", 50027, message)
}

/// The key isn't there, or the signature isn't its own.
fn bad_signature(reason: &str) -> Failure {
    let message = format!("Client assertion failed signature validation. [Reason - {reason}]");
    Failure::new("invalid_client", 700_027, message)
}
