//! The `file` adapter's data: people, roles and assignments from one YAML file.
//! The `file` permission adapter and the demo's authorisation service read it. Assignments only
//! add; there is no deny. A place that is lost or misspelt is an error, never 'everywhere'.

mod lines;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::Scopes;

pub(super) use self::reading::{Assigned, Grants, Reading};

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
    grants: BTreeMap<String, Grants>,
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

impl Assigned for Assignment {
    fn role(&self) -> &str {
        &self.role
    }

    fn at(&self) -> &Value {
        &self.at
    }
}

impl Assignments {
    /// Reads a file's text. All problems are reported at once, each with its line where that is
    /// known; nothing is granted from a file that has one.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<String>> {
        let (mut reading, file) = Reading::of(text, &["roles", "users", "assignments"])?;
        let roles = reading.roles(file.get("roles"));
        let users = users(&mut reading, file.get("users"));
        let grants = reading
            .grants(file.get("assignments"), &roles, |assignment| holders(assignment, &users));
        reading.end(Self { version: version_of(text), users, grants })
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

    /// Every person's `oid`.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.users.keys().map(String::as_str)
    }

    /// Changes whenever the file's text does.
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn users(reading: &mut Reading, section: Option<&Value>) -> BTreeMap<String, User> {
    let mut users = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (index, user) in reading.list("users", section) {
        match serde_json::from_value::<User>(user) {
            Ok(mut user) => {
                if Uuid::try_parse(&user.id).is_err() {
                    reading.complain(
                        "users",
                        &index,
                        "id must be the person's Entra object id (a GUID)",
                    );
                    continue;
                }
                user.id.make_ascii_lowercase();
                if user.name.as_ref().is_some_and(|name| !names.insert(name.clone())) {
                    reading.complain("users", &index, "this name is taken by another user");
                }
                if users.insert(user.id.clone(), user).is_some() {
                    reading.complain("users", &index, "this id is listed twice");
                }
            }
            Err(error) => reading.complain("users", &index, &error.to_string()),
        }
    }
    users
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

fn version_of(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let start = hash.as_ref().get(..8).unwrap_or_default();
    format!("file/{}", data_encoding::HEXLOWER.encode(start))
}

#[cfg(test)]
mod tests;
