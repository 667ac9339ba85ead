//! What the files of the `file` and the `claims` adapter have in common: roles, assignments and
//! places, and faults that are told all at once with their lines.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::lines::{FILE, Lines};
use crate::access::{Place, Scopes};

/// Permissions of one holder, by name.
pub(in crate::access) type Grants = BTreeMap<String, Scopes>;

/// What has been found wrong so far, and where.
pub(in crate::access) struct Reading {
    lines: Lines,
    problems: Vec<String>,
}

/// One assignment, whoever holds it.
pub(in crate::access) trait Assigned: DeserializeOwned {
    /// The role's name.
    fn role(&self) -> &str;
    /// Where, as it is written: each way to get it wrong deserves its own words.
    fn at(&self) -> &Value;
}

impl Reading {
    /// Reads a text into its sections, of which there are no others than these.
    pub(in crate::access) fn of(
        text: &str,
        sections: &[&str],
    ) -> Result<(Self, Map<String, Value>), Vec<String>> {
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        let file: Value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| vec![error.to_string()])?;
        let mut reading = Self { lines: Lines::of(text), problems: Vec::new() };
        let Value::Object(file) = file else {
            let (last, others) = sections.split_last().unwrap_or((&"", &[]));
            return Err(vec![format!("expected the keys {} and {last}", others.join(", "))]);
        };
        for key in file.keys().filter(|key| !sections.contains(&key.as_str())) {
            let line = reading.lines.of_item(FILE, key);
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            reading.problems.push(format!("{line}unknown key '{key}'"));
        }
        Ok((reading, file))
    }

    /// The value, if nothing was wrong.
    pub(in crate::access) fn end<T>(self, value: T) -> Result<T, Vec<String>> {
        if self.problems.is_empty() { Ok(value) } else { Err(self.problems) }
    }

    pub(in crate::access) fn complain(
        &mut self,
        section: &'static str,
        item: &impl ToString,
        what: &str,
    ) {
        let item = item.to_string();
        let place = match self.lines.of_item(section, &item) {
            Some(line) => format!("line {line}: {section}[{item}]"),
            None => format!("{section}[{item}]"),
        };
        self.problems.push(format!("{place}: {what}"));
    }

    pub(in crate::access) fn roles(
        &mut self,
        section: Option<&Value>,
    ) -> BTreeMap<String, Vec<String>> {
        let Some(Value::Object(section)) = section else {
            self.problems.push("roles: expected a map of role names to permissions".to_owned());
            return BTreeMap::new();
        };
        let mut roles = BTreeMap::new();
        for (name, permissions) in section {
            match serde_json::from_value::<Vec<String>>(permissions.clone()) {
                Ok(permissions) if permissions.iter().all(|name| !name.is_empty()) => {
                    roles.insert(name.clone(), permissions);
                }
                _ => self.complain("roles", name, "expected a list of permission names"),
            }
        }
        roles
    }

    /// Adds the assignments up, each for whom `holders` says.
    pub(in crate::access) fn grants<A: Assigned, K: Ord>(
        &mut self,
        section: Option<&Value>,
        roles: &BTreeMap<String, Vec<String>>,
        holders: impl Fn(&A) -> Result<Vec<K>, String>,
    ) -> BTreeMap<K, Grants> {
        let mut grants: BTreeMap<K, Grants> = BTreeMap::new();
        for (index, raw) in self.list("assignments", section) {
            let assignment = match serde_json::from_value::<A>(raw) {
                Ok(assignment) => assignment,
                Err(error) => {
                    self.complain("assignments", &index, &error.to_string());
                    continue;
                }
            };
            let holders = holders(&assignment);
            let permissions = roles
                .get(assignment.role())
                .ok_or_else(|| format!("there is no role '{}'", assignment.role()));
            let place = place(assignment.at());
            // Each of the three is judged, so that one run shows all that is wrong with a line.
            match (holders, permissions, place) {
                (Ok(holders), Ok(permissions), Ok(place)) => {
                    for holder in holders {
                        let held = grants.entry(holder).or_default();
                        for permission in permissions {
                            held.entry(permission.clone()).or_default().add(place.clone());
                        }
                    }
                }
                (holders, permissions, place) => {
                    for what in [holders.err(), permissions.err(), place.err()].iter().flatten() {
                        self.complain("assignments", &index, what);
                    }
                }
            }
        }
        grants
    }

    pub(in crate::access) fn list(
        &mut self,
        name: &str,
        section: Option<&Value>,
    ) -> Vec<(usize, Value)> {
        if let Some(Value::Array(items)) = section {
            return items.iter().cloned().enumerate().collect();
        }
        self.problems.push(format!("{name}: expected a list"));
        Vec::new()
    }
}

fn place(at: &Value) -> Result<Place, String> {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let site_needed = || "at.site must be the site's id".to_owned();
    match at {
        Value::String(word) if word == "global" => Ok(Place::Global),
        Value::Object(keys) => {
            if let Some(key) = keys.keys().find(|key| *key != "site" && *key != "location") {
                return Err(format!("unknown key 'at.{key}'"));
            }
            let site = keys.get("site").and_then(text).ok_or_else(site_needed)?;
            match keys.get("location") {
                None => Ok(Place::Site(site)),
                Some(location) => text(location)
                    .map(|id| Place::Location { id, site })
                    .ok_or_else(|| "at.location must be the location's id".to_owned()),
            }
        }
        Value::Null => Err("at is missing: say 'global', {site: …} or {location: …, site: …}; \
                            an assignment without a place grants nothing"
            .to_owned()),
        _ => Err("at must be 'global', {site: …} or {location: …, site: …}".to_owned()),
    }
}
