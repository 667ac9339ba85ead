//! One sign-in on its way to Entra and back. What it is for travels in a sealed cookie, whose name
//! follows from the `state`; Entra sees the random `state` alone. The cookie is set only once the
//! person has agreed, and binds the callback to the browser that started it (CVE-2026-27124).

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::cookie::{Cookies, name_for};
use super::failure::Failure;
use super::seen::Seen;
use crate::clock::Clock;
use crate::seal::{KeyRing, Purpose, random_bytes};

/// How long a person may take to sign in, in seconds.
pub const LIFE: u64 = 600;
/// How the cookies' names begin.
const COOKIE: &str = "signin_";
/// What stands in a cookie that was used.
const USED: &str = "used";

/// What a sign-in is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purposes {
    /// A client waits for a code.
    Client(ForClient),
    /// The question of a link is to be answered; the link's id.
    Link(String),
}

/// What the client's code will be bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForClient {
    /// The digest of the client's id: the id itself may be longer than a cookie.
    pub client: String,
    /// Where the browser goes, as the client asked.
    pub redirect_uri: String,
    /// The client's own `state`.
    pub state: Option<String>,
    /// The client's `code_challenge` (S256).
    pub challenge: String,
    /// What was granted.
    pub scopes: Vec<String>,
}

/// The cookie's content.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    state: String,
    /// Our own PKCE verifier towards Entra.
    pub verifier: String,
    expires: u64,
    /// What it is for.
    pub purpose: Purposes,
}

impl SignIn {
    /// A new one. None where the machine's random generator doesn't work.
    pub fn new(purpose: Purposes, clock: &Clock) -> Option<Self> {
        Some(Self {
            state: BASE64URL_NOPAD.encode(&random_bytes::<16>().ok()?),
            verifier: BASE64URL_NOPAD.encode(&random_bytes::<32>().ok()?),
            expires: clock.unix_seconds() + LIFE,
            purpose,
        })
    }

    /// The `state` for Entra.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The `code_challenge` for Entra (RFC 7636 §4.2).
    pub fn challenge(&self) -> String {
        s256(&self.verifier)
    }

    /// Puts the cookie on an answer that goes to Entra next. `asked` are the request's headers.
    ///
    /// # Errors
    /// Where it can't be sealed.
    pub fn keep(
        &self,
        cookies: Cookies,
        keys: &KeyRing,
        asked: &HeaderMap,
        headers: &mut HeaderMap,
    ) -> Result<(), Failure> {
        let sealed = keys.seal(Purpose::SignIn, self).map_err(|_| Failure::OURS)?;
        cookies.make_room(asked, COOKIE, headers);
        cookies.set(headers, &name_for(COOKIE, &self.state), &sealed, LIFE);
        Ok(())
    }

    /// The sign-in that a callback with this `state` belongs to: of this browser, in time, and for
    /// the first time.
    ///
    /// # Errors
    /// [`Failure::OTHER_BROWSER`], [`Failure::STALE`].
    pub fn take(
        state: &str,
        headers: &HeaderMap,
        (cookies, keys): (Cookies, &KeyRing),
        seen: &Seen,
        clock: &Clock,
    ) -> Result<Self, Failure> {
        let sealed =
            cookies.get(headers, &name_for(COOKIE, state)).ok_or(Failure::OTHER_BROWSER)?;
        if sealed == USED {
            return Err(Failure::STALE);
        }
        let sign_in: Self =
            keys.open(Purpose::SignIn, &sealed).map_err(|_| Failure::OTHER_BROWSER)?;
        if !same(&sign_in.state, state) {
            return Err(Failure::OTHER_BROWSER);
        }
        let now = clock.unix_seconds();
        if now >= sign_in.expires || seen.mark(state, sign_in.expires, now).is_some() {
            return Err(Failure::STALE);
        }
        Ok(sign_in)
    }

    /// Marks the cookie as used, on the callback's answer.
    pub fn spend(&self, cookies: Cookies, headers: &mut HeaderMap) {
        cookies.set(headers, &name_for(COOKIE, &self.state), USED, LIFE);
    }
}

/// RFC 7636 §4.2: BASE64URL(SHA256(verifier)).
pub fn s256(verifier: &str) -> String {
    BASE64URL_NOPAD.encode(digest(&SHA256, verifier.as_bytes()).as_ref())
}

/// Compared in a time that doesn't tell where they differ.
pub fn same(one: &str, other: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// The digest that stands for a client's id in sealed values.
pub fn client_digest(client_id: &str) -> String {
    BASE64URL_NOPAD.encode(digest(&SHA256, client_id.as_bytes()).as_ref())
}
