//! A tool as the program holds it: compiled from its definition file, immutable.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::composition::{Composition, Link, Part};
use super::http_request::{HttpRequest, SafeRequest, WriteRequest};
use super::pointer::Pointer;
use super::question::QuestionText;
use super::resolver::Resolver;
use super::row::Row;
use super::scope_rule::{Filter, ScopeRule};
use super::spread::Spread;
use super::text_answer::TextAnswer;

/// A tool's identity: its service's slug and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToolId {
    /// The service's folder.
    pub service: String,
    /// The bare name, which is also its name on the wire.
    pub name: String,
}

impl fmt::Display for ToolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.name)
    }
}

/// What a tool does to the service's data. It gives the MCP annotations and the need for a yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Reads.
    Read,
    /// Adds something.
    Create,
    /// Overwrites something.
    Update,
    /// Removes something.
    Delete,
}

/// What a caller must hold. An unknown permission is held by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// At least one of these, in the union of their places.
    Any(Vec<String>),
    /// All of these, in the places that they share.
    All(Vec<String>),
    /// A sign-in is enough, for this reason.
    SignedIn(String),
}

impl Requirement {
    /// The permissions that it names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names: &[String] = match self {
            Self::Any(names) | Self::All(names) => names,
            Self::SignedIn(_) => &[],
        };
        names.iter().map(String::as_str)
    }
}

/// A tool.
#[derive(Debug)]
pub struct Tool {
    /// Which tool.
    pub id: ToolId,
    /// MCP `title`.
    pub title: String,
    /// MCP `description`.
    pub description: String,
    /// What it does.
    pub effect: Effect,
    /// What its caller must hold.
    pub permission: Requirement,
    /// The backend that its request goes to.
    pub backend: String,
    /// Its arguments.
    pub input: Input,
    /// What it sends.
    pub plan: Plan,
    /// What its answer looks like.
    pub answer: Answer,
    /// What holds its answer inside the scope.
    pub scope: ScopeRule,
    /// MCP `outputSchema`; none where the answer is content blocks.
    pub output_schema: Option<Arc<Map<String, Value>>>,
    /// The compiled output schema.
    pub output: Option<jsonschema::Validator>,
    /// Where people open what it answers in their own app.
    pub link: Option<Link>,
    /// MCP `_meta` of the definition, as its file says it.
    pub meta: Option<Map<String, Value>>,
}

/// A tool's arguments.
#[derive(Debug)]
pub struct Input {
    /// MCP `inputSchema`.
    pub schema: Arc<Map<String, Value>>,
    /// The compiled input schema.
    pub validator: jsonschema::Validator,
    /// Arguments that name a record, in the order in which they are located.
    pub resolved: Vec<Resolved>,
    /// True where the tool takes a cursor.
    pub paged: bool,
    /// From when to when it may be asked about.
    pub span: Option<Span>,
}

/// `span: {from, to, max}`: two arguments, moments of which the second is the later one, but not by
/// too much.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The argument with the first moment.
    pub from: String,
    /// The argument with the second.
    pub to: String,
    /// How far they may be apart, in seconds.
    pub seconds: i64,
    /// The same in words.
    pub words: String,
}

/// An argument that names a record.
#[derive(Debug)]
pub struct Resolved {
    /// The argument.
    pub argument: String,
    /// How its record is found.
    pub resolver: Arc<Resolver>,
    /// `resolve_all`: the argument is a list of ids, and each names a record.
    pub many: bool,
    /// `same: {POINTER: {found: …}}`: what the record must share with one located before it.
    pub same: Vec<Same>,
}

/// A value that two located records must share.
#[derive(Clone, Debug, PartialEq)]
pub struct Same {
    /// Where in this record.
    pub at: Pointer,
    /// The argument that named the other record.
    pub argument: String,
    /// Where in the other record.
    pub found: Pointer,
}

/// What a tool sends.
#[derive(Debug)]
pub enum Plan {
    /// A request that only reads.
    Read(ReadPlan),
    /// A request that changes something, after a yes.
    Write {
        /// The request.
        write: WriteRequest,
        /// What the person is asked.
        question: QuestionText,
    },
    /// Parts, each a full run of the pipeline.
    Compose(Composition),
}

/// The ways to read.
#[derive(Debug)]
pub enum ReadPlan {
    /// A request to the tool's backend.
    Request(SafeRequest),
    /// The record of this argument is the answer: no second request.
    Found(String),
    /// The caller's own record, from their identity and permissions.
    Caller,
    /// A script of the conformance suite's tools.
    #[cfg(feature = "conformance")]
    Script(Value),
}

/// What a tool's answer looks like.
#[derive(Debug)]
pub enum Answer {
    /// `{items: […], nextCursor?, truncated?, partial?, notFound?}`
    List(List),
    /// `{item: {…}}`
    Record {
        /// Where the record is.
        at: Pointer,
        /// The record.
        row: Row,
    },
    /// Counts, computed by the service inside the pushed scope.
    Counts {
        /// Where the counts are.
        at: Pointer,
        /// The counts.
        row: Row,
        /// The answer for an empty scope.
        empty: Value,
    },
    /// `{item: {text, offset, nextOffset?, …}}`: a part of a text that the service streams.
    Text(TextAnswer),
    /// MCP content blocks of the backend's own.
    Content,
    /// `{NAME: …}`: what the parts of a composed tool answer.
    Parts,
    /// `{results: [{id, title, url}]}`: the rows of all parts in turns, in the shape that `ChatGPT`
    /// asks of a tool called `search`.
    Results {
        /// At most this many.
        most: usize,
    },
    /// `{id, title, text, url, metadata}`: the record of the one part that the id names, in the shape
    /// that `ChatGPT` asks of a tool called `fetch`.
    Document,
}

/// A list.
#[derive(Debug)]
pub struct List {
    /// The lists that hold the rows; what lies in elements of another list comes after it.
    pub items: Vec<Spread>,
    /// How the next page is found.
    pub more: Option<More>,
    /// One row.
    pub row: Row,
    /// At most this many rows, where the service doesn't page.
    pub limit: Option<usize>,
    /// Where the service says that a part of its answer is missing: anything there but null, false
    /// and an empty list or object.
    pub partial: Option<Pointer>,
    /// Where the answer says that it was cut short.
    pub truncated: Option<Pointer>,
    /// The ids that are asked for one by one, so that those which find nothing can be told.
    pub asked: Option<Asked>,
    /// What is said once, of all rows.
    pub about: Option<About>,
    /// `only: {arg: NAME, at: POINTER}`: where the argument is there, only rows with one of its
    /// values.
    pub only: Option<Asked>,
}

/// What a list says once, of all its rows, such as the columns of a result.
#[derive(Clone, Debug)]
pub struct About {
    /// Where in the answer.
    pub at: Pointer,
    /// Its fields.
    pub row: Row,
}

/// `not_found: {arg: NAME, at: POINTER}`: which rows answer to which of the ids that were asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The argument: a list of ids.
    pub argument: String,
    /// Where a row holds its id.
    pub at: Pointer,
}

/// How a list says that there is more.
#[derive(Clone, Debug, PartialEq)]
pub enum More {
    /// Numbered pages.
    Page {
        /// Where the answer says how many rows come after this page.
        after: Pointer,
        /// The number of the first page.
        first: u64,
    },
    /// A continuation token: where the answer holds it.
    Token(Pointer),
    /// The service gives everything at once, and the pages are made here.
    Whole,
}

impl Plan {
    /// The HTTP request, where there is one.
    pub fn request(&self) -> Option<&HttpRequest> {
        match self {
            Self::Read(ReadPlan::Request(request)) => Some(request.http()),
            Self::Write { write, .. } => Some(write.http()),
            Self::Read(_) | Self::Compose(_) => None,
        }
    }
}

impl List {
    /// Does the answer say that it was cut short?
    pub fn says_truncated(&self, answer: &Value) -> bool {
        let said = self.truncated.as_ref().and_then(|at| at.of(answer));
        said.and_then(Value::as_bool).unwrap_or(false)
    }

    /// Does the service say that a part of this answer is missing?
    pub fn says_partial(&self, answer: &Value) -> bool {
        match self.partial.as_ref().and_then(|at| at.of(answer)) {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(fields)) => !fields.is_empty(),
            Some(_) => true,
        }
    }
}

impl Input {
    /// The longest page that can be asked for, in a tool that pages.
    pub fn longest_page(&self) -> Option<u64> {
        let sizes = self.schema.get("properties")?.get("pageSize").filter(|_| self.paged)?;
        sizes.get("maximum")?.as_u64()
    }
}

impl Tool {
    /// Every backend that its own requests go to: the tool's, and those of its resolvers.
    pub fn backends(&self) -> impl Iterator<Item = &str> {
        let places = match &self.scope.filter {
            Some(Filter::Place(place)) => place.places.as_ref(),
            _ => None,
        };
        let resolvers = self.input.resolved.iter().map(|resolved| &resolved.resolver);
        let others = resolvers.chain(places).map(|resolver| resolver.backend.as_str());
        std::iter::once(self.backend.as_str()).chain(others)
    }

    /// True for a tool that changes something.
    pub fn writes(&self) -> bool {
        matches!(self.plan, Plan::Write { .. })
    }

    /// True for a read that asks nobody and of which nothing is held against a header.
    pub fn is_plain(&self) -> bool {
        let asks_nobody = match &self.plan {
            #[cfg(feature = "conformance")]
            Plan::Read(ReadPlan::Script(_)) => false,
            Plan::Read(_) | Plan::Compose(_) => true,
            Plan::Write { .. } => false,
        };
        // Only a tool that everybody sees may have arguments that headers repeat (SEP-2243).
        asks_nobody && !matches!(self.permission, Requirement::SignedIn(_))
    }

    /// The parts of a composed tool.
    pub fn parts(&self) -> Option<&[Part]> {
        match &self.plan {
            Plan::Compose(composition) => Some(&composition.parts),
            Plan::Read(_) | Plan::Write { .. } => None,
        }
    }

    /// True where a caller who holds less than a whole site can be served: the answer's scope can
    /// be judged by location, and so can every record that must be located first.
    pub fn serves_locations(&self) -> bool {
        let required = |argument: &str| {
            let names = self.input.schema.get("required").and_then(Value::as_array);
            names.is_some_and(|names| names.iter().any(|name| name == argument))
        };
        let reachable = |resolved: &Resolved| {
            !required(&resolved.argument) || resolved.resolver.scope.judges_locations()
        };
        self.scope.judges_locations() && self.input.resolved.iter().all(reachable)
    }
}
