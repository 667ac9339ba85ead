//! What fills a request's holes: values of one call, borrowed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::access::Scopes;
use crate::catalog::{Filter, PlaceFilter};
use crate::identity::Identity;
use crate::request::{Checked, Position};

/// A located record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The record as the service has it.
    pub value: Value,
    /// The entity tag under which it was read.
    pub etag: Option<String>,
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
            position: checked.position(),
        }
    }
}
