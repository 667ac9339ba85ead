//! The claims of a verified payload: raw as they stand, then judged (entra.md's names, RFC 7519
//! §4.1). [`RawClaims::validate`] is the only way from a payload to an [`Identity`]'s facts.
//! `preferred_username` and its like are for people's eyes and never decide anything.

use serde::Deserialize;
use serde_json::Value;

use super::json::{present, read_object};
use super::rejection::{Flaw, Rejection};
use super::settings::{Require, Settings};
use super::token::VerifiedPayload;
use super::{Facts, Groups, Principal};

/// The last second of the year 9999: a later time is nobody's.
const LATEST: u64 = 253_402_300_799;

/// The longest identifier that is taken from a token.
const LONGEST_IDENTIFIER: usize = 128;

/// What a payload says. Wrong types are refused, never taken as absent (CVE-2026-25537).
#[derive(Deserialize)]
pub(super) struct RawClaims {
    iss: String,
    // A string and nothing else: Entra writes no arrays, so an array with ours in it, alone or
    // among others, is a token that was made for somebody else's reader.
    aud: String,
    exp: u64,
    nbf: u64,
    // Always there in Entra's own tokens; B2C may leave them out.
    #[serde(default, deserialize_with = "present")]
    tid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    oid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    sub: Option<String>,
    #[serde(default, deserialize_with = "present")]
    tfp: Option<String>,
    #[serde(default, deserialize_with = "present")]
    acr: Option<String>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<u64>,
    #[serde(default, deserialize_with = "present")]
    scp: Option<String>,
    #[serde(default, deserialize_with = "present")]
    roles: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    groups: Option<Vec<String>>,
    // The marks of a token that names no groups, since they are too many: an object, in some v1
    // tokens its text.
    #[serde(default, rename = "_claim_names", deserialize_with = "present")]
    claim_names: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    hasgroups: Option<Value>,
    #[serde(default, rename = "groups:src1", deserialize_with = "present")]
    groups_source: Option<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    idtyp: Option<String>,
    #[serde(default, deserialize_with = "present")]
    azp: Option<String>,
    #[serde(default, deserialize_with = "present")]
    appid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    uti: Option<String>,
    #[serde(default, deserialize_with = "present")]
    email: Option<String>,
    #[serde(default, deserialize_with = "present")]
    preferred_username: Option<String>,
    #[serde(default, deserialize_with = "present")]
    upn: Option<String>,
    // Members of ID tokens (OpenID Connect Core §2, §3.3.2.11). Their values don't matter.
    #[serde(default, deserialize_with = "present")]
    nonce: Option<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    at_hash: Option<serde::de::IgnoredAny>,
    #[serde(default, deserialize_with = "present")]
    c_hash: Option<serde::de::IgnoredAny>,
}

impl RawClaims {
    /// Reads the payload; judges nothing but its form.
    pub(super) fn read(payload: &VerifiedPayload) -> Result<Self, Flaw> {
        read_object(payload.json()).map(|(claims, _)| claims).ok_or(Flaw::Payload)
    }

    /// Judges the claims, at `now` (unix seconds), against the pinned issuer.
    pub(super) fn validate(
        self,
        settings: &Settings,
        issuer: &str,
        now: u64,
    ) -> Result<Facts, Rejection> {
        let (tenant, subject) = self.check_origin(settings, issuer)?;
        let times = Times { nbf: self.nbf, exp: self.exp };
        if self.exp > LATEST || self.nbf > self.exp || self.iat > Some(LATEST) {
            return Err(Flaw::Times.into());
        }
        let leeway = settings.leeway.as_secs();
        times.check(now, leeway)?;
        if self.iat.is_some_and(|iat| iat > now.saturating_add(leeway)) {
            return Err(Flaw::IssuedLater.into());
        }
        let client = self.azp.as_deref().or(self.appid.as_deref());
        let scopes = self.scp.as_deref().filter(|scp| !matches!(scp.trim(), "" | "/"));
        // An ID token for the same app has our audience, issuer and perhaps roles; it never has a
        // scope, and in v2 never an `azp`.
        let id_token = self.nonce.is_some() || self.at_hash.is_some() || self.c_hash.is_some();
        if id_token || (scopes.is_none() && client.is_none()) {
            return Err(Flaw::IdToken.into());
        }
        let principal = match (self.idtyp.as_deref(), scopes) {
            (Some("app"), _) | (None, None) => Principal::App,
            (Some("user"), _) | (None, Some(_)) => Principal::Person,
            (Some(_), _) => return Err(Flaw::Identifier.into()),
        };
        let sound = [Some(subject.as_str()), client, self.uti.as_deref()];
        if !sound.into_iter().flatten().all(is_identifier) {
            return Err(Flaw::Identifier.into());
        }
        if principal == Principal::App && !settings.allow_app_only {
            return Err(Rejection::AppOnly);
        }
        let scope = scopes.is_some_and(|scp| scp.split(' ').any(|word| word == settings.scope));
        let role = self.roles.as_ref().is_some_and(|roles| roles.contains(&settings.role));
        admit(settings.require, scope, role)?;
        if let Some(allowed) = &settings.allowed_clients
            && !client.is_some_and(|client| allowed.iter().any(|known| known == client))
        {
            return Err(Rejection::ClientNotAllowed);
        }
        let groups = self.named_groups();
        let email = [self.email, self.preferred_username, self.upn];
        Ok(Facts {
            principal,
            times,
            client: self.azp.or(self.appid),
            email: email
                .into_iter()
                .flatten()
                .find(|text| is_email(text))
                .map(crate::private::Private::from),
            tenant,
            subject,
            token_id: self.uti,
            roles: self.roles.unwrap_or_default(),
            groups,
        })
    }

    /// The groups, unless there are too many to be named; whatever else the token says then.
    fn named_groups(&self) -> Groups {
        let elsewhere = match &self.claim_names {
            Some(Value::Object(names)) => names.contains_key("groups"),
            Some(Value::String(text)) => text.contains("groups"),
            _ => false,
        };
        let marked = self.hasgroups.as_ref().is_some_and(|mark| {
            !matches!(mark, Value::Bool(false)) && mark.as_str() != Some("false")
        });
        if elsewhere || marked || self.groups_source.is_some() {
            return Groups::TooMany;
        }
        Groups::Named(self.groups.clone().unwrap_or_default())
    }

    /// Judges where the token comes from and for whom it was made; gives the tenant and the person.
    fn check_origin(&self, settings: &Settings, issuer: &str) -> Result<(String, String), Flaw> {
        let v2 = self.iss == issuer;
        let v1 = settings.v1.as_ref().filter(|v1| !v2 && v1.issuer == self.iss);
        if !v2 && v1.is_none() {
            return Err(Flaw::Issuer);
        }
        let ours =
            self.aud == settings.audience || v1.is_some_and(|v1| v1.audiences.contains(&self.aud));
        if !ours {
            return Err(Flaw::Audience);
        }
        let b2c = !settings.policies.is_empty();
        let tenant = match &self.tid {
            // Entra signs for every tenant with the same keys, so the signature doesn't say which.
            Some(tenant) if *tenant == settings.tenant_id => tenant,
            Some(_) => return Err(Flaw::Tenant),
            None if b2c => &settings.tenant_id,
            None => return Err(Flaw::Payload),
        };
        if b2c {
            let flow = self.tfp.as_deref().or(self.acr.as_deref()).ok_or(Flaw::Policy)?;
            if !settings.policies.contains(&flow.to_ascii_lowercase()) {
                return Err(Flaw::Policy);
            }
        }
        let subject = self.oid.as_ref().or(self.sub.as_ref().filter(|_| b2c));
        Ok((tenant.clone(), subject.ok_or(Flaw::Payload)?.clone()))
    }
}

/// From when until when a token holds, in unix seconds, without leeway.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) nbf: u64,
    pub(super) exp: u64,
}

impl Times {
    /// `exp` is the first second that is too late and `nbf` the first that isn't too early
    /// (RFC 7519 §4.1.4, §4.1.5), each moved out by the leeway.
    pub(super) fn check(self, now: u64, leeway: u64) -> Result<(), Flaw> {
        if now >= self.exp.saturating_add(leeway) {
            return Err(Flaw::Expired);
        }
        if now.saturating_add(leeway) < self.nbf {
            return Err(Flaw::NotYet);
        }
        Ok(())
    }
}

/// The door's rule. Only a missing scope is answered with a challenge: a client can ask for a
/// scope, but not for a role.
fn admit(require: Require, scope: bool, role: bool) -> Result<(), Rejection> {
    match require {
        Require::Either if scope || role => Ok(()),
        Require::Either => Err(Rejection::ScopeMissing),
        Require::Scope | Require::Both if !scope => Err(Rejection::ScopeMissing),
        Require::Role | Require::Both if !role => Err(Rejection::RoleMissing),
        Require::Scope | Require::Role | Require::Both => Ok(()),
    }
}

fn is_identifier(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:@+/=".contains(&byte);
    !text.is_empty() && text.len() <= LONGEST_IDENTIFIER && text.bytes().all(known)
}

fn is_email(text: &str) -> bool {
    let halves = text.split_once('@');
    text.len() <= 254
        && !text.chars().any(|sign| sign.is_control() || sign.is_whitespace())
        && halves
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}
