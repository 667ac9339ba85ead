//! Registrations as sealed values: the id that a client gets from `/register` holds all that was
//! registered, so nothing is stored and a flood of registrations fills nothing. `/register` makes
//! them, [`super::Clients::find`] opens them. The seal proves that we made it, not that it is true.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Client, ClientFlaw, name};
use crate::clock::Clock;
use crate::config;
use crate::oauth::pace::{Budget, Pace};
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

/// The budget for new registrations. Everybody behind one proxy shares an address.
const BUDGET: Budget = Budget::per_minute(30, 300);

/// Makes and opens registrations.
pub(crate) struct Registrations {
    keys: Arc<KeyRing>,
    clock: Clock,
    life: Duration,
    not_before: u64,
    taken: bool,
    pace: Pace,
}

/// Why there is no id for a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unregistrable {
    #[error("client_name is empty or can't be shown")]
    NoName,
    #[error("the registration is too long in all")]
    TooLong,
    #[error(transparent)]
    Seal(#[from] SealFailed),
}

impl Registrations {
    pub(super) fn new(settings: &config::Clients, keys: Arc<KeyRing>, clock: Clock) -> Self {
        let (life, not_before) = (settings.registration_life, settings.not_before);
        let pace = Pace::new(BUDGET, clock.clone());
        Self { keys, clock, life, not_before, taken: settings.registration, pace }
    }

    /// Are registrations taken at all?
    pub(crate) fn are_taken(&self) -> bool {
        self.taken
    }

    /// How often they may be asked for.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Seals a registration. The client, and when it was registered, in unix seconds.
    pub(crate) fn make(
        &self,
        name: &str,
        redirects: Vec<RedirectUri>,
    ) -> Result<(Client, u64), Unregistrable> {
        let name = name::clean(name).ok_or(Unregistrable::NoName)?;
        let issued = self.clock.unix_seconds();
        let registered = Registered { name, redirects, issued };
        let id = format!("{PREFIX}{}", self.keys.seal(Purpose::Client, &registered)?);
        if id.len() > MAX_LENGTH {
            return Err(Unregistrable::TooLong);
        }
        Ok((Client::new(id, registered.name, None, registered.redirects), issued))
    }

    /// Opens an id of ours. Where registrations aren't taken, those made before don't count either.
    pub(super) fn open(&self, id: &str) -> Result<Client, ClientFlaw> {
        if !self.taken {
            return Err(ClientFlaw::NotListed);
        }
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
