//! Records that are meant to trip a careless reader: a ticket without a site, an e-mail address in
//! free text, and (only on request) a location tree with a cycle.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::places::{PORTFOLIO_NORTH, SITE_3LW, SITE_60M, stable_id};
use super::{World, rfc3339};
use crate::demo::fields::{set, text};

/// The number of the ticket whose `siteId` is null. Only one who sees everything may see it.
pub const TICKET_WITHOUT_SITE: &str = "NIL-T-1001";
/// The number of the ticket (at 60M) whose description holds an e-mail address.
pub const TICKET_WITH_EMAIL: &str = "60M-T-1001";

pub(super) fn plant(world: &mut World, today: DateTime<Utc>) {
    let with_email =
        world.tickets.iter_mut().find(|one| text(&one.body, "sequenceNumber") == TICKET_WITH_EMAIL);
    if let Some(ticket) = with_email {
        let said = text(&ticket.body, "description").to_owned();
        let said = format!("{said} Please write to petra.lindqvist@private-mail.example first.");
        set(&mut ticket.body, "description", said);
    }
    let first = world.tickets.iter().find(|one| text(&one.body, "siteId") == SITE_60M);
    let Some(mut body) = first.map(|ticket| ticket.body.clone()) else { return };
    for field in ["siteId", "floorCode", "twinId", "twinName", "categoryId", "category"] {
        set(&mut body, field, Value::Null);
    }
    set(&mut body, "id", stable_id("ticket/without-site"));
    set(&mut body, "sequenceNumber", TICKET_WITHOUT_SITE);
    set(&mut body, "locationIds", json!([]));
    set(&mut body, "summary", "Parcel for the facilities team, building unknown");
    set(&mut body, "description", "Left at the depot without an address.");
    set(&mut body, "reporterCompany", Value::Null);
    set(&mut body, "solution", Value::Null);
    set(&mut body, "createdDate", rfc3339(today - TimeDelta::days(2)));
    super::tickets::assign_nobody(&mut body);
    world.set_status(&mut body, "Open");
    world.tickets.push(super::Ticket { body, version: 1 });
}

impl World {
    /// Two spaces of 3LW, each the other's parent and each in the other's path. Their ids.
    pub(in crate::demo) fn add_location_cycle(&mut self) -> [String; 2] {
        let ids = [stable_id("cycle/a"), stable_id("cycle/b")];
        let [one, other] = &ids;
        if self.location(one).is_none() {
            for (id, parent, letter) in [(one, other, "A"), (other, one, "B")] {
                self.locations.push(json!({
                    "id": id,
                    "twinId": format!("3LW-LOOP-{letter}"),
                    "modelId": "dtmi:com:willowinc:Room;1",
                    "name": format!("Velvastone loop {letter}"),
                    "kind": "space",
                    "parentId": parent,
                    "path": [PORTFOLIO_NORTH, SITE_3LW, parent, id, parent, id],
                    "siteId": SITE_3LW,
                    "hasChildren": true,
                }));
            }
        }
        ids
    }
}
