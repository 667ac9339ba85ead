//! One text for one JSON value, whatever the order of its keys, and its digest. Seals, cursors and
//! audit records name arguments by it.

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use serde_json::Value;

/// SHA-256 over the value with its keys sorted, in lower-case hex.
pub fn digest(value: &Value) -> String {
    let mut context = Context::new(&SHA256);
    feed(value, &mut context);
    HEXLOWER.encode(context.finish().as_ref())
}

fn feed(value: &Value, into: &mut Context) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            into.update(b"{");
            for (key, value) in entries {
                feed(&Value::String(key.clone()), into);
                into.update(b":");
                feed(value, into);
                into.update(b",");
            }
            into.update(b"}");
        }
        Value::Array(items) => {
            into.update(b"[");
            for item in items {
                feed(item, into);
                into.update(b",");
            }
            into.update(b"]");
        }
        scalar => into.update(scalar.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn order_of_keys_does_not_matter_and_everything_else_does() {
        let one = json!({"a": 1, "b": [1, 2], "c": {"x": "y"}});
        let same = json!({"c": {"x": "y"}, "b": [1, 2], "a": 1});
        assert_eq!(digest(&one), digest(&same));
        for other in [
            json!({"a": "1", "b": [1, 2], "c": {"x": "y"}}),
            json!({"a": 1, "b": [2, 1], "c": {"x": "y"}}),
            json!({"a": 1, "b": [[1], 2], "c": {"x": "y"}}),
            json!({"a": 1, "b": [1, 2], "c": {"x": "y", "z": null}}),
        ] {
            assert_ne!(digest(&one), digest(&other));
        }
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-3_i64..3).prop_map(Value::from),
            prop_oneof![Just(0.0), Just(1.0), Just(1.5)].prop_map(|number: f64| json!(number)),
            "[a-c,:{}\\[\\]\"\\\\]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("[a-c]{0,2}", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// The same value with the keys of every object the other way about.
    fn turned(value: &Value) -> Value {
        match value {
            Value::Object(map) => Value::Object(
                map.iter().rev().map(|(key, value)| (key.clone(), turned(value))).collect(),
            ),
            Value::Array(items) => items.iter().map(turned).collect(),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn two_values_have_one_digest_only_if_they_are_equal(a in values(), b in values()) {
            prop_assert_eq!(digest(&a), digest(&turned(&a)));
            prop_assert_eq!(digest(&a) == digest(&b), a == b);
        }
    }
}
