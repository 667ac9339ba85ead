//! What the parts of a definition may refer to: the tool's arguments, and what is known of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::catalog::pointer::Pointer;
use crate::catalog::resolver::Resolver;
use crate::catalog::scope_rule::Filter;

/// What a template may refer to.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Names {
    /// The tool's arguments.
    pub arguments: BTreeMap<String, Argument>,
    /// True in a resolver, which has the id that was named and nothing else.
    pub in_resolver: bool,
    /// True in a resolver's `all`, which has the ids that were named instead.
    pub by_all: bool,
}

/// An argument, as far as other parts of the definition depend on it.
#[derive(Debug)]
pub(in crate::catalog) struct Argument {
    /// It is there in every call: required, or with a default.
    pub always: bool,
    /// What it holds.
    pub kind: Kind,
    /// The record that it names, if it names one.
    pub record: Option<Named>,
}

/// What an argument holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::catalog) enum Kind {
    /// `true` or `false`.
    Boolean,
    /// One of the definition's own words.
    Closed,
    /// A text, or a list of texts.
    Text,
    /// A number, or a list of numbers.
    Number,
    /// An object, or anything: what it can carry isn't known.
    Open,
}

/// A record that an argument names.
#[derive(Debug)]
pub(in crate::catalog) struct Named {
    /// How it is found; none where its definition is faulty, which is told there.
    pub resolver: Option<Arc<Resolver>>,
    /// It is found inside the caller's scope only.
    pub held: bool,
    /// The argument is a list of ids.
    pub many: bool,
}

impl Names {
    /// A resolver's names.
    pub(super) fn of_resolver() -> Self {
        Self { in_resolver: true, ..Self::default() }
    }

    /// The names of a resolver's `all`.
    pub(super) fn of_resolver_of_many() -> Self {
        Self { by_all: true, ..Self::of_resolver() }
    }

    /// True for an argument that names several records.
    pub(super) fn is_many(&self, argument: &str) -> bool {
        self.record(argument).is_some_and(|record| record.many)
    }

    /// The argument's record, if it names one.
    pub(super) fn record(&self, argument: &str) -> Option<&Named> {
        self.arguments.get(argument)?.record.as_ref()
    }

    /// True for an argument that is there in every call.
    pub(super) fn always(&self, argument: &str) -> bool {
        self.arguments.get(argument).is_some_and(|argument| argument.always)
    }

    /// True where a value that equals this one of the argument's record lies inside the scope as
    /// well. Its site alone doesn't say so where the record was held by its location.
    pub(super) fn ties(&self, argument: &str, found: &Pointer) -> bool {
        let Some(record) = self.record(argument) else { return false };
        let Some(resolver) = &record.resolver else { return true };
        let by_site = match &resolver.scope.filter {
            Some(Filter::Place(place)) => place.site.as_ref().is_some_and(|site| site.is(found)),
            _ => false,
        };
        record.held && !(by_site && resolver.scope.judges_locations())
    }
}

impl Kind {
    /// By an argument's JSON Schema.
    pub(super) fn of(property: &Map<String, Value>) -> Self {
        let named = |schema: &Map<String, Value>| {
            schema.get("type").and_then(Value::as_str).map(str::to_owned)
        };
        if property.contains_key("enum") || property.contains_key("const") {
            return Self::Closed;
        }
        let items = property.get("items").and_then(Value::as_object);
        match (named(property).as_deref(), items.and_then(named).as_deref()) {
            (Some("boolean"), _) => Self::Boolean,
            (Some("string"), _) | (Some("array"), Some("string")) => Self::Text,
            (Some("integer" | "number"), _) | (Some("array"), Some("integer" | "number")) => {
                Self::Number
            }
            (Some("array"), None) if items.is_some_and(|items| items.contains_key("enum")) => {
                Self::Closed
            }
            _ => Self::Open,
        }
    }
}

impl Resolver {
    /// True where what it finds lies inside the caller's scope.
    pub(super) fn holds(&self) -> bool {
        self.scope.push || self.scope.filter.is_some()
    }
}
