//! What fills a request's holes: values of one call, borrowed.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::access::Scopes;
use crate::catalog::{Catalog, Pointer};
use crate::identity::Identity;
use crate::request::{Checked, Position};

/// A located record, or those of an argument that is a list of ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The record as the service has it; of several, a list.
    pub value: Value,
    /// The entity tag under which it was read.
    pub etag: Option<String>,
}

impl Record {
    /// A value of the record, or of each of them; none where one lacks it.
    pub fn at(&self, at: &Pointer) -> Option<Cow<'_, Value>> {
        let there = |record| at.of(record).filter(|value| !value.is_null());
        match &self.value {
            Value::Array(records) => {
                let values: Option<Vec<Value>> =
                    records.iter().map(|one| there(one).cloned()).collect();
                values.map(|values| Cow::Owned(Value::Array(values)))
            }
            record => there(record).map(Cow::Borrowed),
        }
    }
}

/// Located records by the argument that named them.
pub type Records = BTreeMap<String, Record>;

/// What fills the holes of one request.
#[derive(Clone, Copy)]
pub struct Fill<'a> {
    /// Who calls.
    pub identity: &'a Arc<Identity>,
    /// The definitions of the call.
    pub catalog: &'a Catalog,
    /// Where they may.
    pub scopes: &'a Scopes,
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
        Self {
            identity: permit.identity(),
            catalog: permit.catalog(),
            scopes: permit.scopes(),
            touched_sites: permit.tool().scope.judges_locations(),
            arguments: checked.arguments(),
            records,
            by: None,
            position: checked.position(),
        }
    }
}
