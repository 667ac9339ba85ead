//! Who is calling. The HTTP middleware hands the request's headers to [`Authenticator`] before
//! anything reads or judges the body, and gets an [`Identity`] or a [`Rejection`].
//!
//! ```text
//! headers -> credential -> token (unverified) -> keys -> signature -> claims -> Identity
//! ```
//!
//! An [`Identity`] is made here and nowhere else. It says who, never what they may do.

use std::fmt;

use secrecy::SecretString;

use crate::private::Private;

mod authenticator;
mod cache;
mod challenge;
mod claims;
mod credential;
mod json;
mod keys;
mod rejection;
mod settings;
mod token;

pub use authenticator::Authenticator;
pub use challenge::{Answer, Challenge};
pub use keys::{Endpoints, KeyFault, KeysStatus};
pub use rejection::{Flaw, Rejection, RejectionKind};
pub use settings::{Require, Settings, V1};

/// What kind of caller a token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A person, by way of a client.
    Person,
    /// An app on its own. It never writes.
    App,
}

/// The caller's key in caches and bindings: the tenant and the object id, which Entra keeps stable
/// across apps and renames.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonKey {
    tenant: String,
    subject: String,
}

impl PersonKey {
    /// The tenant's id (`tid`).
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The object id (`oid`).
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

/// What a verified token said, judged.
struct Facts {
    principal: Principal,
    times: claims::Times,
    tenant: String,
    subject: String,
    client: Option<String>,
    email: Option<Private<String>>,
    token_id: Option<String>,
    roles: Vec<String>,
    groups: Groups,
}

/// The groups that a token names (`groups`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Groups {
    /// These; none where the token has no such claim.
    Named(Vec<String>),
    /// The person is in more of them than a token may name (Entra's group overage), so that nobody
    /// can say from the token which.
    TooMany,
}

impl Default for Groups {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

/// A caller whose credential was verified. Only this module's authenticator makes one.
pub struct Identity {
    key: PersonKey,
    principal: Principal,
    client: Option<String>,
    email: Option<Private<String>>,
    token_id: Option<String>,
    roles: Vec<String>,
    groups: Groups,
    expires_at: u64,
    bearer: Option<SecretString>,
}

impl Identity {
    /// Somebody, for the unit tests of later stages and for fuzz targets.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn of_subject(subject: &str) -> Self {
        Self {
            key: PersonKey { tenant: "tenant".to_owned(), subject: subject.to_owned() },
            principal: Principal::Person,
            client: None,
            email: None,
            token_id: None,
            roles: Vec::new(),
            groups: Groups::default(),
            expires_at: u64::MAX,
            bearer: None,
        }
    }

    fn from_token(facts: Facts, token: &str) -> Self {
        Self {
            key: PersonKey { tenant: facts.tenant, subject: facts.subject },
            principal: facts.principal,
            client: facts.client,
            email: facts.email,
            token_id: facts.token_id,
            roles: facts.roles,
            groups: facts.groups,
            expires_at: facts.times.exp,
            bearer: Some(SecretString::from(token)),
        }
    }

    /// The tenant's id (`tid`).
    pub fn tenant(&self) -> &str {
        &self.key.tenant
    }

    /// The object id of the person or app (`oid`).
    pub fn subject(&self) -> &str {
        &self.key.subject
    }

    /// A person or an app.
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// The client's app id (`azp`, in v1 `appid`).
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }

    /// The person's e-mail or sign-in name, where the token carries one. For eyes and for services
    /// that ask for it; it changes hands and never decides anything.
    pub fn email(&self) -> Option<&str> {
        self.email.as_ref().map(|email| email.as_str())
    }

    /// The e-mail as logs and audit lines may show it: `b***@contoso.example`.
    pub fn masked_email(&self) -> Option<String> {
        let (name, host) = self.email()?.split_once('@')?;
        Some(format!("{}***@{host}", name.chars().next()?))
    }

    /// The token's own id (`uti`), to find it in Entra's sign-in log.
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// The app roles that the token names (`roles`).
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// The groups that the token names (`groups`).
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// When the credential ends (`exp`), in unix seconds, without leeway.
    pub fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// The token, for a backend that is sent the caller's own. Never for a log.
    pub fn bearer(&self) -> Option<&SecretString> {
        self.bearer.as_ref()
    }

    /// The caller's key in caches and bindings.
    pub fn person_key(&self) -> PersonKey {
        self.key.clone()
    }
}

/// Without the token and without the full e-mail.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("key", &self.key)
            .field("principal", &self.principal)
            .field("client", &self.client)
            .field("email", &self.masked_email())
            .field("token_id", &self.token_id)
            .field("expires_at", &self.expires_at)
            .field("bearer", &self.bearer.as_ref().map(|_| "[redacted]"))
            .finish_non_exhaustive()
    }
}
