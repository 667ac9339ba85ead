//! What a write may set on a ticket, how each field is checked, and the history that it leaves.
//! A field that isn't named here can't be written; categories, workgroups and locations have to
//! belong to the ticket's own site.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::bearer::Caller;
use super::super::fields::{set, text};
use super::super::people;
use super::super::problem::Problem;
use super::super::world::{World, canary, find, rfc3339, tickets};

type Fields = Map<String, Value>;
type Faults = Vec<(String, String)>;

/// Texts that may be written, with their greatest length in characters.
const TEXTS: [(&str, usize); 5] =
    [("summary", 255), ("description", 4000), ("cause", 2000), ("solution", 2000), ("notes", 4000)];

/// What a new ticket hasn't got yet.
const UNSET: [&str; 17] = [
    "floorCode",
    "summary",
    "description",
    "cause",
    "solution",
    "notes",
    "categoryId",
    "category",
    "externalId",
    "insightId",
    "insightName",
    "reporterPhone",
    "startedDate",
    "resolvedDate",
    "closedDate",
    "dueDate",
    "scheduledDate",
];

/// The object of a write.
pub(super) fn read(body: &[u8]) -> Result<Fields, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("The body isn't an object: {error}.")))
}

/// A ticket before its first fields are set.
pub(super) fn blank(world: &World, caller: &Caller, site_id: &str, now: &str) -> Value {
    let mut ticket = json!({
        "id": null,
        "sequenceNumber": null,
        "siteId": site_id,
        "locationIds": [site_id],
        "priority": 3,
        "sourceType": "platform",
        "sourceName": "Willow",
        "reporterId": caller.oid,
        "reporterName": caller.name,
        "reporterEmail": caller.email,
        // The word of the site is in every record, those that are written included.
        "reporterCompany": format!("{} Tenants Ltd", canary(site_id).unwrap_or_default()),
        "creatorId": caller.oid,
        "creatorName": caller.name,
        "creatorEmail": caller.email,
        "createdDate": now,
        "computedCreatedDate": now,
        "updatedDate": now,
        "tasks": [],
        "customProperties": {},
    });
    for field in UNSET {
        set(&mut ticket, field, Value::Null);
    }
    tickets::assign_nobody(&mut ticket);
    world.set_status(&mut ticket, "Open");
    world.place_ticket(&mut ticket, site_id, site_id);
    ticket
}

/// A new ticket needs its summary, description and priority.
pub(super) fn check_new(fields: &Fields) -> Result<(), Problem> {
    let missing = ["summary", "description", "priority"].into_iter();
    let missing: Faults = missing
        .filter(|field| fields.get(*field).is_none_or(Value::is_null))
        .map(|field| (field.to_owned(), "This field is needed.".to_owned()))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(Problem::invalid(missing)) }
}

/// Sets the fields; all faults at once, and then nothing is kept (the caller drops the draft).
pub(super) fn apply(world: &World, ticket: &mut Value, fields: &Fields) -> Result<(), Problem> {
    let mut faults = Faults::new();
    // The site goes first: what else is named has to belong to it.
    if let Some(site) = fields.get("siteId") {
        move_to(world, ticket, site, &mut faults);
    }
    for (field, value) in fields {
        if let Err(fault) = set_one(world, ticket, field, value, fields) {
            faults.push((field.clone(), fault.to_owned()));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults)) }
}

fn move_to(world: &World, ticket: &mut Value, site: &Value, faults: &mut Faults) {
    let Some(site) = site.as_str().filter(|site| world.site(site).is_some()) else {
        faults.push(("siteId".to_owned(), "There is no such site.".to_owned()));
        return;
    };
    if text(ticket, "siteId") != site {
        set(ticket, "siteId", site);
        world.place_ticket(ticket, site, site);
        set(ticket, "categoryId", Value::Null);
        set(ticket, "category", Value::Null);
        tickets::assign_nobody(ticket);
    }
}

fn set_one(
    world: &World,
    ticket: &mut Value,
    field: &str,
    value: &Value,
    fields: &Fields,
) -> Result<(), &'static str> {
    let id = value.as_str().unwrap_or_default();
    let value = match field {
        "siteId" => return Ok(()),
        "statusId" => return set_status(world, ticket, id),
        "categoryId" => return set_category(world, ticket, value),
        "locationId" => return set_location(world, ticket, "id", id),
        "twinId" => return set_location(world, ticket, "twinId", id),
        "assigneeType" | "assigneeId" => return assign(world, ticket, fields),
        "priority" if (1..=4).contains(&value.as_u64().unwrap_or_default()) => value.clone(),
        "priority" => return Err("1 (urgent) to 4 (low)."),
        "dueDate" if value.is_null() => Value::Null,
        "dueDate" => {
            let time = chrono::DateTime::parse_from_rfc3339(id);
            rfc3339(time.map_err(|_| "A time by RFC 3339 is needed.")?.to_utc()).into()
        }
        _ => checked_text(field, value)?,
    };
    set(ticket, field, value);
    Ok(())
}

fn checked_text(field: &str, value: &Value) -> Result<Value, &'static str> {
    let longest = TEXTS.iter().find(|(name, _)| *name == field);
    let (_, longest) = longest.ok_or("This field can't be written.")?;
    let may_be_empty = field != "summary" && field != "description";
    match value.as_str().map(|text| text.trim().chars().count()) {
        None if value.is_null() && may_be_empty => Ok(Value::Null),
        None => Err("A text is needed."),
        Some(0) if !may_be_empty => Err("This field can't be empty."),
        Some(length) if length > *longest => Err("Too long."),
        Some(_) => Ok(value.clone()),
    }
}

fn set_category(world: &World, ticket: &mut Value, value: &Value) -> Result<(), &'static str> {
    let name = if value.is_null() {
        Value::Null
    } else {
        let category = find(&world.reference.categories, value.as_str().unwrap_or_default());
        let category = category.filter(|category| of_its_site(ticket, category));
        text(category.ok_or("There is no such category at this site.")?, "name").into()
    };
    set(ticket, "category", name);
    set(ticket, "categoryId", value.clone());
    Ok(())
}

fn set_location(
    world: &World,
    ticket: &mut Value,
    field: &str,
    id: &str,
) -> Result<(), &'static str> {
    let found = world.locations.iter().find(|node| text(node, field) == id);
    let node = found.filter(|node| of_its_site(ticket, node));
    let node = node.ok_or("There is no such location at this site.")?;
    let site = text(ticket, "siteId").to_owned();
    world.place_ticket(ticket, &site, text(node, "id"));
    Ok(())
}

fn of_its_site(ticket: &Value, record: &Value) -> bool {
    text(record, "siteId") == text(ticket, "siteId")
}

fn set_status(world: &World, ticket: &mut Value, id: &str) -> Result<(), &'static str> {
    let status = world.reference.status(id).filter(|status| text(status, "id") == id);
    let status = status.ok_or("There is no such status.")?;
    let now = text(ticket, "statusId");
    if now != id && !world.reference.next_statuses(now).contains(&id) {
        return Err("This status can't follow the present one.");
    }
    world.set_status(ticket, text(status, "id"));
    Ok(())
}

/// Both fields are read together, whichever of them led here.
fn assign(world: &World, ticket: &mut Value, fields: &Fields) -> Result<(), &'static str> {
    let field = |name| fields.get(name).and_then(Value::as_str);
    let kind = field("assigneeType").or(field("assigneeId").map(|_| text(ticket, "assigneeType")));
    let id = field("assigneeId").unwrap_or_default();
    match kind {
        Some("noAssignee") if id.is_empty() => tickets::assign_nobody(ticket),
        Some("workgroup") => {
            let group = find(&world.reference.workgroups, id);
            let group = group.filter(|group| of_its_site(ticket, group));
            let group = group.ok_or("There is no such workgroup at this site.")?;
            tickets::assign_workgroup(ticket, group);
        }
        Some("customerUser") => {
            let person = people::PEOPLE.iter().find(|person| person.oid == id);
            let person = person.ok_or("There is no such person.")?;
            tickets::assign_person(ticket, person.oid, person.full_name, person.email);
        }
        _ => return Err("assigneeType must be noAssignee, customerUser or workgroup."),
    }
    Ok(())
}

/// Which fields differ, with both values.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<Value> {
    let fields = after.as_object().into_iter().flatten();
    fields
        .filter(|(field, value)| before.get(field.as_str()) != Some(value))
        .filter(|(field, _)| *field != "nextValidStatus" && *field != "updatedDate")
        .map(|(field, to)| json!({"field": field, "from": before.get(field.as_str()), "to": to}))
        .collect()
}

/// An entry of a ticket's history.
pub(super) fn entry(
    ticket: &Value,
    caller: &Caller,
    now: &str,
    kind: &str,
    changes: &[Value],
) -> Value {
    let site = text(ticket, "siteId");
    json!({
        "id": Uuid::new_v4().to_string(),
        "ticketId": text(ticket, "id"),
        "siteId": site,
        "activityType": kind,
        "text": format!("{kind} at {}", canary(site).unwrap_or_default()),
        "changes": changes,
        "creatorId": caller.oid,
        "creator": {"name": caller.name, "email": caller.email, "type": "customerUser"},
        "createdDate": now,
    })
}
