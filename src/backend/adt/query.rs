//! Whole queries, within the service's limits: no IN list longer than 50, no more than 50 terms, no
//! text longer than 8,000 characters. A scope of more sites is asked for in several queries.

use super::ask::{Path, Related, Search, Way};
use super::condition::{MOST_ITEMS, Unfit, is_name, list, named, of_model, property, quoted};

/// The longest query, in characters.
const LONGEST: usize = 8_000;
/// The most conditions that AND and OR may join.
const MOST_TERMS: usize = 50;

/// The twin at the other end of a join, which is known by its id.
const OTHER: char = 'S';
/// The twins that are asked for.
pub(super) const TWIN: char = 'T';
/// Relationships that are asked for.
pub(super) const RELATIONSHIP: char = 'R';

/// Conditions that must all hold, each of which may be several of which one must.
#[derive(Default)]
struct Conditions {
    all: Vec<String>,
    terms: usize,
}

impl Conditions {
    fn and(&mut self, condition: String) {
        self.all.push(condition);
        self.terms += 1;
    }

    fn and_one_of(&mut self, conditions: &[String]) {
        self.terms += conditions.len();
        match conditions {
            [only] => self.all.push(only.clone()),
            several => self.all.push(format!("({})", several.join(" OR "))),
        }
    }

    fn after(&self, select: &str) -> Result<String, Unfit> {
        let mut query = select.to_owned();
        if !self.all.is_empty() {
            query.push_str(" WHERE ");
            query.push_str(&self.all.join(" AND "));
        }
        let fits = self.terms <= MOST_TERMS && query.chars().count() <= LONGEST;
        if fits { Ok(query) } else { Err(Unfit::TooLong) }
    }
}

/// What of the twins is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The twins.
    Twins,
    /// Their number.
    Count,
}

/// The queries that answer a search, one after the other: each has a part of the sites, and no twin
/// answers to two of them.
pub(super) fn twins(search: &Search, what: What) -> Result<Vec<String>, Unfit> {
    let Some(sites) = &search.sites else {
        return Ok(vec![of_sites(search, None, what)?]);
    };
    let mut queries = Vec::new();
    let mut rest = sites.as_slice();
    while !rest.is_empty() {
        let mut size = rest.len().min(MOST_ITEMS);
        loop {
            let (some, others) = rest.split_at_checked(size).ok_or(Unfit::TooLong)?;
            match of_sites(search, Some(some), what) {
                // Long ids, or a long question beside them.
                Err(Unfit::TooLong) if size > 1 => size /= 2,
                Err(unfit) => return Err(unfit),
                Ok(query) => {
                    queries.push(query);
                    rest = others;
                    break;
                }
            }
        }
    }
    Ok(queries)
}

fn of_sites(search: &Search, sites: Option<&[String]>, what: What) -> Result<String, Unfit> {
    let mut conditions = Conditions::default();
    let from = match &search.related {
        None => format!("DIGITALTWINS {TWIN}"),
        Some(related) => joined(related, &mut conditions)?,
    };
    if let Some(sites) = sites {
        let sites = list(sites.iter().map(String::as_str))?;
        conditions.and(format!("{TWIN}.siteID IN {sites}"));
    }
    let exact = search.subtypes == Some(false);
    let models = search.models.iter().map(|model| of_model(TWIN, model, exact));
    let models: Vec<String> = models.collect::<Result<_, _>>()?;
    if !models.is_empty() {
        conditions.and_one_of(&models);
    }
    if let Some(text) = search.search.as_deref().filter(|text| !text.is_empty()) {
        conditions.and_one_of(&named(TWIN, text)?);
    }
    for filter in &search.filters {
        conditions.and(property(TWIN, filter)?);
    }
    let select = match what {
        What::Twins => format!("SELECT {TWIN} FROM {from}"),
        What::Count => format!("SELECT COUNT() FROM {from}"),
    };
    conditions.after(&select)
}

/// The other twin of a relationship, and the relationship.
fn joined(related: &Related, conditions: &mut Conditions) -> Result<String, Unfit> {
    let name = &related.relationship;
    if !is_name(name) {
        return Err(Unfit::Relationship);
    }
    conditions.and(format!("{OTHER}.$dtId = {}", quoted(&related.twin_id)?));
    Ok(match related.direction.ways() {
        [Way::In] => format!("DIGITALTWINS {TWIN} JOIN {OTHER} RELATED {TWIN}.{name}"),
        _ => format!("DIGITALTWINS {OTHER} JOIN {TWIN} RELATED {OTHER}.{name}"),
    })
}

/// The twins with these ids, at most fifty; of one model, where it is said.
pub(super) fn by_id(ids: &[&str], model: Option<&str>) -> Result<String, Unfit> {
    let mut conditions = Conditions::default();
    conditions.and(format!("{TWIN}.$dtId IN {}", at_most_fifty(ids)?));
    if let Some(model) = model {
        conditions.and(of_model(TWIN, model, false)?);
    }
    conditions.after(&format!("SELECT {TWIN} FROM DIGITALTWINS {TWIN}"))
}

/// The relationships that go one way from these twins, at most fifty.
pub(super) fn steps(ids: &[&str], path: &Path, way: Way) -> Result<String, Unfit> {
    let end = match way {
        Way::Out => "$sourceId",
        Way::In => "$targetId",
    };
    let mut conditions = Conditions::default();
    conditions.and(format!("{RELATIONSHIP}.{end} IN {}", at_most_fifty(ids)?));
    if let Some(name) = &path.relationship {
        if !is_name(name) {
            return Err(Unfit::Relationship);
        }
        conditions.and(format!("{RELATIONSHIP}.$relationshipName = {}", quoted(name)?));
    }
    conditions.after(&format!("SELECT {RELATIONSHIP} FROM RELATIONSHIPS {RELATIONSHIP}"))
}

fn at_most_fifty(ids: &[&str]) -> Result<String, Unfit> {
    if ids.len() > MOST_ITEMS { Err(Unfit::TooLong) } else { list(ids.iter().copied()) }
}

#[cfg(test)]
mod tests;
