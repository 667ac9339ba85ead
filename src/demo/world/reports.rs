//! Reports, who is told of them and when, and the directory of those who can be told. Made from fixed
//! words: they don't depend on the seed.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::places::stable_id;
use super::{BLUEPRINTS, rfc3339};
use crate::demo::fields::text;
use crate::demo::people::{ANA, ERIN, PEOPLE, Person};

/// A record and how often it was changed.
#[derive(Clone)]
pub(in crate::demo) struct Revised {
    pub(in crate::demo) body: Value,
    pub(in crate::demo) version: u64,
}

impl Revised {
    /// The entity tag (RFC 9110 §8.8.3), quotes included.
    pub(in crate::demo) fn etag(&self) -> String {
        let id = text(&self.body, "id");
        format!("\"{}-{}\"", id.get(..8).unwrap_or(id), self.version)
    }
}

/// Reports, their notifications, and the directory.
#[derive(Clone)]
#[expect(clippy::struct_field_names, reason = "it is called after the main of them")]
pub(in crate::demo) struct Reports {
    pub(in crate::demo) reports: Vec<Revised>,
    pub(in crate::demo) notifications: Vec<Revised>,
    /// `{id, type, name, recipient: {type, id}}`
    pub(in crate::demo) directory: Vec<Value>,
}

/// A report before it is dated: name, type, sites by code, owner, visibility, saved query.
type Sketch = (
    &'static str,
    &'static str,
    &'static [&'static str],
    Person,
    &'static str,
    Option<&'static str>,
);

const SKETCHES: [Sketch; 7] = [
    ("Quillmarrow monthly energy", "energy", &["60M"], ANA, "shared", Some("energy_by_site")),
    ("Brindlefax weekly tickets", "tickets", &["12H"], ERIN, "shared", Some("ticket_backlog")),
    (
        "Quillmarrow and Brindlefax comfort",
        "dashboard",
        &["60M", "12H"],
        ANA,
        "shared",
        Some("comfort_by_site"),
    ),
    ("Osprentide compliance", "compliance", &["8KP"], ERIN, "shared", None),
    ("Velvastone insights", "insights", &["3LW"], ANA, "private", None),
    ("Quillmarrow draft", "custom", &["60M"], ERIN, "private", None),
    (
        "Energy of Quillmarrow, Brindlefax, Osprentide and Velvastone",
        "energy",
        &["60M", "12H", "8KP", "3LW"],
        ERIN,
        "shared",
        Some("energy_daily"),
    ),
];

impl Reports {
    pub(super) fn build(today: DateTime<Utc>) -> Self {
        let directory = directory();
        let mut reports = Vec::new();
        let mut notifications = Vec::new();
        for (number, sketch) in SKETCHES.iter().enumerate() {
            let (name, kind, codes, owner, visibility, query) = sketch;
            let age = TimeDelta::days(i64::try_from(number).unwrap_or_default() * 9 + 20);
            let sites = || BLUEPRINTS.iter().filter(|site| codes.contains(&site.code));
            let body = json!({
                "id": stable_id(&format!("report/{number}")),
                "name": name,
                "description": format!("{name}, for those who run the buildings."),
                "type": kind,
                "queryId": query,
                "scopeIds": sites().map(|site| site.id).collect::<Vec<_>>(),
                "scopeNames": sites().map(super::Blueprint::name).collect::<Vec<_>>(),
                "ownerId": owner.oid,
                "ownerName": owner.full_name,
                "visibility": visibility,
                "createdBy": owner.oid,
                "createdDate": rfc3339(today - age),
                "updatedDate": rfc3339(today - age + TimeDelta::days(2)),
            });
            if *visibility == "shared" {
                notifications.push(notification(number, &body, &directory, today));
            }
            reports.push(Revised { body, version: 1 });
        }
        Self { reports, notifications, directory }
    }

    pub(in crate::demo) fn report(&self, id: &str) -> Option<&Revised> {
        self.reports.iter().find(|report| text(&report.body, "id") == id)
    }

    pub(in crate::demo) fn notification(&self, id: &str) -> Option<&Revised> {
        self.notifications.iter().find(|one| text(&one.body, "id") == id)
    }

    pub(in crate::demo) fn notifications_of(&self, report: &str) -> Vec<&Value> {
        let all = self.notifications.iter().map(|one| &one.body);
        all.filter(|one| text(one, "reportId") == report).collect()
    }

    /// Puts a report in the place of the one with this id.
    pub(in crate::demo) fn keep_report(&mut self, id: &str, report: Revised) {
        replace(&mut self.reports, id, report);
    }

    /// Puts a notification in the place of the one with this id.
    pub(in crate::demo) fn keep_notification(&mut self, id: &str, notification: Revised) {
        replace(&mut self.notifications, id, notification);
    }

    /// A recipient of the directory, with the name.
    pub(in crate::demo) fn recipient(&self, id: &str) -> Option<Value> {
        let found = self.directory.iter().find(|entry| text(entry, "id") == id)?;
        Some(json!({"type": text(found, "type"), "id": id, "name": text(found, "name")}))
    }
}

fn replace(records: &mut [Revised], id: &str, record: Revised) {
    if let Some(held) = records.iter_mut().find(|one| text(&one.body, "id") == id) {
        *held = record;
    }
}

fn notification(
    number: usize,
    report: &Value,
    directory: &[Value],
    today: DateTime<Utc>,
) -> Revised {
    let told = directory.iter().cycle().skip(number).take(2).map(|entry| {
        json!({"type": text(entry, "type"), "id": text(entry, "id"), "name": text(entry, "name")})
    });
    let weekly = number.is_multiple_of(2);
    let body = json!({
        "id": stable_id(&format!("report-notification/{number}")),
        "reportId": report.get("id"),
        "reportName": report.get("name"),
        "scopeNames": report.get("scopeNames"),
        "enabled": true,
        "channel": if weekly { "email" } else { "inApp" },
        "recipients": told.collect::<Vec<_>>(),
        "schedule": {
            "frequency": if weekly { "weekly" } else { "monthly" },
            "dayOfWeek": weekly.then_some("monday"),
            "dayOfMonth": (!weekly).then_some(1),
            "time": "07:30",
            "timeZone": "Australia/Sydney",
        },
        "format": if weekly { "pdf" } else { "link" },
        "lastSent": rfc3339(today - TimeDelta::days(3)),
    });
    Revised { body, version: 1 }
}

/// Everybody in the tenant, and two groups.
fn directory() -> Vec<Value> {
    let entry = |kind: &str, id: &str, name: &str| json!({"id": id, "type": kind, "name": name, "recipient": {"type": kind, "id": id}});
    let people = PEOPLE.iter().map(|person| entry("user", person.oid, person.full_name));
    let groups = ["Directors", "Facilities"]
        .map(|name| entry("group", &stable_id(&format!("group/{name}")), name));
    people.chain(groups).collect()
}
