//! The `claims` adapter: the app roles and groups that the caller's own verified token names, and a file
//! that says what each stands for. Nothing is asked over the network.
//!
//! A token that can't name its groups (Entra's overage) isn't one without groups: where the file
//! decides by groups, nothing is allowed then.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::identity::Groups;

use super::file::{Assigned, Grants, Reading};
use super::subject::Subject;
use super::unavailable::Unavailable;

/// What roles and groups stand for, as one file says it.
///
/// ```yaml
/// roles: {viewer: [WillowApp.CanViewTickets]}
/// assignments:
///   - {app_role: Facilities.North, role: viewer, at: {site: SITE}}
///   - {group: 7d1c…, role: viewer, at: global}                       # the group's id in Entra
/// ```
#[derive(Clone, Debug)]
pub struct ClaimRules {
    grants: BTreeMap<Holder, Grants>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holder {
    AppRole(String),
    Group(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assignment {
    app_role: Option<String>,
    group: Option<String>,
    role: String,
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

impl ClaimRules {
    /// Reads a file's text. All problems are reported at once; nothing is granted from a file that
    /// has one.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<String>> {
        let (mut reading, file) = Reading::of(text, &["roles", "assignments"])?;
        let roles = reading.roles(file.get("roles"));
        let grants = reading.grants(file.get("assignments"), &roles, holder);
        reading.end(Self { grants })
    }

    /// What the token's roles and groups add up to.
    pub(super) fn grants(&self, who: &Subject<'_>) -> Result<Grants, Unavailable> {
        let groups = match who.groups {
            Groups::Named(groups) => groups.as_slice(),
            Groups::TooMany if self.decides_by_groups() => {
                return Err(Unavailable::too_many_groups());
            }
            Groups::TooMany => &[],
        };
        let roles = who.roles.iter().cloned().map(Holder::AppRole);
        let holders = roles.chain(groups.iter().map(|group| Holder::Group(same_case(group))));
        let mut held = Grants::new();
        for (name, scopes) in holders.filter_map(|holder| self.grants.get(&holder)).flatten() {
            let known = held.entry(name.clone()).or_default();
            *known = known.union(scopes);
        }
        Ok(held)
    }

    /// Does any assignment name a group?
    pub fn decides_by_groups(&self) -> bool {
        self.grants.keys().any(|holder| matches!(holder, Holder::Group(_)))
    }
}

fn holder(assignment: &Assignment) -> Result<Vec<Holder>, String> {
    let named = |text: &String| !text.is_empty();
    match (&assignment.app_role, &assignment.group) {
        (Some(role), None) if named(role) => Ok(vec![Holder::AppRole(role.clone())]),
        (None, Some(group)) if named(group) => Ok(vec![Holder::Group(same_case(group))]),
        _ => Err("name either an app_role or a group".to_owned()),
    }
}

/// Ids are the same in capitals; names aren't.
fn same_case(group: &str) -> String {
    if Uuid::try_parse(group).is_ok() { group.to_ascii_lowercase() } else { group.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::{Place, Scopes};
    use super::*;

    const GROUP: &str = "7d1c0e52-3a4b-4d0b-8d43-7f0b1c2d3e4f";

    fn rules() -> ClaimRules {
        let text = format!(
            "roles:\n  viewer: [View]\n  writer: [View, Edit]\nassignments:\n\
             \x20 - {{app_role: Viewer.North, role: viewer, at: {{site: A}}}}\n\
             \x20 - {{app_role: Boss, role: writer, at: global}}\n\
             \x20 - {{group: {}, role: writer, at: {{location: L, site: B}}}}\n",
            GROUP.to_uppercase()
        );
        ClaimRules::from_yaml(&text).unwrap()
    }

    fn held(roles: &[&str], groups: &Groups) -> Result<Grants, Unavailable> {
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        let who = Subject { tenant: "t", oid: "o", bearer: None, roles: &roles, groups };
        rules().grants(&who)
    }

    #[test]
    fn roles_and_groups_add_up_and_unknown_ones_are_nothing() {
        let none = Groups::default();
        assert!(held(&[], &none).unwrap().is_empty());
        assert!(held(&["boss", "Viewer"], &none).unwrap().is_empty());
        let group = Groups::Named(vec![GROUP.to_owned(), "other".to_owned()]);
        let both = held(&["Viewer.North"], &group).unwrap();
        let location = Place::Location { id: "L".into(), site: "B".into() };
        assert_eq!(both["View"], Scopes::from_iter([Place::Site("A".into()), location.clone()]));
        assert_eq!(both["Edit"], Scopes::from_iter([location]));
        assert!(held(&["Boss"], &none).unwrap()["Edit"].is_global());
    }

    #[test]
    fn too_many_groups_are_no_answer_where_groups_decide() {
        let refused = held(&["Boss"], &Groups::TooMany).unwrap_err();
        assert!(refused.why().contains("app roles"), "{}", refused.why());
        let text = "roles: {v: [View]}\nassignments: [{app_role: R, role: v, at: global}]\n";
        let by_roles = ClaimRules::from_yaml(text).unwrap();
        let roles = ["R".to_owned()];
        let groups = Groups::TooMany;
        let who = Subject { tenant: "t", oid: "o", bearer: None, roles: &roles, groups: &groups };
        assert!(by_roles.grants(&who).unwrap()["View"].is_global());
    }

    #[test]
    fn faults_are_told_with_their_lines() {
        let text = "roles: {v: [View]}\nusers: []\nassignments:\n  - {role: v, at: global}\n  \
                    - {app_role: R, group: g, role: v, at: global}\n  - {app_role: R, role: v}\n  \
                    - {app_role: R, role: w, at: {location: L}}\n";
        let problems = ClaimRules::from_yaml(text).unwrap_err();
        insta::assert_snapshot!(problems.join("\n"), @r"
        line 2: unknown key 'users'
        line 4: assignments[0]: name either an app_role or a group
        line 5: assignments[1]: name either an app_role or a group
        line 6: assignments[2]: at is missing: say 'global', {site: …} or {location: …, site: …}; an assignment without a place grants nothing
        line 7: assignments[3]: there is no role 'w'
        line 7: assignments[3]: at.site must be the site's id
        ");
    }
}
