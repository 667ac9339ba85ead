//! JSON in which each member of each object stands once (RFC 7515 §4, RFC 8725 §2.4). Two readers
//! that take different ones of a doubled member disagree about who is calling; so nothing doubled
//! gets past here. The token and the signing keys are read with it.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::DeserializeSeed};

/// Reads an object into `T` and returns it with the names of its members.
///
/// `None` for anything but one JSON object in UTF-8 without doubled members at any depth, or one
/// that isn't a `T`.
pub(super) fn read_object<T: DeserializeOwned>(bytes: &[u8]) -> Option<(T, BTreeSet<String>)> {
    let Members(names) = serde_json::from_slice(bytes).ok()?;
    Some((serde_json::from_slice(bytes).ok()?, names))
}

/// A member that may be absent but, where it stands, isn't null.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// The member names of an object, no two alike.
struct Members(BTreeSet<String>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `deserialize_map`, because a derived struct would take an array as well.
        deserializer.deserialize_map(ObjectOnly).map(Members)
    }
}

struct ObjectOnly;

impl<'de> Visitor<'de> for ObjectOnly {
    type Value = BTreeSet<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object without doubled members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(Single)?;
            if !names.insert(name) {
                return Err(A::Error::custom("a doubled member"));
            }
        }
        Ok(names)
    }
}

/// Any value, walked to its leaves.
struct Single;

impl<'de> DeserializeSeed<'de> for Single {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Single {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without doubled members")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Single)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        ObjectOnly.visit_map(map).map(drop)
    }
}

#[cfg(test)]
mod tests;
