//! What this browser's person has allowed before, in a sealed cookie: consents by their key, each for
//! some days. Only this server reads or writes it. A client that changes its name, its addresses or
//! what it asks for has another key, and is asked for anew.

use http::HeaderMap;
use serde::{Deserialize, Serialize};

use super::cookie::Cookies;
use crate::seal::{KeyRing, Purpose};

const COOKIE: &str = "approved";
/// The oldest go first; a cookie holds less than 4 KiB.
const MOST: usize = 24;

/// Remembered consents: key and expiry in unix seconds, the oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Approvals(Vec<(String, u64)>);

impl Approvals {
    /// Those that a request's cookie holds; none where it isn't ours.
    pub fn of(headers: &HeaderMap, cookies: Cookies, keys: &KeyRing) -> Self {
        let sealed = cookies.get(headers, COOKIE);
        sealed.and_then(|sealed| keys.open(Purpose::Approvals, &sealed).ok()).unwrap_or_default()
    }

    /// Was this allowed, and is it still?
    pub fn has(&self, key: &str, now: u64) -> bool {
        self.0.iter().any(|(known, expires)| known == key && *expires > now)
    }

    /// Remembers a consent until `expires`, on an answer.
    pub fn add(
        mut self,
        (key, expires): (String, u64),
        now: u64,
        (cookies, keys): (Cookies, &KeyRing),
        headers: &mut HeaderMap,
    ) {
        self.0.retain(|(known, expires)| *known != key && *expires > now);
        self.0.push((key, expires));
        let surplus = self.0.len().saturating_sub(MOST);
        self.0.drain(..surplus);
        // One that can't be sealed isn't remembered; the person is asked again.
        if let Ok(sealed) = keys.seal(Purpose::Approvals, &self) {
            cookies.set(headers, COOKIE, &sealed, expires.saturating_sub(now));
        }
    }
}
