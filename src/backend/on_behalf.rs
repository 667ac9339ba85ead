//! Tokens of other audiences in a person's name: Entra's exchange of the token that the person sent,
//! and what is kept of it. A token is kept for one person, one sent token and one scope, in memory, and
//! never longer than the token that it was had for; a refusal for seconds. One request asks for all
//! that wait.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};

use crate::aadsts::Mender;
use crate::call::{Hindrance, TroubleKind};
use crate::clock::Clock;
use crate::entra::{EntraFault, Grant, TokenEndpoint};
use crate::identity::{Identity, Principal};

/// The most tokens that are kept.
const KEPT: u64 = 4096;
/// How long before its end a token isn't used any more, in seconds.
const EARLY: u64 = 300;
/// How long a refusal is kept, in seconds: a person who mends it needn't wait.
const REFUSED: u64 = 5;
/// How long anything is kept, whatever the wall clock does. Entra's tokens live 60 to 90 minutes.
const LONGEST: Duration = Duration::from_hours(2);

/// Consent is missing, or only an administrator may give it.
const CONSENT: [u32; 5] = [65001, 65004, 90008, 90094, 90095];

type Key = [u8; 32];

#[derive(Clone)]
struct Kept {
    token: Result<Arc<SecretString>, TroubleKind>,
    /// In unix seconds.
    until: u64,
}

/// Entra's exchange, with what is kept of it.
pub struct OnBehalf {
    endpoint: TokenEndpoint,
    kept: Cache<Key, Kept>,
    clock: Clock,
}

impl OnBehalf {
    /// With our own registration's token endpoint.
    pub fn new(endpoint: TokenEndpoint, clock: Clock) -> Self {
        let kept = Cache::builder().max_capacity(KEPT).time_to_live(LONGEST).build();
        Self { endpoint, kept, clock }
    }

    /// A token with this scope in the person's name. `service` is for the log.
    ///
    /// # Errors
    /// [`TroubleKind::NoToken`] for who has no token of a person's to exchange,
    /// [`TroubleKind::NoTokenFor`] for what Entra says.
    pub async fn token(
        &self,
        identity: &Identity,
        scope: &str,
        service: &str,
    ) -> Result<Arc<SecretString>, TroubleKind> {
        let person = identity.principal() == Principal::Person;
        let sent = identity.bearer().filter(|_| person).ok_or(TroubleKind::NoToken)?;
        let now = self.clock.unix_seconds();
        let entry = self
            .kept
            .entry(key(identity, sent, scope))
            .or_insert_with_if(Box::pin(self.ask(identity, sent, scope, service)), |kept| {
                kept.until <= now
            });
        entry.await.into_value().token
    }

    /// Forgets a token that its service didn't take, so that the next request has a new one.
    pub(super) async fn forget(&self, identity: &Identity, scope: &str) {
        if let Some(sent) = identity.bearer() {
            self.kept.invalidate(&key(identity, sent, scope)).await;
        }
    }

    async fn ask(
        &self,
        identity: &Identity,
        sent: &SecretString,
        scope: &str,
        service: &str,
    ) -> Kept {
        let given = self.endpoint.ask(Grant::OnBehalf { assertion: sent, scope }).await;
        let now = self.clock.unix_seconds();
        match given {
            Ok(tokens) => {
                let life = tokens.expires_in.as_secs();
                let own = now + life.saturating_sub(EARLY.min(life / 2));
                let until = own.min(identity.expires_at());
                Kept { token: Ok(Arc::new(tokens.access_token)), until }
            }
            Err(fault) => {
                let (hindrance, what) = hindrance(&fault);
                tell(service, &fault, hindrance);
                let token = Err(TroubleKind::NoTokenFor(hindrance, what));
                Kept { token, until: now + REFUSED }
            }
        }
    }
}

/// The person, the token that they sent and the scope, hashed: the cache holds no key that would open
/// a door.
fn key(identity: &Identity, sent: &SecretString, scope: &str) -> Key {
    let person = identity.person_key();
    let mut hash = Context::new(&SHA256);
    for part in [person.tenant(), person.subject(), scope, sent.expose_secret()] {
        hash.update(&part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut key = [0; 32];
    for (to, from) in key.iter_mut().zip(hash.finish().as_ref()) {
        *to = *from;
    }
    key
}

/// What Entra's refusal means for the person.
fn hindrance(fault: &EntraFault) -> (Hindrance, Option<&'static str>) {
    let said = fault.said();
    let meaning = fault.meaning();
    let hindrance = match fault {
        EntraFault::Unavailable(_) => Hindrance::Away,
        EntraFault::Misconfigured(_) => Hindrance::Setup,
        EntraFault::Grant(_) if said.aadsts.is_some_and(|code| CONSENT.contains(&code)) => {
            Hindrance::Consent
        }
        EntraFault::Grant(_) => match (meaning.map(|meaning| meaning.who), said.error) {
            (Some(Mender::Administrator), _) => Hindrance::Policy,
            (Some(Mender::Operator), _) => Hindrance::Setup,
            (Some(Mender::Time), _) => Hindrance::Away,
            (None, Some("consent_required")) => Hindrance::Consent,
            (Some(Mender::Person) | None, _) => Hindrance::SignIn,
        },
    };
    (hindrance, meaning.map(|meaning| meaning.what))
}

/// One line for whoever runs Osier, with the AADSTS number, the ids of Entra's log and the claims
/// challenge if there was one. No names, no tokens.
fn tell(service: &str, fault: &EntraFault, hindrance: Hindrance) {
    let how = fault.meaning().map(|meaning| meaning.how);
    let says = "no token on a person's behalf";
    match hindrance {
        Hindrance::Setup => tracing::error!(service, %fault, how, "{says}"),
        Hindrance::Away => tracing::warn!(service, %fault, "{says}"),
        Hindrance::Consent | Hindrance::SignIn | Hindrance::Policy => {
            tracing::info!(service, %fault, how, "{says}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::Said;

    #[test]
    fn entras_numbers_become_what_somebody_can_do() {
        let of = |aadsts: Option<u32>, error| {
            let said = Said { aadsts, error, ..Said::default() };
            hindrance(&said.into_fault(error.unwrap_or_default())).0
        };
        assert_eq!(of(Some(65001), Some("invalid_grant")), Hindrance::Consent);
        assert_eq!(of(None, Some("consent_required")), Hindrance::Consent);
        for code in [50076, 50079, 50173, 700_082] {
            assert_eq!(of(Some(code), Some("interaction_required")), Hindrance::SignIn, "{code}");
        }
        assert_eq!(of(Some(1), Some("interaction_required")), Hindrance::SignIn);
        for code in [53003, 50105] {
            assert_eq!(of(Some(code), Some("invalid_grant")), Hindrance::Policy, "{code}");
        }
        for code in [500_131, 7_000_215, 650_057] {
            assert_eq!(of(Some(code), Some("invalid_grant")), Hindrance::Setup, "{code}");
        }
        assert_eq!(of(Some(90033), Some("temporarily_unavailable")), Hindrance::Away);
    }
}
