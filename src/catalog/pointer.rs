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
