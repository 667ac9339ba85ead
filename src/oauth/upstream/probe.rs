//! What can be seen of our registration without a person, for `osier doctor`: whether our credential
//! is good, and whether Entra knows our redirect address. No request of a client gets here.

use url::Url;

use super::authorize::Request;
use super::{Leg, Upstream};
use crate::aadsts::{self, Treat};
use crate::entra::{EntraFault, Grant, PATIENCE, Said, in_time};
use crate::outbound::read_capped;

/// The longest page that is read, in bytes.
const CAP: usize = 512 * 1024;

/// The S256 of nobody's verifier: the code that it would belong to is never made.
const CHALLENGE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Whether Entra sends browsers back to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// It does: the redirect address is registered.
    Known,
    /// Its page doesn't say; a person who signs in sees it.
    Unclear,
}

impl Upstream {
    /// Asks for a token of our own (RFC 6749 §4.4) and throws it away: the one request without a
    /// person that tells whether our credential is good.
    ///
    /// # Errors
    /// [`EntraFault`], not logged. A refusal needn't mean the credential.
    pub async fn probe_credential(&self) -> Result<(), EntraFault> {
        let grant = Grant::Ourselves { scope: &self.request.scope };
        self.endpoint.ask(grant).await.map(drop)
    }

    /// Asks the authorize page as a browser in which nobody is signed in, and forbids it to show
    /// anything (`prompt=none`): Entra can only send the browser back, which it does to addresses
    /// that it knows.
    ///
    /// # Errors
    /// [`EntraFault`], not logged: that of the redirect address, or of what was asked for.
    pub async fn probe_redirect(&self) -> Result<Landing, EntraFault> {
        in_time(async {
            let leg = Leg {
                state: "osier-doctor",
                challenge: CHALLENGE,
                login_hint: None,
                select_account: false,
            };
            let request = Request { prompt: None, ..self.request.clone() };
            let mut url = request.url(self.endpoint.endpoints().await?.authorization, &leg);
            url.query_pairs_mut().append_pair("prompt", "none");
            let away = |why| EntraFault::Unavailable(Said::of(why));
            let answer = self.endpoint.http().get(url).send().await;
            let answer = answer.map_err(|_| away("the authorize page doesn't answer"))?;
            if answer.status().is_server_error() {
                return Err(away("the authorize page failed"));
            }
            let location = answer.headers().get(http::header::LOCATION);
            let location = location.and_then(|to| Url::parse(to.to_str().ok()?).ok());
            if let Some(location) = location {
                return self.landed(&location);
            }
            let page = read_capped(answer, CAP, PATIENCE).await;
            let page = page.map_err(|_| away("the authorize page broke off"))?;
            refused(&String::from_utf8_lossy(&page))
        })
        .await
    }

    /// Back at our address, or on the way to a sign-in page elsewhere.
    fn landed(&self, location: &Url) -> Result<Landing, EntraFault> {
        let ours = &self.request.redirect_uri;
        if location.origin() != ours.origin() || location.path() != ours.path() {
            return Ok(Landing::Unclear);
        }
        let of = |name: &str| location.query_pairs().find(|(key, _)| key == name);
        let (error, description) = (of("error"), of("error_description"));
        let error = error.map(|(_, value)| value).unwrap_or_default();
        let description = description.map(|(_, value)| value);
        match EntraFault::at_callback(&error, description.as_deref()) {
            // Nobody is signed in, which is what was to be seen.
            EntraFault::Grant(_) => Ok(Landing::Known),
            fault => Err(fault),
        }
    }
}

/// An error page: only a refusal of the registration or the request is believed.
fn refused(page: &str) -> Result<Landing, EntraFault> {
    let meaning = aadsts::parse(page).and_then(aadsts::meaning);
    match meaning.filter(|meaning| meaning.treat == Treat::Misconfigured) {
        Some(meaning) => Err(Said::numbered(page, meaning.code).into_fault("")),
        None => Ok(Landing::Unclear),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_believed_only_where_it_names_a_refusal_of_ours() {
        let page = "<div>Sorry. AADSTS50011: The redirect URI &#39;x&#39; Trace ID: \
                    0a1b2c3d-0000-4000-8000-00000000000a</div>";
        let EntraFault::Misconfigured(said) = refused(page).unwrap_err() else { panic!() };
        assert_eq!(said.aadsts, Some(50011));
        assert!(said.trace.is_some());
        for unclear in ["<form>Sign in</form>", "AADSTS50058: Session", "AADSTS123456: what?", ""] {
            assert_eq!(refused(unclear).unwrap(), Landing::Unclear, "{unclear}");
        }
    }
}
