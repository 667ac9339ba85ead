//! What a known client asks for, judged: a code, by PKCE with S256, for this server and its scope.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::oauth::Facade;
use crate::oauth::client::Client;
use crate::oauth::failure::OauthError;
use crate::oauth::query::{Parameters, Repeated};
use crate::oauth::redirect::RedirectUri;
use crate::oauth::scope;
use crate::oauth::sign_in::{ForClient, Purposes, client_digest};

/// A longer `state` wouldn't fit into the sign-in's cookie.
const MAX_STATE: usize = 1024;
/// BASE64URL(SHA256(…)) without padding (RFC 7636 §4.2).
const CHALLENGE: usize = 43;

/// An authorization request of a known client, without its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    for_client: ForClient,
    /// Whether the consent may be remembered: the answer goes to an https address, which nobody
    /// but the client can take over.
    remembered: bool,
}

impl Asked {
    /// Reads a request.
    ///
    /// # Errors
    /// What the client is told.
    pub fn read(
        facade: &Facade,
        parameters: &Parameters,
        client: &Client,
        redirect: &RedirectUri,
    ) -> Result<Self, OauthError> {
        let one = |name| parameters.one(name).map_err(repeated);
        let state = one("state")?;
        if state.is_some_and(|state| state.len() > MAX_STATE) {
            return Err(OauthError::new("invalid_request", "state is longer than 1024 bytes"));
        }
        // RFC 6749 App. A.5. Escaped, controls would be six times as long, and the cookie be lost.
        if state.is_some_and(|state| state.chars().any(char::is_control)) {
            return Err(OauthError::new("invalid_request", "state has control characters in it"));
        }
        match one("response_type")? {
            Some("code") => {}
            None => return Err(OauthError::new("invalid_request", "response_type is missing")),
            Some(_) => {
                let says = "response_type must be code";
                return Err(OauthError::new("unsupported_response_type", says));
            }
        }
        if one("response_mode")?.is_some_and(|mode| mode != "query") {
            let says = "response_mode must be query";
            return Err(OauthError::new("unsupported_response_type", says));
        }
        let challenge = challenge(one("code_challenge")?, one("code_challenge_method")?)?;
        if facade.resource.accept(parameters.all("resource")).is_err() {
            let says = "resource must be this server's, as its metadata names it";
            return Err(OauthError::new("invalid_target", says));
        }
        Ok(Self {
            remembered: redirect.as_str().starts_with("https://"),
            for_client: ForClient {
                client: client_digest(&client.id),
                redirect_uri: redirect.as_str().to_owned(),
                state: state.map(str::to_owned),
                challenge,
                scopes: scope::granted(one("scope")?, &facade.scope),
            },
        })
    }

    /// What the code will be bound to.
    pub fn for_client(&self) -> &ForClient {
        &self.for_client
    }

    /// The same, as what a sign-in is for.
    pub fn purpose(&self) -> Purposes {
        Purposes::Client(self.for_client.clone())
    }

    /// May the consent be remembered?
    pub fn is_remembered(&self) -> bool {
        self.remembered
    }

    /// What a consent is for: this client as it describes itself now, this address, these scopes.
    pub fn consent_key(&self, client: &Client) -> String {
        let ForClient { client: id, redirect_uri, scopes, .. } = &self.for_client;
        let parts = [id, &client.digest, redirect_uri, &scopes.join(" ")];
        let text = serde_json::json!(parts).to_string();
        let digest = digest(&SHA256, text.as_bytes());
        BASE64URL_NOPAD.encode(digest.as_ref().get(..18).unwrap_or_default())
    }
}

fn repeated(_: Repeated) -> OauthError {
    OauthError::new("invalid_request", "a parameter was sent more than once")
}

/// RFC 7636 §4.3, RFC 9700 §2.1.1: always, and only S256.
fn challenge(challenge: Option<&str>, method: Option<&str>) -> Result<String, OauthError> {
    let says = "code_challenge_method must be S256";
    let sign = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign);
    match (challenge, method) {
        (None, _) => Err(OauthError::new("invalid_request", "code_challenge is missing")),
        (Some(_), method) if method != Some("S256") => {
            Err(OauthError::new("invalid_request", says))
        }
        (Some(text), _) if text.len() == CHALLENGE && text.chars().all(sign) => Ok(text.to_owned()),
        (Some(_), _) => {
            let says = "code_challenge must be 43 characters of base64url";
            Err(OauthError::new("invalid_request", says))
        }
    }
}
