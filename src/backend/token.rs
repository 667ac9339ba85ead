//! What token goes out with a request to one service. The caller's own is sent only to a service of the
//! audience for which it was issued; `transport` sends any only to the configured origin.

use std::sync::Arc;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::call::TroubleKind;
use crate::identity::Identity;

use super::on_behalf::OnBehalf;

/// How a token goes out.
#[derive(Clone)]
pub enum OutgoingToken {
    /// The caller's own.
    Forward,
    /// One of the service's audience, which Entra gives for the caller's own.
    OnBehalfOf {
        /// What Entra is asked for.
        scope: String,
        /// Who asks.
        exchange: Arc<OnBehalf>,
    },
    /// A credential of our own, the same for everybody.
    Service {
        /// `Bearer`, `token`.
        scheme: &'static str,
        /// The credential.
        token: SecretString,
    },
    /// None.
    None,
}

/// Scheme, host and port of a URL (RFC 6454 §4).
pub type Origin = url::Origin;

impl OutgoingToken {
    /// The value of `Authorization` for this caller. `service` is for the log.
    pub(super) async fn authorization(
        &self,
        identity: &Identity,
        service: &str,
    ) -> Result<Option<HeaderValue>, TroubleKind> {
        match self {
            Self::None => Ok(None),
            Self::Forward => {
                let bearer = identity.bearer().ok_or(TroubleKind::NoToken)?;
                value("Bearer", bearer).map(Some)
            }
            Self::OnBehalfOf { scope, exchange } => {
                let token = exchange.token(identity, scope, service).await?;
                value("Bearer", &token).map(Some)
            }
            Self::Service { scheme, token } => value(scheme, token).map(Some),
        }
    }

    /// The service didn't take the token: a kept one goes.
    pub(super) async fn refused(&self, identity: &Identity) {
        if let Self::OnBehalfOf { scope, exchange } = self {
            exchange.forget(identity, scope).await;
        }
    }
}

fn value(scheme: &str, token: &SecretString) -> Result<HeaderValue, TroubleKind> {
    let value = HeaderValue::try_from(format!("{scheme} {}", token.expose_secret()));
    let mut value = value.map_err(|_| TroubleKind::NoToken)?;
    value.set_sensitive(true);
    Ok(value)
}
