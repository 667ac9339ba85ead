//! Requests to a service, split by what they may do: a [`SafeRequest`] only reads, a
//! [`WriteRequest`] changes something. The compiler tells them apart once; a stage that holds the
//! one can't send the other.

use super::template::{Hole, Template};

/// How a backend kind puts a request on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `rest`: as it stands.
    #[default]
    Rest,
    /// `graphql`: the body is the query with its variables, and the base URL its endpoint.
    Graphql,
    /// `adt`: the body says what is asked of Azure Digital Twins.
    Adt,
}

/// A request with holes. Where its dialect isn't [`Dialect::Rest`], the body says in that dialect's
/// own terms what is asked, and the backend makes the HTTP requests of it.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    /// For which kind of backend it is.
    pub dialect: Dialect,
    /// The method.
    pub method: http::Method,
    /// The path's segments below the backend's base URL; each is percent-encoded whole.
    pub path: Vec<Template>,
    /// The query's pairs.
    pub query: Vec<(String, Template)>,
    /// Headers of the request's own; never the ones that Osier sets.
    pub headers: Vec<(http::HeaderName, Template)>,
    /// The JSON body.
    pub body: Option<Template>,
}

impl HttpRequest {
    /// Every hole, path first.
    pub fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.path
            .iter()
            .chain(self.query.iter().map(|(_, value)| value))
            .chain(self.headers.iter().map(|(_, value)| value))
            .chain(&self.body)
            .flat_map(Template::holes)
    }

    /// Reads only: GET, or a POST that its file calls `safe`.
    fn only_reads(&self, declared_safe: bool) -> bool {
        self.method == http::Method::GET || (self.method == http::Method::POST && declared_safe)
    }
}

/// A request that only reads (tool-format rule 4).
#[derive(Clone, Debug, PartialEq)]
pub struct SafeRequest(HttpRequest);

/// A request that changes something; it can't be sent without a yes.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteRequest(HttpRequest);

/// A request by what it may do.
#[derive(Clone, Debug, PartialEq)]
pub enum ByEffect {
    /// It reads.
    Safe(SafeRequest),
    /// It writes.
    Write(WriteRequest),
}

impl ByEffect {
    /// Judges a request by its method and its file's `safe: true`.
    pub(super) fn judge(request: HttpRequest, declared_safe: bool) -> Self {
        if request.only_reads(declared_safe) {
            Self::Safe(SafeRequest(request))
        } else {
            Self::Write(WriteRequest(request))
        }
    }
}

impl SafeRequest {
    /// What is sent.
    pub fn http(&self) -> &HttpRequest {
        &self.0
    }
}

impl WriteRequest {
    /// What is sent.
    pub fn http(&self) -> &HttpRequest {
        &self.0
    }
}
