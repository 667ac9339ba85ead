//! What goes out in `Authorization` to one service. Keys that belong to another choice don't count.

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::RawBackend;
use crate::config::access::same_audience;
use crate::config::problems::Report;

/// What goes out in `Authorization`.
#[derive(Clone, Debug)]
pub enum OutgoingToken {
    /// The person's own token; only to a service of the same audience.
    Forward,
    /// A token of another audience, which Entra gives for the person's own.
    OnBehalfOf {
        /// The scopes that Entra is asked for.
        scope: String,
    },
    /// A credential of Osier's own, the same for everybody.
    Service {
        /// The word before it.
        scheme: Scheme,
        /// The credential.
        token: SecretString,
    },
    /// Nothing.
    None,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The person's own token; only to a service of the same audience.
    #[default]
    Forward,
    /// A token of another audience in the person's name, from Entra.
    OnBehalfOf,
    /// `service_token`, the same for everybody.
    Service,
    /// Nothing.
    None,
}

/// The word before a service credential.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
pub enum Scheme {
    /// `Authorization: Bearer …`
    #[default]
    Bearer,
    /// `Authorization: token …`
    #[serde(rename = "token")]
    Token,
}

impl Scheme {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Token => "token",
        }
    }
}

impl RawBackend {
    pub(super) fn outgoing(
        &self,
        section: &str,
        audience: Option<&str>,
        report: &mut Report,
    ) -> Option<OutgoingToken> {
        match self.token {
            Kind::None => Some(OutgoingToken::None),
            Kind::Forward => {
                let key = format!("{section}.audience");
                same_audience(report, &key, self.audience.clone(), audience);
                Some(OutgoingToken::Forward)
            }
            Kind::OnBehalfOf => self.on_behalf_of(section, audience, report),
            Kind::Service => {
                let key = format!("{section}.service_token");
                let what =
                    "the credential that this service gave Osier, because token = \"service\"";
                let token = report.require(&key, self.service_token.clone(), what)?;
                let text = token.expose_secret();
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                    report.say(&key, "is empty, or has a blank or a line break in it");
                    return None;
                }
                Some(OutgoingToken::Service { scheme: self.scheme, token })
            }
        }
    }

    fn on_behalf_of(
        &self,
        section: &str,
        audience: Option<&str>,
        report: &mut Report,
    ) -> Option<OutgoingToken> {
        let key = format!("{section}.scope");
        let what = "what Entra is asked for, such as https://digitaltwins.azure.net/.default";
        let scope = report.require(&key, self.scope.clone(), what)?;
        let words: Vec<&str> = scope.split(' ').collect();
        let resource = |word: &str| word.rsplit_once('/').map(|(of, _)| of.to_owned());
        let first = words.first().and_then(|word| resource(word));
        let plain = |word: &&str| {
            word.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
        };
        let says = if first.is_none() || !words.iter().all(plain) {
            "must be scopes of one API with its name before each, such as \
             https://digitaltwins.azure.net/.default"
        } else if words.iter().any(|word| resource(word) != first) {
            "names several APIs; a token is for one"
        } else if first.as_deref().map(bare) == audience.map(bare) {
            "is of identity.audience itself; a service of our own audience gets the person's own \
             token: token = \"forward\""
        } else {
            return Some(OutgoingToken::OnBehalfOf { scope });
        };
        report.say(&key, says);
        None
    }
}

fn bare(audience: &str) -> &str {
    audience.strip_prefix("api://").unwrap_or(audience)
}
