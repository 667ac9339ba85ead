//! Places and tickets.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use osier::demo::{FINN_LEVEL, SITE_60M, SITES, canary};
use serde_json::{Value, json};

use super::{Area, Case};
use crate::harness::TestApp;

pub const AREA: Area = Area { cases, arguments, counts };

fn cases(app: &TestApp) -> Vec<Case> {
    let services = app.around.services();
    let ticket = services.tickets_of(SITE_60M).remove(0)["id"].clone();
    let open = services.statuses()[1]["id"].clone();
    let of = |tool, arguments| Case { tool, arguments };
    vec![
        of("list_sites", json!({})),
        of("get_site", json!({"siteId": SITE_60M})),
        of("list_floors", json!({"siteId": SITE_60M})),
        of("get_location_tree", json!({"rootId": FINN_LEVEL})),
        of("search_locations", json!({"q": "room"})),
        of("list_tickets", json!({"siteIds": [SITE_60M]})),
        of("get_ticket", json!({"ticketId": ticket})),
        of("list_ticket_comments", json!({"ticketId": ticket})),
        of("list_ticket_attachments", json!({"ticketId": ticket})),
        of("get_ticket_history", json!({"ticketId": ticket})),
        of("list_ticket_statuses", json!({})),
        of("list_ticket_categories", json!({"siteId": SITE_60M})),
        of("list_workgroups", json!({"siteId": SITE_60M})),
        of("get_ticket_statistics", json!({"groupBy": "status"})),
        of(
            "create_ticket",
            json!({"siteId": SITE_60M, "summary": "Lamp out", "description": "By the door.",
                   "priority": 3}),
        ),
        of("update_ticket", json!({"ticketId": ticket, "statusId": open, "priority": 2})),
        of("add_ticket_comment", json!({"ticketId": ticket, "text": "On the way."})),
        of("get_my_permissions", json!({})),
    ]
}

fn arguments(app: &TestApp, tool: &str, pick: usize) -> Option<Value> {
    let services = app.around.services();
    let site = SITES[pick % 4];
    let ticket = || {
        let ticket = services.any_ticket(pick * 31).unwrap();
        ticket[if pick.is_multiple_of(2) { "id" } else { "sequenceNumber" }].clone()
    };
    let node = || {
        let nodes = services.records_of(site).locations;
        nodes[pick * 7 % nodes.len()]["id"].clone()
    };
    let word = canary(SITES[pick / 4 % 4]).unwrap();
    Some(match tool {
        "get_location_tree" if pick.is_multiple_of(3) => json!({"depth": 1 + pick % 5}),
        "get_location_tree" => json!({"rootId": node(), "depth": 1 + pick % 5}),
        "search_locations" if pick.is_multiple_of(2) => {
            json!({"q": word, "pageSize": 1 + pick % 9})
        }
        "search_locations" => json!({"q": "e", "siteIds": [site, SITES[(pick + 1) % 4]]}),
        "get_ticket_statistics" => {
            let by = ["site", "status", "priority", "category", "age"][pick % 5];
            match pick % 3 {
                0 => json!({"groupBy": by, "siteIds": [site]}),
                1 => json!({"groupBy": by, "siteIds": [site, SITES[(pick + 1) % 4]]}),
                _ => json!({"groupBy": by}),
            }
        }
        "list_sites" => json!({"q": word}),
        "list_tickets" => match pick % 8 {
            0 => json!({"q": word, "pageSize": 1 + pick % 9}),
            1 => json!({"locationId": node()}),
            2 => json!({"siteIds": SITES, "sort": "priority"}),
            3 => json!({"fields": ["summary"], "order": "asc"}),
            4 => json!({"overdue": true, "sort": "dueDate"}),
            5 => json!({"tab": "open", "priority": 1 + pick % 4, "siteIds": [site]}),
            _ => json!({"pageSize": 1 + pick % 100}),
        },
        "get_site" | "list_floors" | "list_workgroups" => json!({"siteId": site}),
        "list_ticket_categories" if pick.is_multiple_of(2) => json!({"siteId": site}),
        "list_ticket_categories" | "list_ticket_statuses" | "get_my_permissions" => json!({}),
        "create_ticket" => {
            json!({"siteId": site, "summary": "Lamp", "description": "x", "priority": 1,
                   "locationId": node()})
        }
        "update_ticket" => json!({"ticketId": ticket(), "priority": 1}),
        "add_ticket_comment" => json!({"ticketId": ticket(), "text": "x"}),
        "get_ticket"
        | "get_ticket_history"
        | "list_ticket_comments"
        | "list_ticket_attachments" => json!({"ticketId": ticket()}),
        _ => return None,
    })
}

/// The counts of tickets, by the tickets themselves.
fn counts(app: &TestApp, tool: &str, arguments: &Value, held: &BTreeSet<String>) -> Option<Value> {
    if tool != "get_ticket_statistics" {
        return None;
    }
    let by = arguments["groupBy"].as_str().unwrap();
    let now = DateTime::<Utc>::from(app.clock.now());
    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    let mut total = 0;
    for ticket in app.around.services().tickets() {
        if !held.contains(ticket["siteId"].as_str().unwrap_or_default()) {
            continue;
        }
        total += 1;
        let key = match by {
            "site" => ticket["siteId"].as_str().unwrap_or_default().to_owned(),
            "status" => ticket["statusId"].as_str().unwrap().to_owned(),
            "priority" => ticket["priority"].to_string(),
            "category" => ticket["categoryId"].as_str().unwrap_or_default().to_owned(),
            _ => {
                let created = ticket["createdDate"].as_str().unwrap();
                let created = DateTime::parse_from_rfc3339(created).unwrap();
                let days = (now - created.to_utc()).num_days();
                [1, 7, 30, 90].iter().filter(|&&bound| days >= bound).count().to_string()
            }
        };
        *groups.entry(key).or_default() += 1;
    }
    Some(json!({"groups": groups, "total": total}))
}
