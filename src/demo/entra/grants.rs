//! What the look-alike remembers of people's sign-ins: codes, refresh tokens, browser sessions,
//! consents. In memory, bounded: the oldest go first. It never hands a code out twice.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use aws_lc_rs::digest;
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use super::scopes::Asked;
use crate::demo::people::Person;

/// The most of each kind that is kept.
const KEPT: usize = 4096;

/// Values by secret name, the newest [`KEPT`] of them.
pub(super) struct Shelf<T> {
    values: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> Shelf<T> {
    pub(super) fn put(&mut self, name: String, value: T) {
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
        self.order.push_back(name.clone());
        self.values.insert(name, value);
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.values.get(name)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.values.get_mut(name)
    }

    pub(super) fn take(&mut self, name: &str) -> Option<T> {
        self.order.retain(|kept| kept != name);
        self.values.remove(name)
    }
}

/// A person's sign-in, behind a session, a code or a refresh token.
#[derive(Clone)]
pub(super) struct SignIn {
    pub(super) person: &'static Person,
    /// When, in unix seconds.
    pub(super) at: u64,
    /// How often the person's sign-ins had been revoked by then.
    pub(super) epoch: u32,
    /// With a second factor.
    pub(super) strong: bool,
}

/// A PKCE challenge (RFC 7636 §4.2).
#[derive(Clone)]
pub(super) enum Challenge {
    Plain(String),
    S256(String),
}

impl Challenge {
    pub(super) fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(challenge) => challenge == verifier,
            Self::S256(challenge) => {
                let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
                *challenge == BASE64URL_NOPAD.encode(hash.as_ref())
            }
        }
    }
}

/// An authorization code.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<Challenge>,
    pub(super) nonce: Option<String>,
    pub(super) asked: Asked,
    pub(super) sign_in: SignIn,
    /// In unix seconds.
    pub(super) expires: u64,
    pub(super) spent: bool,
}

/// A refresh token. It belongs to a person and a client, not to a resource.
#[derive(Clone)]
pub(super) struct Refresh {
    pub(super) client_id: String,
    pub(super) sign_in: SignIn,
    /// In unix seconds.
    pub(super) expires: u64,
}

/// Everything that is remembered.
#[derive(Default)]
pub(super) struct Grants {
    pub(super) codes: Shelf<Code>,
    pub(super) refresh: Shelf<Refresh>,
    /// Browsers in which somebody is signed in, by their cookie.
    pub(super) sessions: Shelf<SignIn>,
    /// People who are looking at a consent page, by its hidden field.
    pub(super) asking: Shelf<SignIn>,
    /// `oid`, client and scope of each consent.
    consents: BTreeSet<(String, String, String)>,
    /// How often each person's sign-ins were revoked, by `oid`.
    revoked: BTreeMap<String, u32>,
}

impl Grants {
    pub(super) fn epoch(&self, person: &Person) -> u32 {
        self.revoked.get(person.oid).copied().unwrap_or_default()
    }

    /// Ends every session and grant that the person has.
    pub(super) fn revoke(&mut self, person: &Person) {
        *self.revoked.entry(person.oid.to_owned()).or_default() += 1;
    }

    pub(super) fn is_revoked(&self, sign_in: &SignIn) -> bool {
        sign_in.epoch != self.epoch(sign_in.person)
    }

    pub(super) fn consent(&mut self, person: &Person, client: &str, scopes: &[String]) {
        for scope in scopes {
            self.consents.insert((person.oid.to_owned(), client.to_owned(), scope.clone()));
        }
    }

    pub(super) fn withdraw(&mut self, person: &Person, client: &str) {
        self.consents.retain(|(oid, of, _)| oid != person.oid || of != client);
    }

    pub(super) fn has_consented_to_anything(&self, person: &Person, client: &str) -> bool {
        self.consents.iter().any(|(oid, of, _)| oid == person.oid && of == client)
    }

    pub(super) fn has_consented(&self, person: &Person, client: &str, scopes: &[String]) -> bool {
        scopes.iter().all(|scope| {
            let consent = (person.oid.to_owned(), client.to_owned(), scope.clone());
            self.consents.contains(&consent)
        })
    }
}

/// A value that can't be guessed, about as long as Entra's own: codes have several hundred
/// characters and refresh tokens over a thousand. `blocks` of 16 random bytes.
pub(super) fn unguessable(prefix: &str, blocks: usize) -> String {
    let bytes: Vec<u8> = (0..blocks).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    format!("{prefix}{}", BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_no_more_than_the_cap_are_kept() {
        let mut shelf = Shelf::default();
        for number in 0..=KEPT {
            shelf.put(number.to_string(), number);
        }
        assert_eq!((shelf.get("0"), shelf.get("1")), (None, Some(&1)));
        assert_eq!(shelf.take("1"), Some(1));
        assert_eq!(
            (shelf.take("1"), shelf.order.len(), shelf.values.len()),
            (None, KEPT - 1, KEPT - 1)
        );
    }

    #[test]
    fn a_challenge_is_met_by_its_verifier_alone() {
        // RFC 7636 Appendix B.
        let challenge = Challenge::S256("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned());
        assert!(challenge.is_met_by("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(!challenge.is_met_by("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
    }
}
