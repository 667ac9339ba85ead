//! The `file` adapter's data: people, roles and assignments from one YAML file.
//! The `file` permission adapter and the demo's authorisation service read it. Assignments only
//! add; there is no deny. A place that is lost or misspelt is an error, never 'everywhere'.

mod lines;

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use self::lines::{FILE, Lines};
use super::{Place, Scopes};

/// Who holds which role where, as one file says it.
///
/// ```yaml
/// roles: {viewer: [WillowApp.CanViewTickets]}
/// users: [{id: 5c0f…, name: ben, groups: [north]}]        # id: the person's Entra `oid`
/// assignments:
///   - {user: 5c0f…, role: viewer, at: global}
///   - {group: north, role: viewer, at: {site: SITE}}
///   - {group: north, role: viewer, at: {location: LOCATION, site: SITE}}
/// ```
#[derive(Clone, Debug)]
pub struct Assignments {
    version: String,
    users: BTreeMap<String, User>,
    grants: BTreeMap<String, BTreeMap<String, Scopes>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    id: String,
    /// A word that people may use instead of the id (`osier explain --user`); never used to decide.
    name: Option<String>,
    #[serde(default)]
    groups: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    user: Option<String>,
    group: Option<String>,
    role: String,
    /// Kept raw: each way to get it wrong deserves its own words.
    #[serde(default)]
    at: Value,
}

impl Assignments {
    /// Reads a file's text. All problems are reported at once, each with its line where that is
    /// known; nothing is granted from a file that has one.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<String>> {
        let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
        let file: Value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| vec![error.to_string()])?;
        let mut reading = Reading { lines: Lines::of(text), problems: Vec::new() };
        let Value::Object(file) = file else {
            return Err(vec!["expected the keys roles, users and assignments".to_owned()]);
        };
        for key in file.keys() {
            if !["roles", "users", "assignments"].contains(&key.as_str()) {
                let line = reading.lines.of_item(FILE, key);
                let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
                reading.problems.push(format!("{line}unknown key '{key}'"));
            }
        }
        let roles = reading.roles(file.get("roles"));
        let users = reading.users(file.get("users"));
        let grants = reading.grants(file.get("assignments"), &roles, &users);
        if reading.problems.is_empty() {
            Ok(Self { version: version_of(text), users, grants })
        } else {
            Err(reading.problems)
        }
    }

    /// What this person may do, and where. Empty for one whom the file doesn't know.
    pub fn grants(&self, oid: &str) -> BTreeMap<String, Scopes> {
        self.grants.get(&oid.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    /// Does the file know this person? One who is known may still hold nothing.
    pub fn knows(&self, oid: &str) -> bool {
        self.users.contains_key(&oid.to_ascii_lowercase())
    }

    /// The `oid` of the person whom the file calls by this name or id.
    pub fn find(&self, name_or_oid: &str) -> Option<&str> {
        let wanted = name_or_oid.to_ascii_lowercase();
        self.users
            .values()
            .find(|user| user.id == wanted || user.name.as_deref() == Some(name_or_oid))
            .map(|user| user.id.as_str())
    }

    /// Changes whenever the file's text does.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// What has been found wrong so far, and where.
struct Reading {
    lines: Lines,
    problems: Vec<String>,
}

impl Reading {
    fn complain(&mut self, section: &'static str, item: &impl ToString, what: &str) {
        let item = item.to_string();
        let place = match self.lines.of_item(section, &item) {
            Some(line) => format!("line {line}: {section}[{item}]"),
            None => format!("{section}[{item}]"),
        };
        self.problems.push(format!("{place}: {what}"));
    }

    fn roles(&mut self, section: Option<&Value>) -> BTreeMap<String, Vec<String>> {
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

    fn users(&mut self, section: Option<&Value>) -> BTreeMap<String, User> {
        let mut users = BTreeMap::new();
        let mut names = BTreeSet::new();
        for (index, user) in self.list("users", section) {
            match serde_json::from_value::<User>(user) {
                Ok(mut user) => {
                    if Uuid::try_parse(&user.id).is_err() {
                        self.complain(
                            "users",
                            &index,
                            "id must be the person's Entra object id (a GUID)",
                        );
                        continue;
                    }
                    user.id.make_ascii_lowercase();
                    if user.name.as_ref().is_some_and(|name| !names.insert(name.clone())) {
                        self.complain("users", &index, "this name is taken by another user");
                    }
                    if users.insert(user.id.clone(), user).is_some() {
                        self.complain("users", &index, "this id is listed twice");
                    }
                }
                Err(error) => self.complain("users", &index, &error.to_string()),
            }
        }
        users
    }

    fn grants(
        &mut self,
        section: Option<&Value>,
        roles: &BTreeMap<String, Vec<String>>,
        users: &BTreeMap<String, User>,
    ) -> BTreeMap<String, BTreeMap<String, Scopes>> {
        let mut grants: BTreeMap<String, BTreeMap<String, Scopes>> = BTreeMap::new();
        for (index, raw) in self.list("assignments", section) {
            let assignment = match serde_json::from_value::<Assignment>(raw) {
                Ok(assignment) => assignment,
                Err(error) => {
                    self.complain("assignments", &index, &error.to_string());
                    continue;
                }
            };
            let holders = holders(&assignment, users);
            let permissions = roles
                .get(&assignment.role)
                .ok_or_else(|| format!("there is no role '{}'", assignment.role));
            let place = place(&assignment.at);
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

    fn list(&mut self, name: &str, section: Option<&Value>) -> Vec<(usize, Value)> {
        if let Some(Value::Array(items)) = section {
            return items.iter().cloned().enumerate().collect();
        }
        self.problems.push(format!("{name}: expected a list"));
        Vec::new()
    }
}

fn holders(assignment: &Assignment, users: &BTreeMap<String, User>) -> Result<Vec<String>, String> {
    match (&assignment.user, &assignment.group) {
        (Some(user), None) => {
            let id = user.to_ascii_lowercase();
            let known = users.contains_key(&id);
            known.then(|| vec![id]).ok_or_else(|| format!("there is no user '{user}'"))
        }
        (None, Some(group)) => Ok(users
            .values()
            .filter(|user| user.groups.contains(group))
            .map(|user| user.id.clone())
            .collect()),
        _ => Err("name either a user or a group".to_owned()),
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

fn version_of(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let start = hash.as_ref().get(..8).unwrap_or_default();
    format!("file/{}", data_encoding::HEXLOWER.encode(start))
}

#[cfg(test)]
mod tests;
