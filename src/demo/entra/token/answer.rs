//! What a good request gets (RFC 6749 §5.1): an access token, and where asked for an ID token and a
//! refresh token.

use serde_json::{Value, json};

use super::credential::Client;
use crate::demo::claims;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::grants::{Refresh, SignIn, unguessable};
use crate::demo::entra::scopes::{Asked, Resource};
use crate::demo::entra::{Entra, REFRESH_LIFETIME};

/// May the client have such tokens for the person?
pub(super) fn admit(
    entra: &Entra,
    client: &Client,
    sign_in: &SignIn,
    asked: &Asked,
) -> Result<(), Failure> {
    entra.admit(sign_in, &client.app)?;
    if entra.has_consented(sign_in.person, &client.app, asked) {
        return Ok(());
    }
    Err(Failure::no_consent(&client.app))
}

/// The answer, once the person was admitted. `offline`: whether the grant comes with refresh tokens.
pub(super) fn to(
    entra: &Entra,
    client: &Client,
    sign_in: &SignIn,
    asked: &Asked,
    offline: bool,
    nonce: Option<&str>,
) -> Value {
    let person = sign_in.person;
    let lifetime = claims::lifetime();
    let token = entra.access_token(person, (&client.app.client_id, client.how), asked, lifetime);
    let scopes = entra.granted(person, asked);
    let scope = match asked.resource {
        // With the prefix, which `scp` in the token doesn't have.
        Resource::Api => {
            let api = entra.api_name();
            let prefixed = scopes.iter().map(|scope| format!("{api}/{scope}"));
            prefixed.collect::<Vec<_>>()
        }
        Resource::Graph => scopes,
        Resource::Downstream(audience) => {
            scopes.iter().map(|scope| format!("{audience}/{scope}")).collect()
        }
    };
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": scope.join(" "),
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": token,
    });
    let Some(fields) = answer.as_object_mut() else { return answer };
    if offline {
        let refresh = unguessable("1.AX0A", 64);
        let kept = Refresh {
            client_id: client.app.client_id.clone(),
            sign_in: sign_in.clone(),
            expires: entra.now() + REFRESH_LIFETIME,
        };
        entra.grants().refresh.put(refresh.clone(), kept);
        fields.insert("refresh_token".to_owned(), refresh.into());
    }
    if asked.openid {
        let token = entra.id_token(person, &client.app, nonce);
        fields.insert("id_token".to_owned(), token.into());
    }
    answer
}
