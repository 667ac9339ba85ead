//! The `OSIER_…` variables that override the file. A variable with two underscores in its name is a
//! setting (`OSIER_SERVER__PUBLIC_URL`); others with that prefix are none of the configuration's. Three
//! variables of Azure's own are defaults of settings, and never secrets that are shown.

use std::collections::BTreeMap;

const PREFIX: &str = "OSIER_";

/// What Azure's hosts tell the programs that they run.
const FOREIGN: [&str; 3] = ["AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"];

/// The settings among a process's environment variables.
#[derive(Clone, Default)]
pub struct Environment {
    settings: BTreeMap<String, Option<String>>,
    foreign: BTreeMap<&'static str, String>,
}

impl Environment {
    /// This process's variables.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok())))
            .fold(Self::default(), |all, (name, value)| all.insert(name, value))
    }

    /// Adds one variable or replaces it.
    pub fn with(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.insert(name.into(), Some(value.into()))
    }

    fn insert(mut self, name: String, value: Option<String>) -> Self {
        if let Some(known) = FOREIGN.into_iter().find(|known| *known == name) {
            self.foreign
                .extend(value.filter(|value| !value.is_empty()).map(|value| (known, value)));
        } else if name.strip_prefix(PREFIX).is_some_and(|rest| rest.contains("__")) {
            self.settings.insert(name, value);
        }
        self
    }

    /// One of the variables by which Azure's hosts tell a program of its identity.
    pub(super) fn foreign(&self, name: &str) -> Option<&str> {
        self.foreign.get(name).map(String::as_str)
    }

    /// The files that variables ending in `_FILE` name.
    pub fn files(&self) -> impl Iterator<Item = &std::path::Path> {
        let named = self.settings.iter().filter(|(name, _)| name.ends_with("_FILE"));
        named.filter_map(|(_, value)| value.as_deref().map(std::path::Path::new))
    }

    /// True where this variable is set.
    pub(super) fn has(&self, name: &str) -> bool {
        self.settings.contains_key(name)
    }

    /// Name, path of the setting (`server`, `public_url`) and value; `None` where the value isn't
    /// UTF-8.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, Vec<String>, Option<&str>)> {
        self.settings.iter().map(|(name, value)| {
            let key = name.strip_prefix(PREFIX).unwrap_or_default().to_lowercase();
            (name.as_str(), key.split("__").map(str::to_owned).collect(), value.as_deref())
        })
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        variables.into_iter().fold(Self::default(), |all, (name, value)| all.with(name, value))
    }
}
