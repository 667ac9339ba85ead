//! `POST …/search`: filters, sort order and page, by the contract that the sample services share.
//! Pure: it knows records, not whose they are. The fence is put around it by its caller.

use std::cmp::Ordering;

use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{contains_ignoring_case, text};
use super::problem::Problem;

/// What can be asked of one kind of record.
pub(super) struct Searchable {
    /// The fields that a search may name. `q` looks into several at once.
    pub(super) fields: &'static [&'static str],
    /// What `q` looks into.
    pub(super) searched: &'static [&'static str],
}

const LARGEST_PAGE: usize = 1000;

/// The body of a search.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Search {
    #[serde(default)]
    filter_specifications: Vec<Filter>,
    #[serde(default)]
    sort_specifications: Vec<Sort>,
    #[serde(default = "first_page")]
    page: usize,
    #[serde(default = "usual_page_size")]
    page_size: usize,
    #[serde(skip)]
    searched: &'static [&'static str],
}

/// One condition; a record has to meet all of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    field: String,
    operator: Operator,
    #[serde(default)]
    value: Value,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
enum Operator {
    Equals,
    NotEquals,
    In,
    Contains,
    StartsWith,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Between,
    IsNull,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sort {
    field: String,
    #[serde(default)]
    sort: Direction,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Direction {
    #[default]
    Asc,
    Desc,
}

fn first_page() -> usize {
    1
}

fn usual_page_size() -> usize {
    100
}

impl Search {
    /// Reads a body: 400 where it isn't a search, 422 where it asks for what can't be.
    pub(super) fn read(body: &[u8], of: &Searchable) -> Result<Self, Problem> {
        let mut search: Self = serde_json::from_slice(body)
            .map_err(|error| Problem::bad_request(format!("The body isn't a search: {error}.")))?;
        search.searched = of.searched;
        let mut faults = Vec::new();
        let filters = search.filter_specifications.iter().map(|filter| filter.field.as_str());
        let sorts = search.sort_specifications.iter().map(|sort| sort.field.as_str());
        for field in filters.chain(sorts).filter(|field| !of.fields.contains(field)) {
            faults.push((field.to_owned(), "There is no such field.".to_owned()));
        }
        for filter in &search.filter_specifications {
            if let Some(fault) = filter.fault() {
                faults.push((filter.field.clone(), fault.to_owned()));
            }
        }
        if search.page == 0 {
            faults.push(("page".to_owned(), "Pages count from 1.".to_owned()));
        }
        if !(1..=LARGEST_PAGE).contains(&search.page_size) {
            faults.push(("pageSize".to_owned(), "1 to 1000.".to_owned()));
        }
        if faults.is_empty() { Ok(search) } else { Err(Problem::invalid(faults)) }
    }

    /// The page of those records that meet every condition.
    pub(super) fn run<'a>(&self, records: impl Iterator<Item = &'a Value>) -> Value {
        self.page(&self.found(records))
    }

    /// The records that meet every condition, in order.
    pub(super) fn found<'a>(&self, records: impl Iterator<Item = &'a Value>) -> Vec<&'a Value> {
        let meets_all = |record: &&Value| {
            self.filter_specifications.iter().all(|filter| filter.is_met_by(record, self.searched))
        };
        let mut found: Vec<&Value> = records.filter(meets_all).collect();
        found.sort_by(|one, other| self.order(one, other));
        found
    }

    /// `{before, after, total, items}`, where `before` and `after` count the found records on
    /// either side of the page.
    pub(super) fn page(&self, found: &[&Value]) -> Value {
        let before = (self.page - 1).saturating_mul(self.page_size).min(found.len());
        let end = before.saturating_add(self.page_size).min(found.len());
        json!({
            "before": before,
            "after": found.len() - end,
            "total": found.len(),
            "items": found.get(before..end).unwrap_or_default(),
        })
    }

    /// The asked-for order, then newest first, then by id: no two records tie, so that pages
    /// never overlap.
    fn order(&self, one: &Value, other: &Value) -> Ordering {
        for Sort { field, sort } in &self.sort_specifications {
            let by_field = compare(one.get(field), other.get(field));
            let by_field = match sort {
                Direction::Asc => by_field,
                Direction::Desc => by_field.reverse(),
            };
            if by_field != Ordering::Equal {
                return by_field;
            }
        }
        text(other, "createdDate")
            .cmp(text(one, "createdDate"))
            .then_with(|| text(one, "id").cmp(text(other, "id")))
    }
}

impl Filter {
    fn fault(&self) -> Option<&'static str> {
        let list = self.value.as_array().map(Vec::len);
        match self.operator {
            Operator::In if list.is_none() => Some("'in' needs a list."),
            Operator::Between if list != Some(2) => Some("'between' needs a list of two."),
            Operator::Contains | Operator::StartsWith if !self.value.is_string() => {
                Some("This operator needs a text.")
            }
            Operator::IsNull if !self.value.is_boolean() && !self.value.is_null() => {
                Some("'isNull' needs true or false.")
            }
            _ if self.field == "q" && self.operator != Operator::Contains => {
                Some("'q' knows 'contains' only.")
            }
            _ => None,
        }
    }

    fn is_met_by(&self, record: &Value, searched: &[&str]) -> bool {
        if self.field == "q" {
            let wanted = self.value.as_str().unwrap_or_default();
            return searched
                .iter()
                .any(|field| contains_ignoring_case(text(record, field), wanted));
        }
        let held = record.get(&self.field).unwrap_or(&Value::Null);
        match (self.operator, held) {
            (Operator::IsNull, held) => held.is_null() == self.value.as_bool().unwrap_or(true),
            (Operator::NotEquals, Value::Array(held)) => !held.contains(&self.value),
            // Of a list, one entry has to meet the condition.
            (_, Value::Array(held)) => held.iter().any(|held| self.holds(held)),
            (_, held) => self.holds(held),
        }
    }

    fn holds(&self, held: &Value) -> bool {
        let wanted = &self.value;
        let within = |low: Option<&Value>, high: Option<&Value>| {
            !held.is_null()
                && compare(Some(held), low) != Ordering::Less
                && compare(Some(held), high) != Ordering::Greater
        };
        let order = compare(Some(held), Some(wanted));
        let comparable = !held.is_null() && !wanted.is_null();
        match self.operator {
            Operator::Equals => order == Ordering::Equal,
            Operator::NotEquals => order != Ordering::Equal,
            Operator::In => wanted.as_array().is_some_and(|list| {
                list.iter().any(|one| compare(Some(held), Some(one)) == Ordering::Equal)
            }),
            Operator::Contains => match (held.as_str(), wanted.as_str()) {
                (Some(held), Some(wanted)) => contains_ignoring_case(held, wanted),
                _ => false,
            },
            Operator::StartsWith => match (held.as_str(), wanted.as_str()) {
                (Some(held), Some(wanted)) => {
                    held.to_lowercase().starts_with(&wanted.to_lowercase())
                }
                _ => false,
            },
            Operator::GreaterThan => comparable && order == Ordering::Greater,
            Operator::GreaterThanOrEqual => comparable && order != Ordering::Less,
            Operator::LessThan => comparable && order == Ordering::Less,
            Operator::LessThanOrEqual => comparable && order != Ordering::Greater,
            Operator::Between => {
                let ends = wanted.as_array();
                within(ends.and_then(|ends| ends.first()), ends.and_then(|ends| ends.get(1)))
            }
            Operator::IsNull => false,
        }
    }
}

/// Nothing before something; numbers and moments by their value, other texts by their letters.
fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        None | Some(Value::Null) => 0,
        Some(Value::Bool(_)) => 1,
        Some(Value::Number(_)) => 2,
        Some(Value::String(_)) => 3,
        Some(_) => 4,
    };
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(one)), Some(Value::String(other))) => {
            match (DateTime::parse_from_rfc3339(one), DateTime::parse_from_rfc3339(other)) {
                (Ok(one), Ok(other)) => one.cmp(&other),
                _ => one.cmp(other),
            }
        }
        (Some(Value::Bool(one)), Some(Value::Bool(other))) => one.cmp(other),
        (Some(one @ (Value::Array(_) | Value::Object(_))), Some(other))
            if rank(Some(other)) == 4 =>
        {
            one.to_string().cmp(&other.to_string())
        }
        _ => rank(one).cmp(&rank(other)),
    }
}

#[cfg(test)]
mod tests;
