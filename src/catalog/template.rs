//! The requests of definition files: JSON with holes. Plain data; the backend stage fills it.
//!
//! A hole is a leaf of the request, never a part of a text (tool-format rule 1).

use serde_json::Value;

use super::pointer::Pointer;

/// JSON with holes.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// Sent as it stands.
    Literal(Value),
    /// Filled at each call.
    Hole(Hole),
    /// An array; elements with an unfilled hole go (rule 2).
    Array(Vec<Self>),
    /// An object; outside an array, keys with an unfilled hole go (rule 2).
    Object(Vec<(String, Self)>),
}

/// A hole, and the boolean argument that must be true for it to be filled.
#[derive(Clone, Debug, PartialEq)]
pub struct Hole {
    /// What fills it.
    pub leaf: Leaf,
    /// `if: ARGUMENT`
    pub only_if: Option<String>,
}

/// What can fill a hole.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// `{arg: NAME}`: an argument of the call.
    Argument(String),
    /// `{given: NAME, least: N}`: is the argument there, and is it so large? True or false.
    Given {
        /// The argument.
        argument: String,
        /// The least number that counts.
        least: Option<u64>,
    },
    /// `{scope: sites, narrow: NAME}`: the caller's sites, narrowed by an argument.
    Sites {
        /// The argument that narrows: a site id or a list of them.
        narrow: Option<String>,
    },
    /// `{cursor: page, first: N}`: the page's number.
    Page {
        /// The number of the first page.
        first: u64,
    },
    /// `{cursor: token}`: the service's continuation token; unfilled on the first page.
    Token,
    /// `{caller: id}`: the caller's object id.
    Caller,
    /// `{const: TEXT, if: NAME}`: a text that is sent on a condition.
    Text(String),
    /// `{now: utc}`: the present moment, RFC 3339.
    Now,
    /// `{found: NAME, at: POINTER}`: a value of a located record.
    Found {
        /// The argument that named the record.
        argument: String,
        /// Where in the record.
        at: Pointer,
    },
    /// `{etag: NAME}`: the entity tag under which a record was located.
    Etag(String),
    /// `{by: id}`: in a resolver, the id that was named.
    By,
    /// `{by: ids}`: in a resolver's `all`, the ids that were named.
    ByAll,
}

impl Template {
    /// Every hole, in reading order.
    pub fn holes(&self) -> Vec<&Hole> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Hole(hole) => vec![hole],
            Self::Array(items) => items.iter().flat_map(Self::holes).collect(),
            Self::Object(fields) => fields.iter().flat_map(|(_, field)| field.holes()).collect(),
        }
    }
}
