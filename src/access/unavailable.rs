//! A source gave no usable answer. The reason is for the log and for whoever runs the deployment; a
//! caller reads the refusal's words alone.

use std::borrow::Cow;

use crate::call::Refusal;

/// No usable answer: nothing is allowed.
#[derive(Clone, Debug)]
pub struct Unavailable {
    why: Cow<'static, str>,
    too_many_groups: bool,
}

impl Unavailable {
    pub(super) fn new(why: impl Into<Cow<'static, str>>) -> Self {
        Self { why: why.into(), too_many_groups: false }
    }

    /// A token that doesn't name its groups, in a deployment that decides by them.
    pub(super) fn too_many_groups() -> Self {
        let why = "the person is in more groups than a token names (Entra's group overage): let the \
                   API's groups claim name only groups assigned to the application, or use app roles";
        Self { why: why.into(), too_many_groups: true }
    }

    /// What happened, without anything that the source itself said.
    pub fn why(&self) -> &str {
        &self.why
    }

    pub(super) fn refusal(&self) -> Refusal {
        if self.too_many_groups { Refusal::TooManyGroups } else { Refusal::PermissionsUnavailable }
    }
}
