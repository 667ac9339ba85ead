//! People of these tests' own, and what lies in their places.

use std::collections::BTreeSet;

use osier::access::Scopes;
use osier::demo::{ASSIGNMENTS, FINN_LEVEL, Person, SITE_60M};
use serde_json::Value;

use crate::harness::{Client, TestApp, Version};
use crate::scoping::matrix::stranger;

/// An id that no record has.
pub const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";
pub const VIEW: &str = "WillowApp.CanViewInsights";
/// Whatever these tests' tools need.
pub const ALL: [&str; 5] = [
    VIEW,
    "WillowApp.CanViewTimeSeries",
    "WillowApp.CanViewInspections",
    "WillowApp.CanViewSkills",
    "WillowApp.CanViewCompliance",
];

/// Somebody who holds these permissions at this place, beside the demo's people.
pub fn holder(app: &TestApp, permissions: &[&str], at: &str) -> Person {
    let oid = uuid::Uuid::new_v4().to_string().leak();
    let names = permissions.join(", ");
    let text = ASSIGNMENTS
        .replace("users:\n", &format!("  own: [{names}]\n\nusers:\n  - {{id: {oid}}}\n"));
    let held = format!("  - {{user: {oid}, role: own, at: {at}}}\n");
    app.around.authz().replace(&format!("{}\n{held}", text.trim_end())).unwrap();
    stranger("own", oid)
}

/// Where a site's or a level's holder holds.
pub fn site(id: &str) -> String {
    format!("{{site: {id}}}")
}

/// Level 3 of 60M.
pub fn level() -> String {
    format!("{{location: {FINN_LEVEL}, site: {SITE_60M}}}")
}

pub async fn client(app: &TestApp, person: &Person) -> Client {
    app.speaking_as(person, Version::V2026_07_28).await
}

/// Does a record lie in these places?
pub fn inside(held: &Scopes, record: &Value) -> bool {
    let site = record["siteId"].as_str();
    let path = record["locationIds"].as_array().into_iter().flatten().filter_map(Value::as_str);
    held.is_global()
        || site.is_some_and(|site| held.covers_site(site))
        || site.is_some() && held.covers_any_location(path, site)
}

pub fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

/// The ids of these records that lie in these places.
pub fn ids_inside(held: &Scopes, records: &[Value]) -> BTreeSet<String> {
    let own = records.iter().filter(|one| inside(held, one));
    own.map(|one| text(one, "id").to_owned()).collect()
}

/// The ids of rows and of the children in them, each of which comes once.
pub fn ids_of(rows: &[Value]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for row in rows {
        let children = row["children"].as_array().into_iter().flatten();
        for one in std::iter::once(row).chain(children) {
            assert!(ids.insert(text(one, "id").to_owned()), "{one} came twice");
        }
    }
    ids
}
