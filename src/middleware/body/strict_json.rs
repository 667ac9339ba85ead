//! Reads a body once, strictly, before anything acts on it, so that no two readers of it can
//! disagree: no duplicate keys, no case variants of the envelope's keys, a bounded depth and size.
//! The body guard is the only caller. It builds no value and keeps only one set of keys per level.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 64;
/// How many keys and array elements a body may have in all.
const MAX_MEMBERS: usize = 100_000;

/// The keys of a JSON-RPC message. Another spelling of one isn't an unknown key but an attack on
/// readers that ignore case (CVE-2026-27896).
const ENVELOPE: [&str; 6] = ["jsonrpc", "id", "method", "params", "result", "error"];

/// Why a body is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It isn't JSON.
    Syntax,
    /// It is JSON and no single JSON-RPC message of MCP's.
    Message(&'static str),
}

/// What a value is; of texts only whether it is JSON-RPC's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Null,
    Bool,
    /// An integer that fits an `i64`, as MCP's request ids do.
    Integer,
    Number,
    Text {
        is_version: bool,
    },
    Array,
    Object,
}

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It wants an answer.
    Request,
    /// It doesn't: a notification, or an answer itself.
    Other,
}

/// Judges a whole body.
pub(super) fn check(body: &[u8]) -> Result<Kind, Fault> {
    let reader = Reader::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    let shape = At { reader: &reader, depth: 0 }
        .deserialize(&mut json)
        .and_then(|shape| json.end().map(|()| shape))
        .map_err(|_| reader.fault.take().unwrap_or(Fault::Syntax))?;
    match shape {
        Shape::Object => envelope(&reader.envelope.take()),
        Shape::Array => Err(Fault::Message("JSON-RPC batches aren't supported")),
        _ => Err(Fault::Message("a JSON-RPC message is an object")),
    }
}

/// JSON-RPC 2.0 §4, §5, as narrow as MCP has it.
fn envelope(members: &[(String, Shape)]) -> Result<Kind, Fault> {
    let is_variant =
        |key: &str| ENVELOPE.iter().any(|own| *own != key && own.eq_ignore_ascii_case(key));
    if members.iter().any(|(key, _)| is_variant(key)) {
        return Err(Fault::Message("a key of the message is spelled in another case"));
    }
    let of = |key: &str| members.iter().find(|(name, _)| name == key).map(|(_, shape)| *shape);
    if of("jsonrpc") != Some(Shape::Text { is_version: true }) {
        return Err(Fault::Message("jsonrpc must be \"2.0\""));
    }
    if !matches!(of("id"), None | Some(Shape::Integer | Shape::Text { .. })) {
        return Err(Fault::Message("id must be a string or an integer"));
    }
    match (of("method"), of("result"), of("error")) {
        (Some(Shape::Text { .. }), None, None) => match of("params") {
            None | Some(Shape::Object) if of("id").is_some() => Ok(Kind::Request),
            None | Some(Shape::Object) => Ok(Kind::Other),
            Some(_) => Err(Fault::Message("params must be an object")),
        },
        (Some(_), None, None) => Err(Fault::Message("method must be a string")),
        (None, Some(Shape::Object), None) | (None, None, Some(Shape::Object))
            if of("id").is_some() =>
        {
            Ok(Kind::Other)
        }
        _ => Err(Fault::Message("neither a request, a notification nor a response")),
    }
}

/// What the reading shares.
#[derive(Default)]
struct Reader {
    members: Cell<usize>,
    fault: Cell<Option<Fault>>,
    envelope: RefCell<Vec<(String, Shape)>>,
}

impl Reader {
    fn refuse<E: serde::de::Error>(&self, why: &'static str) -> E {
        self.fault.set(Some(Fault::Message(why)));
        E::custom(why)
    }

    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        let members = self.members.get() + 1;
        self.members.set(members);
        if members > MAX_MEMBERS {
            return Err(self.refuse("the message has too many members"));
        }
        Ok(())
    }
}

/// The next value, at a depth.
#[derive(Clone, Copy)]
struct At<'r> {
    reader: &'r Reader,
    depth: usize,
}

impl At<'_> {
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.reader.refuse("the message is nested too deeply"));
        }
        Ok(At { reader: self.reader, depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Shape;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Bool)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Integer)
    }

    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(if i64::try_from(value).is_ok() { Shape::Integer } else { Shape::Number })
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Shape, E> {
        Ok(Shape::Text { is_version: text == "2.0" })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
        let below = self.below()?;
        while items.next_element_seed(below)?.is_some() {
            self.reader.count()?;
        }
        Ok(Shape::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Shape, A::Error> {
        let below = self.below()?;
        let mut seen = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.reader.count()?;
            if seen.contains(&key) {
                return Err(self.reader.refuse("a key occurs twice in one object"));
            }
            let shape = entries.next_value_seed(below)?;
            if self.depth == 0 {
                self.reader.envelope.borrow_mut().push((key.clone(), shape));
            }
            seen.insert(key);
        }
        Ok(Shape::Object)
    }
}
