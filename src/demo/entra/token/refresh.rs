//! The grant `refresh_token` (RFC 6749 §6): a new refresh token at every use, and the old one stays
//! good, as with Entra.

use serde_json::Value;

use super::answer;
use super::credential::Client;
use crate::demo::entra::Entra;
use crate::demo::entra::errors::Failure;
use crate::demo::entra::grants::SignIn;
use crate::demo::entra::parameters::Parameters;

pub(super) fn redeem(entra: &Entra, client: &Client, form: &Parameters) -> Result<Value, Failure> {
    let sent = form.required("refresh_token")?;
    let asked = entra.read_scope(form.get("scope").unwrap_or_default(), &client.app)?;
    let sign_in = check(entra, client, sent)?;
    answer::admit(entra, client, &sign_in, &asked)?;
    Ok(answer::to(entra, client, &sign_in, &asked, true, None))
}

fn check(entra: &Entra, client: &Client, sent: &str) -> Result<SignIn, Failure> {
    let now = entra.now();
    let grants = entra.grants();
    let kept = grants.refresh.get(sent).filter(|kept| kept.client_id == client.app.client_id);
    let Some(kept) = kept else {
        let message = "Provided grant is invalid or malformed.";
        return Err(Failure::new("invalid_grant", 70000, message));
    };
    if grants.is_revoked(&kept.sign_in) {
        return Err(Failure::revoked());
    }
    if now >= kept.expires {
        let message = "The refresh token has expired due to inactivity. The token was issued and \
                       was inactive for 90.00:00:00.";
        return Err(Failure::new("invalid_grant", 700_082, message));
    }
    Ok(kept.sign_in.clone())
}
