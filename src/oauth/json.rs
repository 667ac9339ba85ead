//! JSON of strangers: one object, each member of each object once, nothing nested deeply. Client
//! documents and registrations are read with it, so that no two readers of one can disagree. The
//! caller has capped the length.

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Number, Value};

/// How deep arrays and objects may nest. A document with keys in it has five levels.
const MAX_DEPTH: usize = 16;

/// Reads one object into `T`, and tells its members.
///
/// `None` for anything but one JSON object in UTF-8 of modest depth without doubled members, or one
/// that isn't a `T`.
pub(super) fn read_object<T: DeserializeOwned>(bytes: &[u8]) -> Option<(T, Map<String, Value>)> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: 0 }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    let Value::Object(members) = value else { return None };
    let read = serde_json::from_value(Value::Object(members.clone())).ok()?;
    Some((read, members))
}

/// The next value, at a depth.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without doubled members")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut read = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(below)?;
            if read.insert(name, value).is_some() {
                return Err(A::Error::custom("a doubled member"));
            }
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> bool {
        read_object::<Value>(text.as_bytes()).is_some()
    }

    #[test]
    fn one_plain_object_is_read_and_nothing_else() {
        let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        for text in ["{}", " {\"a\": [1, -1, 1.5, null, true, \"x\"]} ", &nested(MAX_DEPTH)] {
            assert!(reads(text), "{text}");
        }
        let refused = [
            "",
            "[]",
            "null",
            "\"{}\"",
            "{} {}",
            "{\"a\":1,\"a\":1}",
            "{\"b\":{\"a\":1,\"\\u0061\":2}}",
            "\u{feff}{}",
            "{'a':1}",
            "{\"a\":1,}",
            &nested(MAX_DEPTH + 1),
            &"{\"a\":".repeat(100_000),
        ];
        for text in refused {
            assert!(!reads(text), "{}", text.get(..40).unwrap_or(text));
        }
        assert!(read_object::<Value>(b"{\"a\":\"\xff\"}").is_none());
    }
}
