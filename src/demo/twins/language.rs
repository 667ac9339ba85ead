//! The part of the query language of Azure Digital Twins that the sample service knows: from text to
//! a [`Query`], with the service's own limits. What isn't of the language is an error, so that a
//! quote that gets out of its literal doesn't go unnoticed.

mod lexer;
mod parser;

pub(crate) use self::parser::parse;

use serde_json::Value;

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) select: Select,
    pub(crate) from: From,
    /// The name of the first collection; empty where it has none.
    pub(crate) alias: String,
    pub(crate) joins: Vec<Join>,
    pub(crate) condition: Option<Expression>,
}

/// What is given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Select {
    /// `*`
    All,
    /// `COUNT()`
    Count,
    /// `T, R`
    Named(Vec<String>),
}

/// Of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Twins,
    Relationships,
}

/// `JOIN alias RELATED of.relationship`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    pub(crate) alias: String,
    pub(crate) of: String,
    pub(crate) relationship: String,
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    /// `=`, `!=`, `<`, `<=`, `>`, `>=`
    Compare(Path, &'static str, Value),
    /// `IN`, or `NIN`
    In(Path, bool, Vec<Value>),
    /// `CONTAINS`, `STARTSWITH` or `ENDSWITH`
    Text(&'static str, Path, String),
    /// `IS_DEFINED`
    Defined(Path),
    /// `IS_OF_MODEL(alias, model, exact)`
    OfModel(String, String, bool),
}

/// `T.name`, `T.$metadata.$model`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub(crate) alias: String,
    pub(crate) names: Vec<String>,
}

/// Why a text isn't a query, with the service's own code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn syntax(message: impl Into<String>) -> Self {
        Self { code: "SqlQueryError", message: message.into() }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self { code: "BadRequest", message: message.into() }
    }
}

impl Query {
    /// The same query with every value taken out: what an argument must never change.
    #[cfg(test)]
    pub(crate) fn shape(&self) -> Self {
        let condition = self.condition.as_ref().map(Expression::shape);
        Self { condition, ..self.clone() }
    }
}

#[cfg(test)]
impl Expression {
    fn shape(&self) -> Self {
        let all = |several: &[Self]| several.iter().map(Self::shape).collect();
        match self {
            Self::And(several) => Self::And(all(several)),
            Self::Or(several) => Self::Or(all(several)),
            Self::Not(one) => Self::Not(Box::new(one.shape())),
            Self::Compare(path, sign, _) => Self::Compare(path.clone(), sign, Value::Null),
            Self::In(path, not, _) => Self::In(path.clone(), *not, Vec::new()),
            Self::Text(function, path, _) => Self::Text(function, path.clone(), String::new()),
            Self::Defined(path) => Self::Defined(path.clone()),
            Self::OfModel(alias, _, exact) => Self::OfModel(alias.clone(), String::new(), *exact),
        }
    }
}
