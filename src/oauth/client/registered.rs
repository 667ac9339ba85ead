//! Registrations as sealed values: the id that a client gets from `/register` holds all that was
//! registered, so nothing is stored and a flood of registrations fills nothing. `/register` makes
//! them, [`super::Clients::find`] opens them. The seal proves that we made it, not that it is true.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Client, ClientFlaw};
use crate::clock::Clock;
use crate::config;
use crate::oauth::redirect::RedirectUri;
use crate::seal::{KeyRing, Purpose, SealFailed};

/// How such an id begins.
pub(super) const PREFIX: &str = "dcr1.";
/// The longest id, in bytes: it travels in addresses and inside codes.
pub(super) const MAX_LENGTH: usize = 1536;
/// How far another replica's clock may be ahead.
const LEEWAY: u64 = 60;

/// What is registered.
#[derive(Debug, Serialize, Deserialize)]
struct Registered {
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "r")]
    redirects: Vec<RedirectUri>,
    /// Unix seconds.
    #[serde(rename = "t")]
    issued: u64,
}

/// Makes and opens registrations.
pub(super) struct Registrations {
    keys: Arc<KeyRing>,
    clock: Clock,
    life: Duration,
    not_before: u64,
}

/// Why there is no id for a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unregistrable {
    #[error("the registration is too long")]
    TooLong,
    #[error(transparent)]
    Seal(#[from] SealFailed),
}

impl Registrations {
    pub(super) fn new(settings: &config::Clients, keys: Arc<KeyRing>, clock: Clock) -> Self {
        let (life, not_before) = (settings.registration_life, settings.not_before);
        Self { keys, clock, life, not_before }
    }

    /// Seals a registration; its id and when it was made, in unix seconds.
    pub(super) fn make(
        &self,
        name: String,
        redirects: Vec<RedirectUri>,
    ) -> Result<(String, u64), Unregistrable> {
        let issued = self.clock.unix_seconds();
        let registered = Registered { name, redirects, issued };
        let id = format!("{PREFIX}{}", self.keys.seal(Purpose::Client, &registered)?);
        if id.len() > MAX_LENGTH {
            return Err(Unregistrable::TooLong);
        }
        Ok((id, issued))
    }

    /// Opens an id of ours.
    pub(super) fn open(&self, id: &str) -> Result<Client, ClientFlaw> {
        let sealed = id.strip_prefix(PREFIX).filter(|_| id.len() <= MAX_LENGTH);
        let sealed = sealed.ok_or(ClientFlaw::NotOurs)?;
        let Registered { name, redirects, issued } =
            self.keys.open(Purpose::Client, sealed).map_err(|_| ClientFlaw::NotOurs)?;
        let now = self.clock.unix_seconds();
        let is_future = issued > now.saturating_add(LEEWAY);
        let is_old = now.saturating_sub(issued) >= self.life.as_secs();
        if is_future || is_old || issued < self.not_before {
            return Err(ClientFlaw::Expired);
        }
        Ok(Client::new(id.to_owned(), name, None, redirects))
    }
}
