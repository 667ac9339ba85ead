//! Composed tools: parts, each a full run of the pipeline as the same person, and how their answers
//! are put together.

use std::sync::Arc;

use super::pointer::Pointer;
use super::template::Template;
use super::tool::Tool;

/// What a composed tool is made of.
#[derive(Debug)]
pub struct Composition {
    /// The parts, in the file's order.
    pub parts: Vec<Part>,
    /// `by_prefix: ARGUMENT`: this argument reads `PART:ID`, and only the part of that name is run,
    /// with the id alone in the argument's place.
    pub by_prefix: Option<String>,
}

/// One part of a composed tool.
#[derive(Debug)]
pub struct Part {
    /// Its key in the answer, or the prefix of its ids.
    pub name: String,
    /// The tool that is run: one that reads, and isn't composed itself.
    pub tool: Arc<Tool>,
    /// Its arguments, with holes for those of the whole.
    pub with: Vec<(String, Template)>,
    /// Left out where the caller may not use its tool; otherwise the whole is hidden then.
    pub if_permitted: bool,
    /// Left out, and named as missing, where its service can't answer.
    pub if_available: bool,
    /// What a result of it is called: values of its row, joined.
    pub title: Vec<Pointer>,
    /// Where its answer holds the text to read. The other part of its name shows the record; where no
    /// part has the text, the record is the text.
    pub text: Option<Pointer>,
}

/// `answer: {link: […]}`: where people open a record in their own app, below `tools.app_url`.
#[derive(Clone, Debug, PartialEq)]
pub struct Link(pub Vec<LinkSegment>);

/// One segment of a link's path.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkSegment {
    /// As it stands.
    Text(String),
    /// A value of the row, percent-encoded whole.
    At(Pointer),
}
