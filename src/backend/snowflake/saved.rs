//! Which saved queries there are for a caller, and what is told of them. Nothing is sent here.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::access::Scopes;
use crate::catalog::{Catalog, Parameter, SavedQuery};
use crate::target::Fill;

/// The saved queries of one backend that one caller may run.
pub(super) struct Queries<'a> {
    catalog: &'a Catalog,
    scopes: &'a Scopes,
    backend: &'a str,
}

impl<'a> Queries<'a> {
    pub(super) fn of(fill: &Fill<'a>, backend: &'a str) -> Self {
        Self { catalog: fill.catalog, scopes: fill.scopes, backend }
    }

    /// A query whose rows tell no sites is for those alone who may see every site.
    fn may(&self, query: &SavedQuery) -> bool {
        let places = self.scopes.is_global()
            || (query.scope_column.is_some() && self.scopes.holds_a_whole_site());
        places && query.backend == self.backend
    }

    /// One of them: what isn't there and what the caller may not run are alike.
    pub(super) fn one(&self, id: &str) -> Option<&'a SavedQuery> {
        self.catalog.query(id).map(AsRef::as_ref).filter(|query| self.may(query))
    }

    /// The record of one; null where there is none.
    pub(super) fn find(&self, id: &str) -> Value {
        self.one(id).map_or(Value::Null, |query| json!({"id": query.id, "title": query.title}))
    }

    /// All of them, by dashboard; those whose words hold `q`.
    pub(super) fn list(&self, q: Option<&str>) -> Value {
        let q = q.unwrap_or_default().to_lowercase();
        let mut dashboards: BTreeMap<&str, (&str, Vec<Value>)> = BTreeMap::new();
        for query in self.catalog.queries().filter(|query| self.may(query)) {
            let words = [&query.id, &query.title, &query.description, &query.dashboard.name];
            if words.iter().any(|text| text.to_lowercase().contains(&q)) {
                let dashboard = &query.dashboard;
                let entry = dashboards.entry(&dashboard.id);
                entry.or_insert((&dashboard.name, Vec::new())).1.push(told(query));
            }
        }
        let items: Vec<Value> = dashboards
            .into_iter()
            .map(|(id, (name, queries))| json!({"id": id, "name": name, "queries": queries}))
            .collect();
        json!({"items": items})
    }
}

fn told(query: &SavedQuery) -> Value {
    let parameters: Vec<Value> = query.parameters.iter().map(parameter).collect();
    json!({
        "id": query.id,
        "title": query.title,
        "description": query.description,
        "parameters": parameters,
    })
}

fn parameter(parameter: &Parameter) -> Value {
    let values = Some(&parameter.values).filter(|values| !values.is_empty());
    json!({
        "name": parameter.name,
        "type": parameter.kind.name(),
        "description": parameter.description,
        "required": parameter.required,
        "values": values,
        "default": parameter.default,
        "min": parameter.min,
        "max": parameter.max,
    })
}

/// What is told of a query beside its rows.
pub(super) fn about(query: &SavedQuery) -> Value {
    let columns: Vec<Value> = query
        .columns
        .iter()
        .map(|column| json!({"name": column.name, "type": column.kind.name(), "unit": column.unit}))
        .collect();
    json!({"queryId": query.id, "title": query.title, "columns": columns})
}
