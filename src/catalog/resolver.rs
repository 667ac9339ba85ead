//! Resolvers: from an id that a person or a model names to one record (tool-format rule 8).

use super::http_request::SafeRequest;
use super::pointer::Pointer;
use super::scope_rule::ScopeRule;
use super::spread::Key;

/// How one kind of record is found.
#[derive(Clone, Debug)]
pub struct Resolver {
    /// The backend that has the record.
    pub backend: String,
    /// The ways to find it; the first whose `matches` fits the id is taken.
    pub ways: Vec<Way>,
    /// How many are found by one request, where the service can.
    pub all: Option<Way>,
    /// Where its entity tag is.
    pub etag: Option<EtagAt>,
    /// What holds it inside the scope.
    pub scope: ScopeRule,
    /// Arguments of the tool whose records are located before, and which it refers to.
    pub beside: Vec<String>,
}

/// One way to find a record.
#[derive(Clone, Debug)]
pub struct Way {
    /// Which ids it takes; all, where it doesn't say.
    pub matches: Option<regex::Regex>,
    /// The request.
    pub request: SafeRequest,
    /// Where in the answer the record is.
    pub record: RecordAt,
    /// `again: POINTER`: the record's own id, by which it is read once more the first way, so that
    /// a record found by its number comes whole and with its entity tag.
    pub again: Option<Pointer>,
}

/// Where in an answer the record is.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordAt {
    /// At one place.
    Pointer(Pointer),
    /// The only element of this list; none or several are 'not found'.
    Single(Pointer),
    /// The element of this list whose key equals the id that was named.
    Where {
        /// Where the list is.
        items: Pointer,
        /// Where in an element its id is.
        key: Key,
    },
}

/// Where a record's entity tag is.
#[derive(Clone, Debug, PartialEq)]
pub enum EtagAt {
    /// The `ETag` response header (RFC 9110 §8.8.3).
    Header,
    /// A field of the record.
    Field(Pointer),
}
