//! `permission:` as definition files write it: a name, `any: […]`, `all: […]`, or
//! `signed_in: REASON`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::document::{Problems, Spot};
use super::tool::Requirement;

/// What a caller must hold.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RawRequirement {
    /// One permission.
    Name(String),
    /// Several, or none with a reason.
    Rule(RawRule),
}

/// A rule of several permissions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RawRule {
    /// At least one of these.
    Any(Vec<String>),
    /// Every one of these.
    All(Vec<String>),
    /// None: a sign-in is enough, for this reason.
    SignedIn(String),
}

impl RawRequirement {
    /// Checks it. An empty list isn't 'nothing is needed'.
    pub fn compile(self, spot: &Spot<'_>, problems: &mut Problems) -> Option<Requirement> {
        let (names, requirement) = match self {
            Self::Name(name) => (vec![name.clone()], Requirement::Any(vec![name])),
            Self::Rule(RawRule::Any(names)) => (names.clone(), Requirement::Any(names)),
            Self::Rule(RawRule::All(names)) => (names.clone(), Requirement::All(names)),
            Self::Rule(RawRule::SignedIn(reason)) => {
                (vec![reason.clone()], Requirement::SignedIn(reason))
            }
        };
        if names.is_empty() || names.iter().any(|name| name.trim().is_empty()) {
            spot.problem(problems, "name at least one permission, or write `signed_in: REASON`");
            return None;
        }
        Some(requirement)
    }
}
