//! Some three hundred believable tickets: who reported what, where, when, and how far it is.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::places::{Blueprint, stable_id};
use super::random::Random;
use super::reference::{TRADES, Trade, category_id};
use super::{Ticket, World, rfc3339};
use crate::demo::fields::{set, text, texts};
use crate::demo::people::{ANA, BEN, FINN, Person};

const FIRST_NAMES: [&str; 12] = [
    "Amara", "Bruno", "Celia", "Dario", "Elin", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaori",
    "Leon",
];
const LAST_NAMES: [&str; 11] = [
    "Abbott", "Brandt", "Castell", "Dunmore", "Eriksen", "Fontaine", "Galloway", "Hartig",
    "Ibanez", "Jansson", "Kowal",
];
/// People of the tenant to whom tickets are assigned by name.
const ASSIGNEES: [Person; 3] = [ANA, BEN, FINN];
/// How far back the oldest ticket lies.
const DAYS: usize = 180;

/// One level and the rooms on it.
struct Level {
    node: Value,
    rooms: Vec<Value>,
}

pub(super) fn build(
    world: &mut World,
    site: &'static Blueprint,
    today: DateTime<Utc>,
    random: &mut Random,
) {
    let levels = below(world, site.id, "level");
    let levels: Vec<Level> = levels
        .into_iter()
        .map(|node| Level { rooms: below(world, text(&node, "id"), "space"), node })
        .collect();
    for index in 0..site.tickets {
        // Every level gets its share, so that a person of one level has something to see.
        let Some(level) = levels.get(index % levels.len().max(1)) else { continue };
        let age_days = DAYS * (site.tickets - index) / site.tickets;
        let minutes = i64::try_from(random.below(600)).unwrap_or_default();
        let days = TimeDelta::days(i64::try_from(age_days).unwrap_or_default());
        let created = today - days + TimeDelta::minutes(420 + minutes);
        let Some(trade) = random.pick(&TRADES) else { continue };
        let mut ticket = draft(world, site, level, trade, random);
        progress(world, &mut ticket, age_days, created, random);
        assign(world, &mut ticket, site, random);
        world.tickets.push(Ticket { body: ticket, version: 1 });
    }
}

fn below(world: &World, parent: &str, kind: &str) -> Vec<Value> {
    let is_child = |node: &&Value| text(node, "parentId") == parent && text(node, "kind") == kind;
    world.locations.iter().filter(is_child).cloned().collect()
}

/// What is wrong, where, and who says so.
fn draft(
    world: &mut World,
    site: &'static Blueprint,
    level: &Level,
    trade: &Trade,
    random: &mut Random,
) -> Value {
    let Level { node: level, rooms } = level;
    let level_id = text(level, "id");
    let building = world.location(site.id).cloned().unwrap_or_default();
    let (place, location_ids) = match random.below(10) {
        0 => (building, vec![site.id]),
        1 | 2 => (level.clone(), vec![site.id, level_id]),
        _ => {
            let room = random.pick(rooms).unwrap_or(level);
            (room.clone(), vec![site.id, level_id, text(room, "id")])
        }
    };
    let code = world.floors.iter().find(|floor| text(floor, "id") == level_id);
    let code = location_ids.get(1).and(code).map(|floor| text(floor, "code").to_owned());
    let (summary, description) = random.pick(trade.complaints).copied().unwrap_or_default();
    let number = world.next_number(site.code);
    let (first, last) = (random.pick(&FIRST_NAMES), random.pick(&LAST_NAMES));
    let (first, last) = (first.copied().unwrap_or("Alex"), last.copied().unwrap_or("Smith"));
    let email = format!("{first}.{last}@tenants.example").to_lowercase();
    json!({
        "id": stable_id(&format!("ticket/{number}")),
        "sequenceNumber": number,
        "siteId": site.id,
        "floorCode": code,
        "twinId": text(&place, "twinId"),
        "twinName": text(&place, "name"),
        "locationIds": location_ids,
        "summary": summary.replace("{}", text(&place, "name")),
        "description": format!("{description} ({}, {})", site.name(), text(&place, "twinId")),
        "cause": null,
        "solution": null,
        "notes": null,
        "priority": random.pick(&[1, 2, 2, 3, 3, 3, 3, 4, 4]),
        "categoryId": category_id(site.code, trade.name),
        "category": format!("{} ({})", trade.name, site.canary),
        "jobTypeId": null,
        "requestTypeId": null,
        "serviceNeededId": null,
        "sourceType": random.pick(&["platform", "app", "email"]),
        "sourceName": "Willow",
        "externalId": null,
        "externalStatus": null,
        "externalMetadata": null,
        "insightId": null,
        "insightName": null,
        "diagnostics": [],
        "recommendations": [],
        "reporterId": stable_id(&format!("reporter/{email}")),
        "reporterName": format!("{first} {last}"),
        "reporterPhone": format!("+61 2 5550 {:04}", random.below(10_000)),
        "reporterEmail": email,
        "reporterCompany": format!("{} Tenants Ltd", site.canary),
        "creatorId": stable_id(&format!("reporter/{email}")),
        "creatorName": format!("{first} {last}"),
        "creatorEmail": email,
        "tasks": [],
        "latitude": null,
        "longitude": null,
        "customProperties": {},
        "extendableSearchablePropertyKeys": [],
    })
}

/// How far it is: older tickets are mostly done.
fn progress(
    world: &World,
    ticket: &mut Value,
    age_days: usize,
    created: DateTime<Utc>,
    random: &mut Random,
) {
    let done = if age_days > 90 { 92 } else { age_days.clamp(10, 70) };
    let status = if random.percent(done) {
        random.pick(&["Resolved", "Closed", "Closed", "Cancelled"])
    } else {
        random.pick(&["Open", "Open", "In progress", "On hold"])
    };
    let status = status.copied().unwrap_or("Open");
    let priority = ticket.get("priority").and_then(Value::as_i64).unwrap_or(3);
    let started = (status != "Open").then(|| created + TimeDelta::hours(3));
    let finished = ["Resolved", "Closed", "Cancelled"].contains(&status);
    let finished = finished.then(|| created + TimeDelta::hours(6));
    let closed = ["Closed", "Cancelled"].contains(&status);
    let updated = finished.or(started).unwrap_or(created);
    world.set_status(ticket, status);
    set(ticket, "createdDate", rfc3339(created));
    set(ticket, "computedCreatedDate", rfc3339(created));
    set(ticket, "updatedDate", rfc3339(updated));
    set(ticket, "startedDate", started.map(rfc3339));
    set(ticket, "resolvedDate", finished.map(rfc3339));
    set(ticket, "closedDate", finished.filter(|_| closed).map(rfc3339));
    set(ticket, "dueDate", rfc3339(created + TimeDelta::days(4 * priority)));
    set(ticket, "scheduledDate", Value::Null);
    if status == "Resolved" || status == "Closed" {
        set(ticket, "cause", "Worn part");
        set(ticket, "solution", format!("Replaced at {}.", text(ticket, "twinId")));
    }
}

fn assign(world: &World, ticket: &mut Value, site: &Blueprint, random: &mut Random) {
    let groups: Vec<&Value> =
        world.reference.workgroups.iter().filter(|one| text(one, "siteId") == site.id).collect();
    match (random.below(3), random.pick(&ASSIGNEES), random.pick(&groups)) {
        (0, Some(person), _) => assign_person(ticket, person.oid, person.full_name, person.email),
        (1, _, Some(group)) => assign_workgroup(ticket, group),
        _ => assign_nobody(ticket),
    }
}

/// Assigns a ticket to a person.
pub(in crate::demo) fn assign_person(ticket: &mut Value, id: &str, name: &str, email: &str) {
    assign_to(ticket, "customerUser", Some(id), Some(name), Some(email));
}

/// Assigns a ticket to a workgroup.
pub(in crate::demo) fn assign_workgroup(ticket: &mut Value, group: &Value) {
    assign_to(ticket, "workgroup", Some(text(group, "id")), Some(text(group, "name")), None);
}

/// Assigns a ticket to nobody.
pub(in crate::demo) fn assign_nobody(ticket: &mut Value) {
    assign_to(ticket, "noAssignee", None, None, None);
}

fn assign_to(
    ticket: &mut Value,
    kind: &str,
    id: Option<&str>,
    name: Option<&str>,
    email: Option<&str>,
) {
    set(ticket, "assigneeType", kind);
    set(ticket, "assigneeId", id);
    set(ticket, "assigneeName", name);
    set(ticket, "assigneeEmail", email);
}

impl World {
    /// Puts a ticket into the status with this id or name; an unknown one changes nothing.
    pub(in crate::demo) fn set_status(&self, ticket: &mut Value, id_or_name: &str) {
        let Some(status) = self.reference.status(id_or_name) else { return };
        set(ticket, "statusId", text(status, "id"));
        set(ticket, "statusName", text(status, "status"));
        set(ticket, "statusTab", text(status, "tab"));
        set(ticket, "nextValidStatus", self.reference.next_statuses(text(status, "id")));
    }

    /// Puts a ticket at a location of its site (its level and building with it), or at the
    /// building as a whole.
    pub(in crate::demo) fn place_ticket(&self, ticket: &mut Value, site: &str, location: &str) {
        let Some(node) = self.location(location) else { return };
        let below_site = texts(node, "path").skip_while(|id| *id != site);
        set(ticket, "locationIds", below_site.collect::<Vec<_>>());
        set(ticket, "twinId", text(node, "twinId"));
        set(ticket, "twinName", text(node, "name"));
        let level = texts(node, "path").find_map(|id| super::find(&self.floors, id));
        set(ticket, "floorCode", level.map(|floor| text(floor, "code")));
    }
}
