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
    let sent = form.required("code")?;
    form.required("redirect_uri")?;
    // A request that is refused leaves the code good.
    let code = entra.grants().codes.get(sent).cloned().ok_or_else(unknown)?;
    check(&code, entra.now(), client, form)?;
    if entra.grants().is_revoked(&code.sign_in) {
        return Err(Failure::revoked());
    }
    answer::admit(entra, client, &code.sign_in, &asked)?;
    spend(entra, sent)?;
    Ok(answer::to(entra, client, &code.sign_in, &asked, code.asked.offline, code.nonce.as_deref()))
}

/// Of many who bring the same code at once, one spends it.
fn spend(entra: &Entra, sent: &str) -> Result<(), Failure> {
    let mut grants = entra.grants();
    let code = grants.codes.get_mut(sent).ok_or_else(unknown)?;
    if std::mem::replace(&mut code.spent, true) {
        return Err(spent());
    }
    Ok(())
}

fn check(code: &Code, now: u64, client: &Client, form: &Parameters) -> Result<(), Failure> {
    if code.client_id != client.app.client_id {
        return Err(unknown());
    }
    if code.spent {
        return Err(spent());
    }
    if now >= code.expires {
        let message = "The provided authorization code or refresh token has expired due to \
                       inactivity. Send a new interactive authorization request for this user and \
                       resource.";
        return Err(Failure::new("invalid_grant", 70008, message));
    }
    let redirect_uri = form.get("redirect_uri").unwrap_or_default();
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
    Ok(())
}

fn spent() -> Failure {
    let message = "OAuth2 Authorization code was already redeemed, please retry with a new valid \
                   code or use an existing refresh token.";
    Failure::new("invalid_grant", 54005, message)
}

fn unknown() -> Failure {
    let message = "The provided value for the 'code' parameter is not valid.";
    Failure::new("invalid_grant", 70000, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::demo::entra::scopes::{Asked, Resource};
    use crate::demo::people::BEN;

    #[test]
    fn a_code_that_fifty_have_already_looked_at_is_spent_by_one() {
        let entra = Entra::new("http://127.0.0.1:1".to_owned(), Clock::System).unwrap();
        let asked =
            Asked { resource: Resource::Api, scopes: Vec::new(), openid: false, offline: false };
        let code = Code {
            client_id: String::new(),
            redirect_uri: String::new(),
            challenge: None,
            nonce: None,
            asked,
            sign_in: entra.interactive(&BEN),
            expires: u64::MAX,
            spent: false,
        };
        entra.grants().codes.put("code".to_owned(), code);
        let spent = std::thread::scope(|scope| {
            let all: Vec<_> = (0..50).map(|_| scope.spawn(|| spend(&entra, "code"))).collect();
            all.into_iter().filter_map(|one| one.join().unwrap().ok()).count()
        });
        assert_eq!(spent, 1);
    }
}
