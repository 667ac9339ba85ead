//! What settings amount to, without saying what they are: a digest of all that is no secret, and
//! which keys differ between two readings. For the record of configuration changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde_json::Value;

use super::problems::join;
use super::shape;
use crate::seal::random_bytes;

/// What was set, key by key: values, and of secrets a digest that holds in this process alone.
#[derive(Clone, Default)]
pub struct Fingerprint {
    open: BTreeMap<String, String>,
    secret: BTreeMap<String, String>,
}

/// So that a digest of a secret says nothing outside of this process.
static SALT: LazyLock<[u8; 32]> = LazyLock::new(|| random_bytes().unwrap_or_default());

impl Fingerprint {
    /// Of the settings as written, the environment laid over the file.
    pub(super) fn of(settings: &Value, schema: &Value) -> Self {
        let mut found = Self::default();
        found.add(settings, &mut Vec::new(), schema);
        found
    }

    fn add(&mut self, value: &Value, path: &mut Vec<String>, schema: &Value) {
        match value {
            Value::Object(section) => {
                for (name, value) in section {
                    path.push(name.clone());
                    self.add(value, path, schema);
                    path.pop();
                }
            }
            value => {
                let key = path.iter().fold(String::new(), |key, segment| join(&key, segment));
                let value = value.to_string();
                if shape::node(schema, path).is_none_or(shape::is_secret) {
                    let salted = [SALT.as_slice(), value.as_bytes()].concat();
                    self.secret.insert(key, hex(&salted));
                } else {
                    self.open.insert(key, value);
                }
            }
        }
    }

    /// SHA-256, in hex, of the settings that are no secrets: `key = value` in lines, sorted by key,
    /// values in JSON. Secrets stand there by their key alone.
    pub fn digest(&self) -> String {
        let secrets = self.secret.keys().map(|key| (key.as_str(), ""));
        let open = self.open.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let all: BTreeMap<_, _> = open.chain(secrets).collect();
        let lines: Vec<_> = all.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        hex(lines.concat().as_bytes())
    }

    /// The keys that are set differently than before, secrets too.
    pub fn changed(&self, before: &Self) -> Vec<String> {
        let (now, then) = (self.all(), before.all());
        let keys: BTreeSet<_> = now.keys().chain(then.keys()).collect();
        let differ = keys.into_iter().filter(|key| now.get(**key) != then.get(**key));
        differ.map(|key| (*key).to_owned()).collect()
    }

    /// Are all settings of this section as they were?
    pub fn same_section(&self, before: &Self, section: &str) -> bool {
        self.changed(before).iter().all(|key| key.split('.').next() != Some(section))
    }

    fn all(&self) -> BTreeMap<&str, &str> {
        let all = self.open.iter().chain(&self.secret);
        all.map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint")
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, Environment};

    const DEMO: &str = include_str!("../../config/demo.toml");

    #[test]
    fn a_change_is_told_by_its_key_and_a_secret_is_not_in_the_digest() {
        let key = |byte: u8| {
            let bytes: Vec<u8> = (0..32).map(|at: u8| at.wrapping_mul(37) ^ byte).collect();
            data_encoding::BASE64.encode(&bytes)
        };
        let read = |key: String, more: &[(&str, &str)]| {
            let environment = Environment::default().with("OSIER_KEYS__CURRENT", key);
            let environment =
                more.iter().fold(environment, |all, (name, value)| all.with(*name, *value));
            Config::parse("demo.toml", DEMO, &environment).unwrap().fingerprint
        };
        let first = read(key(1), &[]);
        assert_eq!(first.changed(&read(key(1), &[])), [""; 0]);
        let rotated = read(key(2), &[]);
        assert_eq!(rotated.changed(&first), ["keys.current"]);
        assert_eq!(rotated.digest(), first.digest());
        let slower = read(key(1), &[("OSIER_LIMITS__CALL_DEADLINE", "7")]);
        assert_eq!(slower.changed(&first), ["limits.call_deadline"]);
        assert_ne!(slower.digest(), first.digest());
        assert_eq!(format!("{first:?}"), "Fingerprint");
    }
}
