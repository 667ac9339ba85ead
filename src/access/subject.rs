//! Who is asked about: what a source needs to know of a caller, and nothing more. [`Subject::of`] takes
//! it from a verified identity; `explain` names one without a token, which only looks up.

use std::fmt;

use secrecy::SecretString;

use crate::identity::{Groups, Identity};

/// Whose permissions are asked for.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The tenant's id (`tid`).
    pub tenant: &'a str,
    /// The object id (`oid`).
    pub oid: &'a str,
    /// Their own token, for a source that is asked with it.
    pub bearer: Option<&'a SecretString>,
    /// The app roles of the token.
    pub roles: &'a [String],
    /// The groups of the token.
    pub groups: &'a Groups,
}

impl<'a> Subject<'a> {
    /// The caller.
    pub fn of(identity: &'a Identity) -> Self {
        Self {
            tenant: identity.tenant(),
            oid: identity.subject(),
            bearer: identity.bearer(),
            roles: identity.roles(),
            groups: identity.groups(),
        }
    }

    /// A configured text with `{oid}` and `{tid}` in it.
    pub(super) fn fill(&self, template: &str) -> String {
        template.replace("{oid}", self.oid).replace("{tid}", self.tenant)
    }
}

/// Without the token.
impl fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("tenant", &self.tenant).field("oid", &self.oid).finish()
    }
}
