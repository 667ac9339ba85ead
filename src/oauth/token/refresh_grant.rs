//! `grant_type=refresh_token` (RFC 6749 §6, OAuth 2.1 §4.3.1): a new access token and a new refresh
//! token, for the same client, person and scopes, up to the family's end.

use secrecy::SecretString;

use super::{Asking, Granted, NOT_GOOD, Refresh, one, refused, unkept};
use crate::oauth::Facade;
use crate::oauth::client::logged;
use crate::oauth::failure::OauthError;
use crate::oauth::families::Barred;
use crate::seal::Purpose;

pub(super) async fn refresh(facade: &Facade, request: &Asking<'_>) -> Result<Granted, OauthError> {
    let missing = OauthError::new("invalid_request", "refresh_token is missing");
    let token = one(request.parameters, "refresh_token")?.ok_or(missing)?;

    let refresh: Refresh = facade.keys.open(Purpose::Refresh, token).map_err(|_| NOT_GOOD)?;
    let now = facade.clock.unix_seconds();
    if refresh.client != request.client || now >= refresh.expires {
        return Err(NOT_GOOD);
    }
    let Refresh { entra, scopes, person, family, id, expires, .. } = refresh;
    facade.families.allow(&family, &id, expires, now).await.map_err(|barred| match barred {
        Barred::Ended => {
            tracing::warn!(client = logged(request.client_id), "a refresh token was used again");
            NOT_GOOD
        }
        Barred::Unknown(fault) => unkept(&fault),
    })?;
    let entra = SecretString::from(entra);
    let mut tokens = facade.upstream.refresh(&entra).await.map_err(|fault| refused(&fault))?;
    let now = facade.clock.unix_seconds();
    facade.families.replaced(&id, expires, now).await.map_err(|fault| unkept(&fault))?;
    let identity = facade.judge(&tokens.access_token).await?;
    if person != (identity.tenant().to_owned(), identity.subject().to_owned()) {
        tracing::error!("Entra refreshed a token for another person");
        return Err(NOT_GOOD);
    }
    // RFC 6749 §6: where none comes back, the one at hand stays good.
    tokens.refresh_token.get_or_insert(entra);
    Ok(Granted { tokens, identity, scopes, family, expires })
}
