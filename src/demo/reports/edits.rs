//! What a write may set on a report and on a notification, and how each field is checked. A field that
//! isn't named here can't be written; recipients are entries of the directory, never addresses.

use serde_json::{Map, Value, json};

use crate::demo::fields::{set, text};
use crate::demo::problem::Problem;
use crate::demo::world::{BLUEPRINTS, Reports};

pub(super) type Fields = Map<String, Value>;
type Fault = Option<&'static str>;

const TYPES: [&str; 6] = ["dashboard", "insights", "tickets", "energy", "compliance", "custom"];
const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The object of a write.
pub(super) fn read(body: &[u8]) -> Result<Fields, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("The body isn't an object: {error}.")))
}

/// Sets fields by a rule for each; all faults at once.
fn apply(
    record: &mut Value,
    fields: &Fields,
    needed: &[&str],
    set_one: impl Fn(&mut Value, &str, &Value) -> Fault,
) -> Result<(), Problem> {
    let mut faults: Vec<(String, String)> = Vec::new();
    for (name, value) in fields {
        let fault = set_one(record, name, value);
        faults.extend(fault.map(|fault| (name.clone(), fault.to_owned())));
    }
    let missing = needed.iter().filter(|name| record.get(**name).is_none_or(Value::is_null));
    faults.extend(missing.map(|name| ((*name).to_owned(), "This field is needed.".to_owned())));
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

/// Sets the fields of a report.
pub(super) fn report(record: &mut Value, fields: &Fields, person: &str) -> Result<(), Problem> {
    let mine = text(record, "ownerId") == person;
    apply(record, fields, &["name", "type", "visibility", "scopeIds"], |record, name, value| {
        let written = value.as_str().unwrap_or_default();
        let fits = match name {
            "name" => !written.trim().is_empty() && written.chars().count() <= 200,
            "description" => value.is_string() && written.chars().count() <= 2000,
            "type" => TYPES.contains(&written),
            // Nobody hides somebody else's report.
            "visibility" => written == "shared" || (written == "private" && mine),
            "queryId" => {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                !written.is_empty() && written.len() <= 64 && written.chars().all(plain)
            }
            "scopeIds" => return scope(record, value),
            _ => return Some("This field can't be written."),
        };
        if !fits {
            return Some("This value can't be taken.");
        }
        set(record, name, value.clone());
        None
    })
}

fn scope(record: &mut Value, value: &Value) -> Fault {
    let ids: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let find = |id: &&str| BLUEPRINTS.iter().find(|site| site.id == *id);
    let sites: Option<Vec<_>> = ids.iter().map(find).collect();
    match sites.filter(|sites| !sites.is_empty()) {
        None => Some("The ids of one or more sites are needed."),
        Some(sites) => {
            let names: Vec<String> = sites.iter().map(|site| site.name()).collect();
            set(record, "scopeIds", json!(ids));
            set(record, "scopeNames", json!(names));
            None
        }
    }
}

/// Sets the fields of a notification.
pub(super) fn notification(
    record: &mut Value,
    fields: &Fields,
    reports: &Reports,
) -> Result<(), Problem> {
    let needed = ["channel", "recipients", "schedule", "format", "enabled"];
    apply(record, fields, &needed, |record, name, value| {
        let written = value.as_str().unwrap_or_default();
        let fits = match name {
            "enabled" => value.is_boolean(),
            "channel" => ["email", "inApp"].contains(&written),
            "format" => ["pdf", "xlsx", "link"].contains(&written),
            "schedule" => return schedule(record, value),
            "recipients" => return recipients(record, value, reports),
            _ => return Some("This field can't be written."),
        };
        if !fits {
            return Some("This value can't be taken.");
        }
        set(record, name, value.clone());
        None
    })
}

/// `[{type, id}]`, each an entry of the directory.
fn recipients(record: &mut Value, value: &Value, reports: &Reports) -> Fault {
    let told: Option<Vec<Value>> = value
        .as_array()
        .filter(|list| (1..=50).contains(&list.len()))
        .into_iter()
        .flatten()
        .map(|one| {
            let bare = one.as_object().is_some_and(|fields| fields.len() == 2);
            let found = reports.recipient(text(one, "id"))?;
            (bare && text(&found, "type") == text(one, "type")).then_some(found)
        })
        .collect();
    match told.filter(|told| !told.is_empty()) {
        None => Some("Each recipient is a user or a group of the directory, by type and id."),
        Some(told) => {
            set(record, "recipients", told);
            None
        }
    }
}

/// What is given takes the place of what was there; together they must make sense.
fn schedule(record: &mut Value, value: &Value) -> Fault {
    let Some(given) = value.as_object() else { return Some("An object is needed.") };
    let mut schedule =
        record.get("schedule").and_then(Value::as_object).cloned().unwrap_or_default();
    schedule.extend(given.clone());
    let schedule = Value::Object(schedule);
    let day = schedule.get("dayOfMonth").and_then(Value::as_u64);
    let time = text(&schedule, "time").split_once(':');
    let below =
        |text: &str, bound: u32| text.len() == 2 && text.parse().is_ok_and(|n: u32| n < bound);
    let whole = match text(&schedule, "frequency") {
        "daily" => true,
        "weekly" => DAYS.contains(&text(&schedule, "dayOfWeek")),
        "monthly" => day.is_some_and(|day| (1..=28).contains(&day)),
        _ => false,
    };
    let timed = time.is_some_and(|(hour, minute)| below(hour, 24) && below(minute, 60));
    if !whole || !timed || text(&schedule, "timeZone").is_empty() {
        return Some("A frequency, its day, a time (HH:MM) and a time zone are needed.");
    }
    set(record, "schedule", schedule);
    None
}
