//! The parameters of a request, from its query or its form body. An empty one counts as absent, and
//! one that stands there twice is refused, as Entra does.

use std::collections::BTreeMap;

use super::errors::Failure;

/// The parameters by name.
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` bytes.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let mut all = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(bytes) {
            if all.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                let message = format!(
                    "The request is not properly formatted. The parameter '{name}' is duplicated."
                );
                return Err(Failure::new("invalid_request", 9_000_411, message));
            }
        }
        all.retain(|_, value| !value.is_empty());
        Ok(Self(all))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).ok_or_else(|| {
            let message =
                format!("The request body must contain the following parameter: '{name}'.");
            Failure::new("invalid_request", 900_144, message)
        })
    }
}
