//! The form of a line, and how it is linked to the one before it.
//!
//! `{"chain":"…","seq":7,"prev":"…",` then the record's own fields, then `,"hash":"…"}`. `hash` is the
//! SHA-256 of the line's bytes up to the comma before it; `prev` is the hash of the line before.
//! Whoever writes links here, whoever verifies reads here: the form has no second place.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::seal::random_name;

/// What stands before the hash at a line's end.
const MARK: &[u8] = b",\"hash\":\"";
/// `,"hash":"`, 64 digits, `"}`.
const TAIL: usize = MARK.len() + 64 + 2;

/// A SHA-256, in 64 lowercase hex digits where it is shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::from(digest(&SHA256, bytes))
    }

    fn parse(hex: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        let fits = HEXLOWER.decode_len(hex.len()) == Ok(bytes.len());
        (fits && HEXLOWER.decode_mut(hex, &mut bytes).is_ok()).then_some(Self(bytes))
    }
}

impl From<aws_lc_rs::digest::Digest> for Digest {
    fn from(digest: aws_lc_rs::digest::Digest) -> Self {
        Self(digest.as_ref().try_into().unwrap_or_default())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let hex = Cow::<str>::deserialize(from)?;
        Self::parse(hex.as_bytes()).ok_or_else(|| de::Error::custom("not a SHA-256"))
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

/// The last line of a chain: whoever keeps it elsewhere finds a tail that was cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Head {
    /// The chain's id.
    pub chain: Arc<str>,
    /// The line's number, from 0.
    pub seq: u64,
    /// The line's hash.
    pub hash: Digest,
}

/// What a line follows that doesn't continue the one before it in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Joins {
    /// The last whole line that the file held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<Head>,
    /// What stood behind it: the pieces of a line that a crash tore.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) torn: Option<Torn>,
}

/// Bytes that are no record, the break at their end left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Torn {
    pub(super) bytes: u64,
    pub(super) hash: Digest,
}

impl Joins {
    /// None where the file was empty.
    pub(super) fn some(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

/// A chain that is being written: what the next line will say of the one before it.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    id: Arc<str>,
    next: u64,
    prev: Digest,
}

impl Chain {
    pub(super) fn new() -> Self {
        Self { id: random_name("chn_").into(), next: 0, prev: Digest::default() }
    }

    /// True until the first line is linked.
    pub(super) fn is_new(&self) -> bool {
        self.next == 0
    }

    /// Lets the first line follow the last one of another chain.
    pub(super) fn begin_behind(&mut self, last: Option<&Head>) {
        self.prev = last.map(|last| last.hash).unwrap_or_default();
    }

    /// The last line that was linked.
    pub(super) fn head(&self) -> Option<Head> {
        let seq = self.next.checked_sub(1)?;
        Some(Head { chain: Arc::clone(&self.id), seq, hash: self.prev })
    }

    /// Adds a record, a JSON object with at least one member, as the next line.
    pub(super) fn link(&mut self, record: &str, lines: &mut Vec<u8>) {
        let start = lines.len();
        let fields = record.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let (id, next, prev) = (&self.id, self.next, self.prev);
        // Writing to memory doesn't fail.
        let _ = write!(lines, r#"{{"chain":"{id}","seq":{next},"prev":"{prev}","#);
        lines.extend_from_slice(fields.unwrap_or_default().as_bytes());
        let hash = Digest::of(lines.get(start..).unwrap_or_default());
        lines.extend_from_slice(MARK);
        let _ = writeln!(lines, "{hash}\"}}");
        self.next += 1;
        self.prev = hash;
    }
}

/// A line that was read, without its break.
#[derive(Debug)]
pub(super) enum Read {
    /// A record whose hash fits.
    Whole(Box<Link>),
    /// It has a record's form, and its hash is of other bytes.
    Altered,
    /// No record.
    Other,
}

/// What a line says of its place.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    pub(super) chain: Arc<str>,
    pub(super) seq: u64,
    pub(super) prev: Digest,
    pub(super) hash: Digest,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) ts: String,
    #[serde(default)]
    pub(super) joins: Option<Joins>,
}

impl Link {
    pub(super) fn head(&self) -> Head {
        Head { chain: Arc::clone(&self.chain), seq: self.seq, hash: self.hash }
    }
}

/// Reads a line.
pub(super) fn read(line: &[u8]) -> Read {
    let Some((body, tail)) = line.len().checked_sub(TAIL).and_then(|at| line.split_at_checked(at))
    else {
        return Read::Other;
    };
    let hash = tail.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(b"\"}"));
    let Some(hash) = hash.and_then(Digest::parse) else { return Read::Other };
    if Digest::of(body) != hash {
        return Read::Altered;
    }
    match serde_json::from_slice::<Box<Link>>(line) {
        Ok(found) if found.hash == hash => Read::Whole(found),
        _ => Read::Other,
    }
}

/// True for bytes that a record could begin with, and that aren't a whole one and more.
pub(super) fn could_be_torn(bytes: &[u8]) -> bool {
    const BEGINS: &[u8] = br#"{"chain":"chn_"#;
    let begins = bytes.starts_with(BEGINS) || BEGINS.starts_with(bytes);
    let marks = bytes.windows(MARK.len()).position(|window| window == MARK);
    begins && marks.is_none_or(|at| bytes.len() < at + TAIL)
}
