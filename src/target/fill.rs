//! What fills a request's holes: values of one call, borrowed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::access::Scopes;
use crate::catalog::{Filter, PlaceFilter, Pointer};
use crate::identity::Identity;
use crate::request::{Checked, Position};

/// What an argument named: a record, or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The record as the service has it; of a list of ids, the records that were found, in the
    /// order of the ids.
    pub value: Value,
    /// The entity tag under which it was read.
    pub etag: Option<String>,
    /// True where the argument is a list of ids.
    pub many: bool,
}

/// What can be taken of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// This. Of a list of records, each value once.
    Value(Value),
    /// The argument is a list of which nothing was found.
    Nothing,
    /// The record, or one of the list, lacks it.
    Lacking,
}

impl Record {
    /// One record.
    pub fn one(value: Value, etag: Option<String>) -> Self {
        Self { value, etag, many: false }
    }

    /// Those of a list of ids that were found.
    pub fn list(found: Vec<Value>) -> Self {
        Self { value: Value::Array(found), etag: None, many: true }
    }

    /// The value at this place; of a list, those of all its records.
    pub fn take(&self, at: &Pointer) -> Taken {
        let of = |record: &Value| at.of(record).filter(|value| !value.is_null()).cloned();
        if !self.many {
            return of(&self.value).map_or(Taken::Lacking, Taken::Value);
        }
        let mut taken: Vec<Value> = Vec::new();
        for record in self.records() {
            match of(record) {
                Some(value) if taken.contains(&value) => {}
                Some(value) => taken.push(value),
                None => return Taken::Lacking,
            }
        }
        if taken.is_empty() { Taken::Nothing } else { Taken::Value(Value::Array(taken)) }
    }

    /// Does a row hold at `own` what this record, or one of the list, holds at `at`?
    pub fn agrees(&self, own: &Pointer, row: &Value, at: &Pointer) -> bool {
        self.records().any(|record| own.agrees(row, at, record))
    }

    fn records(&self) -> impl Iterator<Item = &Value> {
        let many = self.value.as_array().filter(|_| self.many).into_iter().flatten();
        many.chain(Some(&self.value).filter(|_| !self.many))
    }
}

/// Located records by the argument that named them.
pub type Records = BTreeMap<String, Record>;

/// What fills the holes of one request.
#[derive(Clone, Copy)]
pub struct Fill<'a> {
    /// Who calls.
    pub identity: &'a Identity,
    /// Where they may.
    pub scopes: &'a Scopes,
    /// How a record's place is judged, for a backend that goes from one record to the next.
    pub place: Option<&'a PlaceFilter>,
    /// True where a scope of locations may be pushed as the sites that it touches, because a
    /// location filter judges each row afterwards.
    pub touched_sites: bool,
    /// The call's arguments.
    pub arguments: &'a Map<String, Value>,
    /// Records that were located so far.
    pub records: &'a Records,
    /// In a resolver: the id that was named.
    pub by: Option<&'a str>,
    /// In a resolver that finds many at once: the ids that were named.
    pub by_all: &'a [String],
    /// Where in the list the call goes on.
    pub position: &'a Position,
}

impl<'a> Fill<'a> {
    pub(super) fn of(checked: &'a Checked, records: &'a Records) -> Self {
        let permit = checked.permit();
        let place = match &permit.tool().scope.filter {
            Some(Filter::Place(place)) => Some(place),
            _ => None,
        };
        Self {
            place,
            identity: permit.identity(),
            scopes: permit.scopes(),
            touched_sites: permit.tool().scope.judges_locations(),
            arguments: checked.arguments(),
            records,
            by: None,
            by_all: &[],
            position: checked.position(),
        }
    }
}
