//! The definitions: what tools, prompts and resources there are, and what each may do.
//!
//! Files under `tools/` are compiled once into a [`Catalog`], an immutable snapshot that a call
//! holds to its end. Nothing here knows a caller.

mod document;
mod http_request;
mod pointer;
mod question;
mod resolver;
mod row;
mod scope_rule;
mod template;
mod tool;

pub use document::{Document, Problem, Problems, Spot};
pub use http_request::{ByEffect, HttpRequest, SafeRequest, WriteRequest};
pub use pointer::Pointer;
pub use question::{QuestionLine, QuestionText, TitlePart};
pub use resolver::{EtagAt, RecordAt, Resolver, Way};
pub use row::{Field, Row, Shape};
pub use scope_rule::{Filter, PlaceFilter, ScopeRule};
pub use template::{Hole, Leaf, Template};
pub use tool::{
    Answer, Effect, Input, More, Plan, ReadPlan, Requirement, Resolved, Same, Tool, ToolId,
};
