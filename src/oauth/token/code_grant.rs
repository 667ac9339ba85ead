//! `grant_type=authorization_code` (RFC 6749 §4.1.3): everything that the code is bound to is checked
//! before Entra's code inside it is redeemed, so that a stranger can't use one up.

use super::{Asking, Granted, NOT_GOOD, one, refused, unkept};
use crate::oauth::Facade;
use crate::oauth::code::Code;
use crate::oauth::failure::OauthError;
use crate::oauth::sign_in::{s256, same};
use crate::oauth::upstream::EntraFault;

/// RFC 7636 §4.1.
const VERIFIER: std::ops::RangeInclusive<usize> = 43..=128;

pub(super) async fn redeem(facade: &Facade, request: &Asking<'_>) -> Result<Granted, OauthError> {
    let parameters = request.parameters;
    let missing = |says| OauthError::new("invalid_request", says);
    let code = one(parameters, "code")?.ok_or(missing("code is missing"))?;
    let verifier = one(parameters, "code_verifier")?.ok_or(missing("code_verifier is missing"))?;
    let redirect_uri = one(parameters, "redirect_uri")?;

    let code = Code::open(code, &facade.keys, &facade.clock).ok_or(NOT_GOOD)?;
    // OAuth 2.1 §4.1.3 no longer sends it; one that is sent must be the same.
    let same_redirect = redirect_uri.is_none_or(|uri| uri == code.asked.redirect_uri);
    let proven = VERIFIER.contains(&verifier.len()) && same(&s256(verifier), &code.asked.challenge);
    if code.asked.client != request.client || !same_redirect || !proven {
        return Err(NOT_GOOD);
    }
    let now = facade.clock.unix_seconds();
    let expires = now + facade.lives.refresh;
    if !facade.families.redeem(&code.id, code.expires, now).await.map_err(|fault| unkept(&fault))? {
        // Somebody else has it (RFC 6749 §4.1.2): what came of it ends too.
        facade.families.end(&code.id, expires, now).await.map_err(|fault| unkept(&fault))?;
        return Err(NOT_GOOD);
    }
    let tokens = match facade.upstream.redeem(&code.entra, &code.verifier).await {
        Ok(tokens) => tokens,
        Err(fault) => {
            if let EntraFault::Unavailable(_) = fault {
                // The client is told to come again. Whether Entra has seen its code, Entra knows.
                facade.families.not_redeemed(&code.id).await;
            }
            return Err(refused(&fault));
        }
    };
    let identity = facade.judge(&tokens.access_token).await?;
    Ok(Granted { tokens, identity, scopes: code.asked.scopes, family: code.id, expires })
}
