//! The grant `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.6): a code is good once.

use serde_json::Value;

use super::answer;
use super::credential::Client;
use crate::demo::entra::Entra;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::grants::Code;
use crate::demo::entra::parameters::Parameters;

pub(super) fn redeem(entra: &Entra, client: &Client, form: &Parameters) -> Result<Value, Failure> {
    let asked = entra.read_scope(form.get("scope").unwrap_or_default(), &client.app)?;
    let code = spend(entra, client, form)?;
    answer::to(entra, client, &code.sign_in, &asked, code.asked.offline, code.nonce.as_deref())
}

/// Checks the code and spends it, in one step: of many who bring the same, one gets it. A request
/// that is refused leaves the code good.
fn spend(entra: &Entra, client: &Client, form: &Parameters) -> Result<Code, Failure> {
    let sent = form.required("code")?;
    let redirect_uri = form.required("redirect_uri")?;
    let now = entra.now();
    let mut grants = entra.grants();
    let code = grants.codes.get_mut(sent).ok_or_else(unknown)?;
    if code.client_id != client.app.client_id {
        return Err(unknown());
    }
    if code.spent {
        let message = "OAuth2 Authorization code was already redeemed, please retry with a new \
                       valid code or use an existing refresh token.";
        return Err(Failure::new("invalid_grant", 54005, message));
    }
    if now >= code.expires {
        let message = "The provided authorization code or refresh token has expired due to \
                       inactivity. Send a new interactive authorization request for this user and \
                       resource.";
        return Err(Failure::new("invalid_grant", 70008, message));
    }
    if code.redirect_uri != redirect_uri {
        let message = format!(
            "The reply address '{redirect_uri}' does not match the reply address '{}' provided \
             when requesting Authorization code.",
            code.redirect_uri
        );
        return Err(Failure::new("invalid_client", 500_112, message));
    }
    if let Some(challenge) = &code.challenge
        && !form.get("code_verifier").is_some_and(|verifier| challenge.is_met_by(verifier))
    {
        let message = "The Code_Verifier does not match the code_challenge supplied in the \
                       authorization request.";
        return Err(Failure::new("invalid_grant", 501_481, message));
    }
    code.spent = true;
    let code = code.clone();
    if grants.is_revoked(&code.sign_in) {
        return Err(Failure::revoked());
    }
    Ok(code)
}

fn unknown() -> Failure {
    let message = "The provided value for the 'code' parameter is not valid.";
    Failure::new("invalid_grant", 70000, message)
}
