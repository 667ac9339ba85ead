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
mod query;
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
pub use query::{Column, ColumnKind, Dashboard, Parameter, ParameterKind, SavedQuery};
pub use question::{QuestionLine, QuestionText, TitlePart};
pub use resolver::{EtagAt, RecordAt, Resolver, Way};
pub use resource::{Resource, ResourceTemplate};
pub use row::{Field, Row, Shape};
pub use scope_rule::{Filter, PlaceFilter, Private, ScopeRule};
pub use spread::{Key, Spread};
pub use template::{Hole, Leaf, Template};
pub use text::Text;
pub use text_answer::{CONTEXT, TextAnswer, Unit};
pub use tool::{
    About, Answer, Asked, Effect, Input, List, More, Plan, ReadPlan, Requirement, Resolved, Same,
    Span, Tool, ToolId,
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
    /// By id.
    queries: BTreeMap<String, Arc<SavedQuery>>,
    /// SHA-256 of the files, in hex.
    digest: String,
}

impl Catalog {
    /// SHA-256, in hex, of the files that this was made from.
    pub fn digest(&self) -> &str {
        &self.digest
    }

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

    /// The permissions that the definitions name, some of them more than once.
    pub fn permissions(&self) -> impl Iterator<Item = &str> {
        let tools = self.tools.values().map(|tool| &tool.permission);
        let prompts = self.prompts.values().map(|prompt| &prompt.permission);
        let resources = self.resources.values().map(|resource| &resource.permission);
        let templates = self.templates.values().map(|template| &template.permission);
        let required = tools.chain(prompts).chain(resources).chain(templates);
        required.flat_map(Requirement::names)
    }

    /// The saved queries by id, always in the same order.
    pub fn queries(&self) -> impl Iterator<Item = &Arc<SavedQuery>> {
        self.queries.values()
    }

    /// The saved query of that id.
    pub fn query(&self, id: &str) -> Option<&Arc<SavedQuery>> {
        self.queries.get(id)
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

/// The JSON Schema of saved queries' files, for editors.
pub fn query_schema() -> serde_json::Value {
    compile::schema_of::<query::RawQuery>()
}
