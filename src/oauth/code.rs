//! Our authorization code: Entra's own code, still unredeemed, sealed together with all that a
//! redemption is held against. Entra redeems its code once, so ours can't be used twice on any
//! replica, though nothing is stored.

use serde::{Deserialize, Serialize};

use super::sign_in::ForClient;
use crate::clock::Clock;
use crate::seal::{KeyRing, Purpose, SealFailed, random_name};

/// How long a code may be redeemed, in seconds (RFC 6749 §4.1.2: short).
const LIFE: u64 = 60;

/// What is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Entra's.
    pub entra: String,
    /// Our PKCE verifier towards Entra.
    pub verifier: String,
    /// What it was asked for.
    pub asked: ForClient,
    /// Names the code, and the family of refresh tokens that comes of it.
    pub id: String,
    /// In unix seconds.
    pub expires: u64,
}

impl Code {
    /// Seals a code.
    ///
    /// # Errors
    /// Where it can't be sealed.
    pub fn seal(
        entra: &str,
        verifier: &str,
        asked: &ForClient,
        keys: &KeyRing,
        clock: &Clock,
    ) -> Result<String, SealFailed> {
        // The client has its state back by then.
        let asked = ForClient { state: None, ..asked.clone() };
        let expires = clock.unix_seconds() + LIFE;
        let (entra, verifier) = (entra.to_owned(), verifier.to_owned());
        keys.seal(Purpose::Code, &Self { entra, verifier, asked, id: random_name("cod_"), expires })
    }

    /// Opens one that is ours and in time.
    pub fn open(text: &str, keys: &KeyRing, clock: &Clock) -> Option<Self> {
        let code: Self = keys.open(Purpose::Code, text).ok()?;
        (clock.unix_seconds() < code.expires).then_some(code)
    }
}
