//! Which settings differ between two readings of the configuration, by their names alone. The program
//! compares with it at a reload. Values are kept as keyed hashes, of a key that this process makes up
//! and never shows, so that nothing here tells a secret.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use serde_json::Value;

use super::problems::join;

/// Each setting's name, with a hash of its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<String, u64>);

impl Fingerprint {
    pub(super) fn of(settings: &Value) -> Self {
        static KEY: OnceLock<RandomState> = OnceLock::new();
        let mut leaves = BTreeMap::new();
        gather("", settings, KEY.get_or_init(RandomState::new), &mut leaves);
        Self(leaves)
    }

    /// The names of the settings that aren't as they were, such as `limits.call_deadline`.
    pub fn changed(&self, before: &Self) -> Vec<String> {
        let names = self.0.keys().chain(before.0.keys().filter(|name| !self.0.contains_key(*name)));
        names.filter(|name| self.0.get(*name) != before.0.get(*name)).cloned().collect()
    }

    /// Are all settings of this section as they were?
    pub fn same_section(&self, before: &Self, section: &str) -> bool {
        fn within<'a>(all: &'a Fingerprint, section: &str) -> Vec<(&'a String, &'a u64)> {
            let inside = |name: &str| name.split('.').next() == Some(section);
            all.0.iter().filter(|(name, _)| inside(name)).collect()
        }
        within(self, section) == within(before, section)
    }
}

/// A list counts as one value, so that its name is the setting's own.
fn gather(name: &str, value: &Value, key: &RandomState, leaves: &mut BTreeMap<String, u64>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                gather(&join(name, field), value, key, leaves);
            }
        }
        value => {
            leaves.insert(name.to_owned(), key.hash_one(value.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tells_names_and_no_values() {
        let before = json!({"keys": {"current": "s3cret"}, "log": {"filter": "info"}});
        let now =
            json!({"keys": {"current": "other"}, "log": {"filter": "info"}, "store": {"url": "x"}});
        let (before, now) = (Fingerprint::of(&before), Fingerprint::of(&now));
        assert_eq!(now.changed(&before), ["keys.current", "store.url"]);
        assert_eq!(before.changed(&before), [""; 0]);
        assert!(now.same_section(&before, "log") && !now.same_section(&before, "store"));
        assert!(!format!("{now:?}").contains("other"));
    }
}
