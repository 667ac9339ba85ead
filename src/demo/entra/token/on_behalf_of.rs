//! The grant `urn:ietf:params:oauth:grant-type:jwt-bearer` with `requested_token_use=on_behalf_of`: an
//! API that a person called asks for a token of another API in the person's name. The assertion is the
//! token that the API was sent, and must be one for it.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Value, json};

use super::credential::Client;
use crate::demo::claims;
use crate::demo::entra::Entra;
use crate::demo::entra::admission::{blocked, second_factor};
use crate::demo::entra::errors::Failure;
use crate::demo::entra::parameters::Parameters;
use crate::demo::entra::scopes::Resource;
use crate::demo::entra::switches::Obstacle;
use crate::demo::people::{self, ANA, Person, TENANT_ID};

/// What the assertion says of the person.
#[derive(Deserialize)]
struct Claims {
    aud: String,
    oid: String,
    tid: String,
    exp: u64,
    scp: Option<String>,
    name: Option<String>,
    #[serde(alias = "upn")]
    preferred_username: Option<String>,
}

pub(super) fn exchange(
    entra: &Entra,
    client: &Client,
    form: &Parameters,
) -> Result<Value, Failure> {
    if form.required("requested_token_use")? != "on_behalf_of" {
        let message = "The value of 'requested_token_use' is not supported.";
        return Err(Failure::new("invalid_request", 900_382, message));
    }
    if client.app.public {
        let message = "A public client can't ask on behalf of a person.";
        return Err(Failure::new("invalid_client", 7_000_218, message));
    }
    let said = verify(entra, client, form.required("assertion")?)?;
    let asked = entra.read_scope(form.required("scope")?, &client.app)?;
    let Resource::Downstream(audience) = asked.resource else {
        let message = "The look-alike gives tokens on behalf of a person for its other APIs only.";
        return Err(Failure::new("invalid_resource", 500_011, message));
    };
    match entra.switches().obstacle(&said.oid) {
        None => {}
        Some(Obstacle::Consent) => return Err(Failure::no_consent(&client.app)),
        Some(Obstacle::SecondFactor) => return Err(second_factor()),
        Some(Obstacle::Block) => return Err(blocked()),
    }
    let lifetime = claims::lifetime();
    let person = people::person(&said.oid).unwrap_or(&STRANGER);
    let by = (client.app.client_id.as_str(), client.how);
    let token = entra.altered_token(person, by, &asked, lifetime, |claims| {
        claims.insert("oid".to_owned(), said.oid.as_str().into());
        for (claim, value) in [("name", &said.name), ("upn", &said.preferred_username)] {
            if let Some(value) = value {
                claims.insert(claim.to_owned(), value.as_str().into());
            }
        }
    });
    Ok(json!({
        "token_type": "Bearer",
        "scope": format!("{audience}/user_impersonation"),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": token,
    }))
}

/// Somebody whom only a test knows.
const STRANGER: Person =
    Person { name: "stranger", full_name: "A Stranger", oid: "", email: "", ..ANA };

/// A person's token for the app that presents it, signed by the tenant and still good.
fn verify(entra: &Entra, client: &Client, text: &str) -> Result<Claims, Failure> {
    let kid = jsonwebtoken::decode_header(text).ok().and_then(|header| header.kid);
    let key = kid.and_then(|kid| entra.public_key(&kid));
    let key = key.and_then(|(n, e)| DecodingKey::from_rsa_components(&n, e).ok());
    let mut rules = Validation::new(Algorithm::RS256);
    rules.set_issuer(&[entra.issuer(), entra.v1_issuer()]);
    rules.set_required_spec_claims(&["aud", "iss", "exp"]);
    // Audience and times are judged below: each has a code of its own.
    rules.validate_exp = false;
    rules.validate_aud = false;
    let said = key.and_then(|key| jsonwebtoken::decode::<Claims>(text, &key, &rules).ok());
    let Some(said) = said.map(|said| said.claims).filter(|said| said.tid == TENANT_ID) else {
        return Err(bad_assertion("The key was not found, or the signature is not its own."));
    };
    if said.exp < entra.now() {
        return Err(bad_assertion("The token has expired."));
    }
    let id = &client.app.client_id;
    if said.aud != *id && said.aud != format!("api://{id}") {
        let message = format!(
            "Assertion audience does not match the Client app presenting the assertion. The \
             audience in the assertion was '{}' and the expected audience is '{id}' or one of the \
             Application Uris of this application.",
            said.aud
        );
        return Err(Failure::new("invalid_grant", 500_131, message));
    }
    if said.scp.is_none() {
        let message = "An application's own token can't be exchanged on behalf of a person.";
        return Err(Failure::new("invalid_grant", 7_000_114, message));
    }
    Ok(said)
}

fn bad_assertion(reason: &str) -> Failure {
    let message = format!(
        "Assertion failed signature validation or is not within its valid time range. [Reason - \
         {reason}]"
    );
    Failure::new("invalid_grant", 50013, message)
}
