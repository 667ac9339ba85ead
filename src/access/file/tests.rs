//! What the file's reader accepts, and that a fault never widens anything.

use super::*;
use crate::access::Place;

const BEN: &str = "5c0f6a1e-0d4b-4a53-9f0a-1c8c2f1f0002";

fn file(assignments: &str) -> String {
    format!(
        "roles:\n  viewer: [CanViewTickets]\n  writer: [CanViewTickets, CanCreateTickets]\n\
         users:\n  - {{id: {BEN}, name: ben, groups: [north]}}\nassignments:\n{assignments}"
    )
}

#[test]
fn assignments_of_a_person_and_of_a_group_add_up() {
    let text = file(&format!(
        "  - {{group: north, role: viewer, at: {{site: A}}}}\n\
         \x20 - {{user: {BEN}, role: writer, at: {{location: L1, site: B}}}}\n"
    ));
    let read = Assignments::from_yaml(&text).unwrap();
    let grants = read.grants(&BEN.to_ascii_uppercase());
    let place = |id: &str, site: &str| Place::Location { id: id.into(), site: site.into() };
    assert_eq!(
        grants.get("CanViewTickets"),
        Some(&Scopes::from_iter([Place::Site("A".into()), place("L1", "B")]))
    );
    assert_eq!(grants.get("CanCreateTickets"), Some(&Scopes::from_iter([place("L1", "B")])));
    assert_eq!(read.find("ben"), Some(BEN));
    assert!(read.grants("5c0f6a1e-0d4b-4a53-9f0a-1c8c2f1f0003").is_empty());
}

#[test]
fn case_086_a_lost_place_is_an_error_and_every_problem_is_told_with_its_line() {
    let text = file(&format!(
        "  - {{user: {BEN}, role: viewer}}\n\
         \x20 - {{user: {BEN}, role: nobody, at: everywhere}}\n\
         \x20 - {{user: {BEN}, group: north, role: viewer, at: {{}}}}\n\
         \x20 - {{user: {BEN}, role: viewer, at: {{location: L1}}}}\n\
         \x20 - {{user: {BEN}, role: viewer, at: {{site: A, floor: 1}}}}\n\
         \x20 - {{user: {BEN}, role: viewer, at: global, until: tomorrow}}\n\
         \x20 - {{user: {BEN}, role: viewer, at: null}}\nextra: 1\n"
    ));
    let problems = Assignments::from_yaml(&text).unwrap_err();
    insta::assert_snapshot!(problems.join("\n"), @r"
    line 14: unknown key 'extra'
    line 7: assignments[0]: at is missing: say 'global', {site: …} or {location: …, site: …}; an assignment without a place grants nothing
    line 8: assignments[1]: there is no role 'nobody'
    line 8: assignments[1]: at must be 'global', {site: …} or {location: …, site: …}
    line 9: assignments[2]: name either a user or a group
    line 9: assignments[2]: at.site must be the site's id
    line 10: assignments[3]: at.site must be the site's id
    line 11: assignments[4]: unknown key 'at.floor'
    line 12: assignments[5]: unknown field `until`, expected one of `user`, `group`, `role`, `at`
    line 13: assignments[6]: at is missing: say 'global', {site: …} or {location: …, site: …}; an assignment without a place grants nothing
    ");
}

#[test]
fn case_086_a_broken_file_grants_nothing() {
    for text in ["", "[]", "roles: {}\nroles: {}\nusers: []\nassignments: []", "roles: {}", ": :"] {
        assert!(Assignments::from_yaml(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_version_follows_the_text() {
    let one = Assignments::from_yaml(&file("  []\n")).unwrap();
    let other =
        Assignments::from_yaml(&file("  - {group: north, role: viewer, at: global}\n")).unwrap();
    assert_ne!(one.version(), other.version());
    assert!(one.grants(BEN).is_empty());
    assert!(other.grants(BEN).get("CanViewTickets").is_some_and(Scopes::is_global));
}
