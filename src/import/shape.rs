//! What a schema comes down to, as far as rows and arguments have a use for it: one kind, its fields
//! and its limits. References are gone, and so is whatever has no end.

use serde_json::{Map, Value};

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    List(Box<Shape>),
    Object(Fields),
    /// It can't be said, for this reason.
    Open(&'static str),
}

/// The fields of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields {
    pub all: Vec<(String, Shape)>,
    pub required: Vec<String>,
}

/// A schema, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    pub kind: Kind,
    /// The component that it is, such as `Pet`.
    pub name: Option<String>,
    pub nullable: bool,
    /// Comes in answers only.
    pub read_only: bool,
    /// Goes into requests only.
    pub write_only: bool,
    /// JSON Schema keywords besides its type.
    pub limits: Map<String, Value>,
    pub description: Option<String>,
}

/// A schema that says nothing.
const SILENT: &str = "its schema says no type";

impl Shape {
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            kind,
            name: None,
            nullable: false,
            read_only: false,
            write_only: false,
            limits: Map::new(),
            description: None,
        }
    }

    /// Of which nothing can be said.
    pub(super) fn open(why: &'static str) -> Self {
        Self::of(Kind::Open(why))
    }

    /// Of which nothing is said.
    pub(super) fn silent() -> Self {
        Self::open(SILENT)
    }

    pub(super) fn fields(&self) -> Option<&Fields> {
        match &self.kind {
            Kind::Object(fields) => Some(fields),
            _ => None,
        }
    }

    pub(super) fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Integer | Kind::Number | Kind::Boolean)
    }

    /// JSON Schema `format`.
    pub(super) fn format(&self) -> Option<&str> {
        self.limits.get("format")?.as_str()
    }

    /// Both hold: `allOf`.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.kind = match (self.kind, other.kind) {
            (Kind::Open(why), kind) => {
                if kind == Kind::Open(SILENT) {
                    Kind::Open(why)
                } else {
                    kind
                }
            }
            (Kind::List(one), Kind::List(two)) => Kind::List(Box::new(one.and(*two))),
            (Kind::Object(one), Kind::Object(two)) => Kind::Object(one.and(two)),
            (Kind::Number, Kind::Integer) => Kind::Integer,
            (kind, _) => kind,
        };
        for (key, value) in other.limits {
            self.limits.entry(key).or_insert(value);
        }
        self.nullable |= other.nullable;
        self.read_only |= other.read_only;
        self.write_only |= other.write_only;
        self.name = self.name.or(other.name);
        self.description = self.description.or(other.description);
        self
    }

    /// One of them holds: `oneOf`, `anyOf`. What they don't share is no promise.
    pub(super) fn or(mut self, other: Self) -> Self {
        self.kind = match (self.kind, other.kind) {
            (Kind::Object(one), Kind::Object(two)) => Kind::Object(one.or(&two)),
            (Kind::List(one), Kind::List(two)) => Kind::List(Box::new(one.or(*two))),
            (Kind::Integer, Kind::Number) | (Kind::Number, Kind::Integer) => Kind::Number,
            (one, two) if one == two => one,
            _ => Kind::Open("it may be of several kinds"),
        };
        self.limits.clear();
        self.nullable |= other.nullable;
        self.name = None;
        self.description = self.description.or(other.description);
        self
    }
}

impl Fields {
    pub(super) fn get(&self, name: &str) -> Option<&Shape> {
        self.all.iter().find(|(own, _)| own == name).map(|(_, shape)| shape)
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.required.iter().any(|own| own == name)
    }

    fn and(self, other: Self) -> Self {
        let mut all = self.join(&other.all, Shape::and);
        all.required.extend(other.required);
        all
    }

    fn or(self, other: &Self) -> Self {
        let required: Vec<String> =
            self.required.iter().filter(|name| other.requires(name)).cloned().collect();
        let mut all = self.join(&other.all, Shape::or);
        all.required = required;
        all
    }

    fn join(mut self, more: &[(String, Shape)], how: impl Fn(Shape, Shape) -> Shape) -> Self {
        for (name, shape) in more {
            let own = self.all.iter_mut().find(|(own, _)| own == name);
            match own {
                Some((_, own)) => *own = how(own.clone(), shape.clone()),
                None => self.all.push((name.clone(), shape.clone())),
            }
        }
        self
    }
}
