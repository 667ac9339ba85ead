//! The client that asks a person to sign in: found by its id, with its name, its host and the
//! addresses it may have browsers sent to. `/authorize` finds one and asks [`Client::redirect`];
//! `/token` compares ids alone.
//!
//! An id is a value that the client brings back: `https://…` is the address of its metadata document
//! (CIMD), `dcr1.…` a registration that we sealed (RFC 7591 App. A.5.2). Nothing is stored.

mod document;
mod documents;
mod known;
mod name;
mod registered;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;

use super::redirect::{RedirectFault, RedirectRules, RedirectUri};
use crate::clock::Clock;
use crate::config::{self, DocumentId, DocumentIdFault};
use crate::outbound::Fetcher;
use crate::seal::KeyRing;
use documents::Documents;
pub(super) use registered::{Registrations, Unregistrable};

/// Reads a metadata document that was found at `id`, for fuzz targets.
#[cfg(feature = "fuzzing")]
pub fn read_document(id: &DocumentId, bytes: &[u8]) -> Option<Client> {
    document::read(id, bytes).ok()
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The id, byte for byte as it was sent.
    pub id: String,
    /// Its name for people: cleaned, at most 64 characters, and never more than a claim.
    pub name: String,
    /// The host whose document names it. `None`: it registered itself, and nothing of what it says
    /// is verified.
    pub host: Option<String>,
    /// Changes with the id, the name and the addresses: a consent to another digest is void.
    pub digest: String,
    redirects: Vec<RedirectUri>,
}

impl Client {
    fn new(id: String, name: String, host: Option<String>, redirects: Vec<RedirectUri>) -> Self {
        let mut sorted: Vec<&str> = redirects.iter().map(RedirectUri::as_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let text = serde_json::json!([id, name, sorted]).to_string();
        let digest = BASE64URL_NOPAD.encode(digest(&SHA256, text.as_bytes()).as_ref());
        Self { id, name, host, digest, redirects }
    }

    /// The address to send the browser to: asked for, the client's own, and in this server's list.
    /// To be asked at each `/authorize`: the list or the document may have changed.
    ///
    /// # Errors
    /// Why not. No browser may be sent to `asked` then, not even with an error (RFC 6749 §4.1.2.1).
    pub fn redirect(
        &self,
        asked: &str,
        rules: &RedirectRules,
    ) -> Result<RedirectUri, RedirectFault> {
        let asked = RedirectUri::parse(asked)?;
        if !self.redirects.iter().any(|own| own.matches(&asked)) {
            return Err(RedirectFault::NotRegistered);
        }
        if !rules.allows(&asked) {
            return Err(RedirectFault::NotAllowed);
        }
        Ok(asked)
    }

    /// The id for the log.
    pub fn logged(&self) -> &str {
        logged(&self.id)
    }

    /// The client's own addresses, as it told them.
    pub fn redirects(&self) -> &[RedirectUri] {
        &self.redirects
    }
}

/// An id for the log: of a registration the beginning, which tells it from all others.
pub fn logged(client_id: &str) -> &str {
    client_id.get(..96).unwrap_or(client_id)
}

/// Why there is no client of an id. All of these are for a page of ours, never for a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientFault {
    /// The id is no good, and won't be when it comes again: 400 `invalid_client`.
    #[error("{0}")]
    Invalid(ClientFlaw),
    /// Its document can't be had at the moment: 503 with `Retry-After`.
    #[error("the client's document can't be fetched at the moment")]
    Unavailable {
        /// When to ask again.
        retry_after: Duration,
    },
    /// Too many documents were asked for: 429 with `Retry-After`.
    #[error("too many clients were looked up in a short time")]
    TooMany {
        /// When to ask again.
        retry_after: Duration,
    },
}

/// What is wrong with an id, in words for the person who sees the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientFlaw {
    /// Neither an address nor a registration.
    #[error("the client's id is neither the address of its document nor a registration here")]
    Unknown,
    /// A registration that we didn't make, that was altered, or whose key is gone.
    #[error("the client's registration isn't one of this server's; the client must register again")]
    NotOurs,
    /// A registration that is too old, or was voided.
    #[error("the client's registration has expired; the client must register again")]
    Expired,
    /// The address of a document has a bad shape.
    #[error("the client's id {0}")]
    BadAddress(#[from] DocumentIdFault),
    /// The address isn't in the configuration's list.
    #[error("the client isn't one of those that this server accepts")]
    NotListed,
    /// The document was refused; the log says why.
    #[error("the client's document isn't usable")]
    BadDocument,
}

/// Finds clients.
pub struct Clients {
    rules: RedirectRules,
    documents: Documents,
    registrations: Registrations,
}

impl Clients {
    /// Clients by these settings. `keys` are shared by all replicas, `fetcher` gets documents.
    pub fn new(
        settings: config::Clients,
        keys: Arc<KeyRing>,
        fetcher: Fetcher,
        clock: Clock,
    ) -> Self {
        let registrations = Registrations::new(&settings, keys, clock.clone());
        let documents = Documents::new(settings.documents, settings.fetch_known, fetcher, clock);
        Self { rules: settings.redirects, documents, registrations }
    }

    /// The client of that id. `from` is the address that asks: it pays for a document's fetch.
    ///
    /// # Errors
    /// [`ClientFault`]: to be shown here, and the browser sent nowhere.
    pub async fn find(&self, client_id: &str, from: IpAddr) -> Result<Client, ClientFault> {
        if client_id.starts_with(registered::PREFIX) {
            return self.registrations.open(client_id).map_err(ClientFault::Invalid);
        }
        if !client_id.contains("://") {
            return Err(ClientFault::Invalid(ClientFlaw::Unknown));
        }
        let id =
            DocumentId::parse(client_id).map_err(|fault| ClientFault::Invalid(fault.into()))?;
        self.documents.find(&id, from).await
    }

    /// Is this id one that could be found, as far as the id alone tells? `/token` asks it, where a
    /// document that can't be fetched just now is no reason to send people to sign in again.
    pub fn knows(&self, client_id: &str) -> bool {
        if client_id.starts_with(registered::PREFIX) {
            return self.registrations.open(client_id).is_ok();
        }
        DocumentId::parse(client_id).is_ok_and(|id| self.documents.allow(&id))
    }

    /// The addresses that this server allows.
    pub fn rules(&self) -> &RedirectRules {
        &self.rules
    }

    /// What `/register` asks.
    pub(super) fn registrations(&self) -> &Registrations {
        &self.registrations
    }

    /// May clients register themselves? Where not, the metadata names no `registration_endpoint`.
    pub fn take_registrations(&self) -> bool {
        self.registrations.are_taken()
    }
}
