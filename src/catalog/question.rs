//! The question before a write, as its definition file words it (tool-format rule 7).

use std::collections::BTreeMap;

use super::pointer::Pointer;
use super::template::Leaf;

/// What the person is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionText {
    /// The title, with holes for values of the record.
    pub title: Vec<TitlePart>,
    /// The argument whose record fills the title's holes and is the 'before' of a change.
    pub record: Option<String>,
    /// The lines below the title.
    pub lines: Vec<QuestionLine>,
}

/// A piece of a title.
#[derive(Clone, Debug, PartialEq)]
pub enum TitlePart {
    /// Our words.
    Text(String),
    /// A value of the record.
    Hole(Pointer),
}

/// One line of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionLine {
    /// What the line is about, such as `Priority`.
    pub label: String,
    /// For a change: where the record holds the value before.
    pub from: Option<Pointer>,
    /// Where that value is a list: what of each element is shown.
    pub each: Option<Pointer>,
    /// The value to come: an argument or a value of a located record.
    pub to: Leaf,
    /// Words for values, such as `1: urgent`.
    pub words: BTreeMap<String, String>,
}
