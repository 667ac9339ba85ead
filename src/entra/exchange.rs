//! The requests to Entra's token endpoint (RFC 6749 §4.1.3, §4.4, §6; RFC 7523 §2.1) and what their
//! answers say.
//! `scope` is named each time: without it Entra takes the request to be about Microsoft Graph.

use std::time::Duration;

use oauth2::basic::{
    BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AccessToken, AuthType, AuthorizationCode, Client, ClientId, ClientSecret, PkceCodeVerifier,
    RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken, TokenResponse,
    TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::Tokens;
use super::credential::Proof;
use super::fault::{EntraFault, Said};
use super::on_behalf;
use super::seconds::Seconds;
use super::wire::{Down, Refusal, Wire};

/// RFC 7523 §2.2.
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) const NO_ANSWER: &str = "the answer isn't one of a token endpoint";

type EntraClient = Client<
    Refusal,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// What every token request has alike.
pub(super) struct Exchange {
    pub(super) http: reqwest::Client,
    pub(super) client_id: String,
}

/// What tokens are asked for. `scope` as it goes out.
#[derive(Clone, Copy)]
pub enum Grant<'a> {
    /// A code (RFC 6749 §4.1.3) and our verifier.
    Code {
        /// Entra's code.
        code: &'a str,
        /// Our own PKCE verifier (RFC 7636 §4.1).
        verifier: &'a str,
        /// Our own address, to which the code came.
        redirect_uri: &'a Url,
        /// The scopes of the sign-in.
        scope: &'a str,
    },
    /// A refresh token (RFC 6749 §6).
    Refresh {
        /// Entra's refresh token.
        token: &'a SecretString,
        /// The scopes of the sign-in.
        scope: &'a str,
    },
    /// Ourselves, without a person (RFC 6749 §4.4).
    Ourselves {
        /// The scopes of a sign-in, of whose API the token is to be.
        scope: &'a str,
    },
    /// A token that a person sent us, for one of another API in the person's name (RFC 7523 §2.1 with
    /// Entra's `requested_token_use=on_behalf_of`).
    OnBehalf {
        /// The person's token, whose audience is our own registration.
        assertion: &'a SecretString,
        /// The other API's scopes, such as `https://digitaltwins.azure.net/.default`.
        scope: &'a str,
    },
}

impl Exchange {
    /// Asks the token endpoint.
    pub(super) async fn ask(
        &self,
        endpoint: Url,
        proof: Proof,
        grant: Grant<'_>,
    ) -> Result<Tokens, EntraFault> {
        let wire = Wire { http: &self.http, id: Uuid::new_v4() };
        let client = EntraClient::new(ClientId::new(self.client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(TokenUrl::from_url(endpoint.clone()));
        let (client, assertion) = match &proof {
            Proof::Secret(secret) => {
                let secret = ClientSecret::new(secret.expose_secret().to_owned());
                (client.set_client_secret(secret), None)
            }
            Proof::Assertion(assertion) => (client, Some(assertion)),
        };
        let extra = assertion.iter().flat_map(|assertion| {
            let assertion = assertion.expose_secret().to_owned();
            [("client_assertion_type", ASSERTION_TYPE.to_owned()), ("client_assertion", assertion)]
        });
        let answered = match grant {
            Grant::Code { code, verifier, redirect_uri, scope } => {
                let client = client.set_redirect_uri(RedirectUrl::from_url(redirect_uri.clone()));
                let request = client
                    .exchange_code(AuthorizationCode::new(code.to_owned()))
                    .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
                    .add_extra_param("scope", scope);
                let request = extra.fold(request, |all, (name, it)| all.add_extra_param(name, it));
                request.request_async(&wire).await
            }
            Grant::Refresh { token, scope } => {
                let token = RefreshToken::new(token.expose_secret().to_owned());
                let request =
                    client.exchange_refresh_token(&token).add_scope(Scope::new(scope.to_owned()));
                let request = extra.fold(request, |all, (name, it)| all.add_extra_param(name, it));
                request.request_async(&wire).await
            }
            Grant::Ourselves { scope } => {
                let request = client
                    .exchange_client_credentials()
                    .add_scope(Scope::new(default_scope(scope)));
                let request = extra.fold(request, |all, (name, it)| all.add_extra_param(name, it));
                request.request_async(&wire).await
            }
            Grant::OnBehalf { assertion, scope } => {
                let form = on_behalf::form(&self.client_id, &proof, assertion, scope);
                return on_behalf::ask(&wire, &endpoint, form).await;
            }
        };
        answered.map_err(fault_of).and_then(Answer::tokens).map_err(|fault| fault.about(wire.id))
    }
}

/// The scope of a token without a person: `.default` behind the API's name. An application that
/// asks for itself must name itself by its id (AADSTS90009).
fn default_scope(scope: &str) -> String {
    let first = scope.split(' ').next().unwrap_or_default();
    let resource = first.rsplit_once('/').map_or(first, |(resource, _)| resource);
    let id = resource.strip_prefix("api://").filter(|id| Uuid::try_parse(id).is_ok());
    format!("{}/.default", id.unwrap_or(resource))
}

fn fault_of(error: RequestTokenError<Down, Refusal>) -> EntraFault {
    match error {
        RequestTokenError::ServerResponse(refusal) => refusal.fault,
        RequestTokenError::Request(Down(said)) => EntraFault::Unavailable(said),
        // The error holds the answer's text, which may hold a token: nothing of it goes on.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            EntraFault::Unavailable(Said::of(NO_ANSWER))
        }
    }
}

/// A successful answer (RFC 6749 §5.1).
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Answer {
    access_token: AccessToken,
    token_type: BasicTokenType,
    #[serde(default)]
    refresh_token: Option<RefreshToken>,
    #[serde(default)]
    expires_in: Option<Seconds>,
}

impl TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(|Seconds(seconds)| Duration::from_secs(seconds))
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// What was asked for is what we ask for; the token itself says what it holds.
    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl Answer {
    pub(super) fn tokens(self) -> Result<Tokens, EntraFault> {
        let bearer = self.token_type.as_ref().eq_ignore_ascii_case("bearer");
        let expires_in = self.expires_in().filter(|_| bearer).ok_or_else(|| {
            EntraFault::Unavailable(Said::of("the answer holds no bearer token with its life"))
        })?;
        Ok(Tokens {
            expires_in,
            access_token: SecretString::from(self.access_token.into_secret()),
            refresh_token: self.refresh_token.map(|token| SecretString::from(token.into_secret())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_our_own_is_asked_for_by_id() {
        let of = |scope: &str| default_scope(&format!("{scope} openid profile offline_access"));
        let id = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41";
        assert_eq!(of(&format!("api://{id}/Mcp.Access")), format!("{id}/.default"));
        assert_eq!(of("api://osier/Mcp.Access"), "api://osier/.default");
        assert_eq!(
            of("https://contoso.onmicrosoft.com/osier/Mcp.Access"),
            "https://contoso.onmicrosoft.com/osier/.default"
        );
    }

    #[test]
    fn answers_are_taken_as_entra_and_b2c_write_them() {
        let read = |text: &str| serde_json::from_str::<Answer>(text).ok()?.tokens().ok();
        let entra = r#"{"token_type":"Bearer","expires_in":4711,"access_token":"a","x":1}"#;
        assert_eq!(read(entra).unwrap().expires_in, Duration::from_secs(4711));
        let b2c = r#"{"token_type":"Bearer","expires_in":"3600","access_token":"a",
                      "refresh_token":"r","not_before":"1442340812"}"#;
        assert_eq!(read(b2c).unwrap().expires_in, Duration::from_hours(1));
        assert!(read(b2c).unwrap().refresh_token.is_some());
        for unusable in [
            r#"{"token_type":"mac","expires_in":1,"access_token":"a"}"#,
            r#"{"token_type":"Bearer","access_token":"a"}"#,
            r#"{"token_type":"Bearer","expires_in":-1,"access_token":"a"}"#,
            r#"{"token_type":"Bearer","expires_in":1}"#,
        ] {
            assert!(read(unusable).is_none(), "{unusable}");
        }
    }
}
