//! What can be asked, as the filled body of a request says it. `catalog/compile/adt.rs` has the same
//! keys for definitions; values that callers give are held to these types once more.

use serde::Deserialize;
use serde_json::Value;

/// A question.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) enum Ask {
    /// A page of twins.
    Twins(Search),
    /// How many twins there are.
    Count(Search),
    /// One twin.
    Twin(One),
    /// A page of one twin's relationships, each with the twin at its other end.
    Relationships(Relations),
    /// The twins that can be reached from one.
    Walk(Walk),
    /// A page of models.
    Models(Models),
    /// One model with what it takes from those that it extends.
    Model(Model),
}

/// Which twins.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Search {
    /// Of these sites; all, where nothing is pushed.
    pub sites: Option<Vec<String>>,
    /// Of one of these models.
    pub models: Vec<String>,
    /// Models that extend one of them count, too; they do where it isn't said.
    pub subtypes: Option<bool>,
    /// Part of the name or the id.
    pub search: Option<String>,
    /// What their properties must be.
    #[serde(rename = "where")]
    pub filters: Vec<Filter>,
    /// The twin to which they are related.
    pub related: Option<Related>,
    /// Twins a page.
    pub page_size: Option<usize>,
    /// Where the list goes on.
    pub after: Option<String>,
}

/// What one property must be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    pub property: String,
    pub operator: Operator,
    pub value: Option<Value>,
}

/// The operators, named as in the filters of the other services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Operator {
    Equals,
    NotEquals,
    In,
    Contains,
    StartsWith,
    EndsWith,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    IsNull,
}

/// A relationship to one twin.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Related {
    pub twin_id: String,
    pub relationship: String,
    #[serde(default)]
    pub direction: Direction,
}

/// Which way relationships go, seen from the twin that is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Direction {
    /// From it.
    Outgoing,
    /// To it.
    Incoming,
    /// Either.
    #[default]
    Both,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    pub id: String,
    #[serde(default)]
    pub relationships: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Relations {
    pub of: String,
    #[serde(default)]
    pub direction: Direction,
    #[serde(default)]
    pub names: Vec<String>,
    pub page_size: Option<usize>,
    pub after: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walk {
    pub from: String,
    #[serde(default)]
    pub paths: Vec<Path>,
    pub depth: Option<usize>,
    pub nodes: Option<usize>,
}

/// One kind of step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Path {
    /// Along relationships of this name; of any, where it isn't said.
    pub relationship: Option<String>,
    pub direction: Direction,
    /// Only to twins of this model.
    pub model_filter: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Models {
    pub search: Option<String>,
    /// Only this model and those that extend it.
    pub below: Option<String>,
    pub page_size: Option<usize>,
    pub after: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Model {
    pub id: String,
}

impl Direction {
    /// The ways that it stands for, from the twin first.
    pub(super) fn ways(self) -> &'static [Way] {
        match self {
            Self::Outgoing => &[Way::Out],
            Self::Incoming => &[Way::In],
            Self::Both => &[Way::Out, Way::In],
        }
    }
}

/// One way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From the twin.
    Out,
    /// To the twin.
    In,
}
