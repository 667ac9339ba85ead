//! Which settings differ between two readings of the configuration, by their names alone. The program
//! compares with it at a reload. Values are kept as keyed hashes, of a key that this process makes up
//! and never shows, so that nothing here tells a secret. The digest, which the audit record shows, is of
//! what is no secret.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde_json::Value;

use super::problems::join;
use super::shape;

/// Each setting's name with a hash of its value, and a digest of all that is no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(BTreeMap<String, u64>, String);

impl Fingerprint {
    pub(super) fn of(settings: &Value, schema: &Value) -> Self {
        static KEY: OnceLock<RandomState> = OnceLock::new();
        let mut leaves = BTreeMap::new();
        gather("", settings, &mut leaves);
        let lines: String = leaves
            .iter()
            .map(|(name, value)| {
                let path: Vec<String> = name.split('.').map(str::to_owned).collect();
                let is_secret = shape::node(schema, &path).is_none_or(shape::is_secret);
                let shown = if is_secret { String::new() } else { value.to_string() };
                format!("{name} = {shown}\n")
            })
            .collect();
        let digest = HEXLOWER.encode(digest(&SHA256, lines.as_bytes()).as_ref());
        let key = KEY.get_or_init(RandomState::new);
        let hashed =
            leaves.into_iter().map(|(name, value)| (name, key.hash_one(value.to_string())));
        Self(hashed.collect(), digest)
    }

    /// SHA-256, in hex, of the lines `section.key = VALUE`, sorted, values in JSON; secrets stand
    /// there by their name alone.
    pub fn digest(&self) -> &str {
        &self.1
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
fn gather<'a>(name: &str, value: &'a Value, leaves: &mut BTreeMap<String, &'a Value>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                gather(&join(name, field), value, leaves);
            }
        }
        value => {
            leaves.insert(name.to_owned(), value);
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
        let schema = shape::schema();
        let louder = json!({"keys": {"current": "s3cret"}, "log": {"filter": "debug"}});
        let rotated = json!({"keys": {"current": "other"}, "log": {"filter": "info"}});
        let [before, now, louder, rotated] =
            [before, now, louder, rotated].map(|settings| Fingerprint::of(&settings, &schema));
        assert_eq!(rotated.digest(), before.digest());
        assert_ne!(louder.digest(), before.digest());
        assert_eq!(now.changed(&before), ["keys.current", "store.url"]);
        assert_eq!(before.changed(&before), [""; 0]);
        assert!(now.same_section(&before, "log") && !now.same_section(&before, "store"));
        assert!(!format!("{now:?}").contains("other"));
    }
}
