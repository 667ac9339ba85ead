//! JSON Pointers (RFC 6901) as definition files write them.

use serde_json::Value;

/// A well-formed JSON Pointer; the empty one names the whole value.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Pointer(String);

impl Pointer {
    /// Takes a text that is empty or starts with `/`, and in which `~` is followed by 0 or 1.
    pub fn parse(text: &str) -> Option<Self> {
        let escaped = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        (escaped && (text.is_empty() || text.starts_with('/'))).then(|| Self(text.to_owned()))
    }

    /// The value that it names.
    pub fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        value.pointer(&self.0)
    }

    /// True where it names a value that `other` names in `theirs` as well. Nothing equals nothing
    /// only by chance: null is no such value.
    pub fn agrees(&self, value: &Value, other: &Self, theirs: &Value) -> bool {
        let own = self.of(value).filter(|own| !own.is_null());
        own.is_some() && own == other.of(theirs)
    }

    /// The text that it names, where it names one.
    pub fn text_of<'a>(&self, value: &'a Value) -> Option<&'a str> {
        self.of(value).and_then(Value::as_str)
    }

    /// The texts that it names: one, or a list of them.
    pub fn texts_of<'a>(&self, value: &'a Value) -> Vec<&'a str> {
        match self.of(value) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key, where it names a key of the value itself.
    pub fn single_key(&self) -> Option<&str> {
        self.0.strip_prefix('/').filter(|key| !key.contains('/'))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pointer_is_well_formed_or_refused() {
        for taken in ["", "/", "/a/b", "/a~1b/~0c", "/0"] {
            assert!(Pointer::parse(taken).is_some(), "{taken}");
        }
        for refused in ["a", "a/b", "#/a", "/a~", "/a~2b", "/~/x", "$.a"] {
            assert!(Pointer::parse(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn values_agree_only_if_both_are_there() {
        let at = |text: &str| Pointer::parse(text).unwrap();
        let (mine, theirs) = (json!({"a": "x", "none": null}), json!({"b": "x", "none": null}));
        assert!(at("/a").agrees(&mine, &at("/b"), &theirs));
        for (own, other) in [("/a", "/c"), ("/none", "/none"), ("/c", "/c"), ("/none", "/c")] {
            assert!(!at(own).agrees(&mine, &at(other), &theirs), "{own} {other}");
        }
    }
}
