//! The definitions: what tools, prompts and resources there are, and what each may do.
//!
//! Files under `tools/` are compiled once into a [`Catalog`], an immutable snapshot that a call
//! holds to its end. Nothing here knows a caller.

mod compile;
mod composition;
mod document;
mod http_request;
mod load;
mod pointer;
mod problem;
pub mod prompt;
mod question;
mod raw;
mod resolver;
pub mod resource;
mod row;
mod scope_rule;
mod spread;
mod template;
mod text;
mod text_answer;
mod tool;

pub use composition::{Composition, Link, LinkSegment, Part};
pub use document::{Document, Spot};
pub use http_request::{ByEffect, Dialect, HttpRequest, SafeRequest, WriteRequest};
pub use load::{Files, load};
pub use pointer::Pointer;
pub use problem::{Problem, Problems};
pub use prompt::Prompt;
pub use question::{QuestionLine, QuestionText, TitlePart};
pub use resolver::{EtagAt, RecordAt, Resolver, Way};
pub use resource::{Resource, ResourceTemplate};
pub use row::{Field, Row, Shape};
pub use scope_rule::{Filter, PlaceFilter, ScopeRule};
pub use spread::{Key, Spread};
pub use template::{Hole, Leaf, Template};
pub use text::Text;
pub use text_answer::{CONTEXT, TextAnswer, Unit};
pub use tool::{
    Answer, Asked, Effect, Input, List, More, Plan, ReadPlan, Requirement, Resolved, Same, Span,
    Tool, ToolId,
};

use std::collections::BTreeMap;
use std::sync::Arc;

/// An immutable snapshot of the definitions.
#[derive(Debug, Default)]
pub struct Catalog {
    tools: BTreeMap<String, Arc<Tool>>,
    prompts: BTreeMap<String, Arc<Prompt>>,
    /// By URI.
    resources: BTreeMap<String, Arc<Resource>>,
    /// By URI template.
    templates: BTreeMap<String, Arc<ResourceTemplate>>,
}

impl Catalog {
    /// The tools by name, always in the same order.
    pub fn tools(&self) -> impl Iterator<Item = &Arc<Tool>> {
        self.tools.values()
    }

    /// The tool of that name on the wire.
    pub fn tool(&self, name: &str) -> Option<&Arc<Tool>> {
        self.tools.get(name)
    }

    /// The prompts by name, always in the same order.
    pub fn prompts(&self) -> impl Iterator<Item = &Arc<Prompt>> {
        self.prompts.values()
    }

    /// The resources by URI, always in the same order.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// The resource templates by URI template, always in the same order.
    pub fn templates(&self) -> impl Iterator<Item = &Arc<ResourceTemplate>> {
        self.templates.values()
    }

    /// Leaves out the tools that aren't to be served.
    pub fn retain(&mut self, keep: impl Fn(&Tool) -> bool) {
        self.tools.retain(|_, tool| keep(tool));
    }
}

/// The JSON Schema of tool files, for editors.
pub fn tool_schema() -> serde_json::Value {
    compile::schema_of::<raw::RawTool>()
}

/// The JSON Schema of `_service.yaml`, for editors.
pub fn service_schema() -> serde_json::Value {
    compile::schema_of::<raw::RawService>()
}

/// The JSON Schema of prompt files, for editors.
pub fn prompt_schema() -> serde_json::Value {
    compile::schema_of::<prompt::RawPrompt>()
}

/// The JSON Schema of resource files, for editors.
pub fn resource_schema() -> serde_json::Value {
    compile::schema_of::<resource::RawResource>()
}
