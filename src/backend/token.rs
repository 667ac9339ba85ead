//! What token goes out with a request, and where to. The caller's own is sent only to the
//! configured origin of a service of the audience for which it was issued.

use secrecy::ExposeSecret;
use url::Url;

use crate::call::TroubleKind;
use crate::identity::Identity;

/// How a token goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutgoingToken {
    /// The caller's own.
    Forward,
    /// None.
    None,
}

/// Scheme, host and port of a URL (RFC 6454 §4).
pub type Origin = url::Origin;

impl OutgoingToken {
    /// Puts the token on a request to `url`, if that lies on the configured origin.
    pub(super) fn put_on(
        self,
        request: reqwest::RequestBuilder,
        url: &Url,
        origin: &Origin,
        identity: &Identity,
    ) -> Result<reqwest::RequestBuilder, TroubleKind> {
        if url.origin() != *origin {
            return Err(TroubleKind::BadAnswer);
        }
        match self {
            Self::None => Ok(request),
            Self::Forward => {
                let bearer = identity.bearer().ok_or(TroubleKind::NoToken)?;
                Ok(request.bearer_auth(bearer.expose_secret()))
            }
        }
    }
}
