//! The grant `client_credentials` (RFC 6749 §4.4): an app asks for a token of its own, without a
//! person. The app has no role, so the token holds none.

use serde_json::{Value, json};
use uuid::Uuid;

use super::credential::Client;
use crate::demo::claims;
use crate::demo::entra::Entra;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::parameters::Parameters;
use crate::demo::people::{API_CLIENT_ID, TENANT_ID};

pub(super) fn issue(entra: &Entra, client: &Client, form: &Parameters) -> Result<Value, Failure> {
    let scope = form.required("scope")?;
    if client.app.public || !scope.ends_with("/.default") {
        let message = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have \
             a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(Failure::new("invalid_scope", 1_002_012, message));
    }
    let id = client.app.client_id.as_str();
    // As with Entra: an app that asks for itself has to say its id.
    if id == API_CLIENT_ID && scope != format!("{API_CLIENT_ID}/.default") {
        let message = format!(
            "Application '{id}' is requesting a token for itself. This scenario is supported only \
             if resource is specified using the GUID based App Identifier."
        );
        return Err(Failure::new("invalid_resource", 90009, message));
    }
    entra.read_scope(scope, &client.app)?;
    if entra.switches().assigned.is_some() {
        let message = format!("Application '{id}' is not assigned to a role for the application.");
        return Err(Failure::new("invalid_grant", 501_051, message));
    }
    let (now, lifetime) = (entra.now(), claims::lifetime());
    let principal = Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes());
    let payload = json!({
        "aud": API_CLIENT_ID, "iss": entra.issuer(), "iat": now, "nbf": now, "exp": now + lifetime,
        "azp": id, "azpacr": client.how, "oid": principal, "sub": principal, "tid": TENANT_ID,
        "uti": Uuid::new_v4().simple().to_string(), "ver": "2.0",
    });
    let header = Value::Object(claims::header(&entra.kid(), claims::Version::V2));
    Ok(json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": entra.sign(header.to_string(), payload.to_string()),
    }))
}
