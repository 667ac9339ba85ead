//! Properties over random permission sets: a tool is listed if and only if it may be called, and no
//! reply tells of a place outside, with services that fence nothing.

use std::collections::{BTreeMap, BTreeSet};

use osier::access::Scopes;
use osier::demo::{FINN_LEVEL, Person, SITES, canary};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;

use super::matrix::stranger;
use crate::harness::{Client, TestApp, Version};

const VIEW_LOCATIONS: &str = "WillowApp.CanViewLocations";
const VIEW_TICKETS: &str = "WillowApp.CanViewTickets";
const PERMISSIONS: [&str; 6] = [
    VIEW_LOCATIONS,
    VIEW_TICKETS,
    "WillowApp.CanCreateTickets",
    "WillowApp.CanEditTickets",
    "WillowApp.CanCommentTickets",
    "WillowApp.CanDoSomethingUnheardOf",
];

/// What each tool needs, said here once more: the permission, and whether a part of a site will do.
const NEEDS: [(&str, &str, bool); 17] = [
    ("add_ticket_comment", PERMISSIONS[4], true),
    ("create_ticket", PERMISSIONS[2], false),
    ("get_location_tree", VIEW_LOCATIONS, true),
    ("get_site", VIEW_LOCATIONS, false),
    ("get_ticket", VIEW_TICKETS, true),
    ("get_ticket_history", VIEW_TICKETS, true),
    ("get_ticket_statistics", VIEW_TICKETS, false),
    ("list_floors", VIEW_LOCATIONS, false),
    ("list_sites", VIEW_LOCATIONS, false),
    ("list_ticket_attachments", VIEW_TICKETS, true),
    ("list_ticket_categories", VIEW_TICKETS, false),
    ("list_ticket_comments", VIEW_TICKETS, true),
    ("list_ticket_statuses", VIEW_TICKETS, true),
    ("list_tickets", VIEW_TICKETS, true),
    ("list_workgroups", VIEW_TICKETS, false),
    ("search_locations", VIEW_LOCATIONS, true),
    ("update_ticket", PERMISSIONS[3], true),
];

/// One assignment: a permission, and a place by its number.
type Grant = (usize, usize);

/// The world, looked up once.
struct Places {
    /// Every place that can be assigned: everywhere, the sites, a level and a room of each.
    assignable: Vec<String>,
    /// Tickets and locations by id.
    known: BTreeMap<String, Value>,
    tickets: Vec<Value>,
    /// The ids of each site's locations.
    nodes: Vec<Vec<Value>>,
}

impl Places {
    fn of(app: &TestApp) -> Self {
        let services = app.around.services();
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        let sites = SITES.iter().flat_map(|site| services.records_of(site).locations);
        for record in sites.chain(services.tickets()) {
            known.insert(record["id"].as_str().unwrap().to_owned(), record);
        }
        let nodes_of = |site: &&str| -> Vec<Value> {
            services.records_of(site).locations.iter().map(|node| node["id"].clone()).collect()
        };
        let nodes: Vec<Vec<Value>> = SITES.iter().map(nodes_of).collect();
        let mut assignable = vec!["global".to_owned()];
        for site in SITES {
            assignable.push(format!("{{site: {site}}}"));
            let nodes = services.records_of(site).locations;
            let node = |kind: &str| nodes.iter().rev().find(|one| one["kind"] == kind).unwrap();
            for node in [node("level"), node("space")] {
                let id = node["id"].as_str().unwrap();
                assignable.push(format!("{{location: {id}, site: {site}}}"));
            }
        }
        assignable.push(format!("{{location: {FINN_LEVEL}, site: {}}}", SITES[0]));
        Self { assignable, known, tickets: services.tickets(), nodes }
    }
}

/// Seldom everywhere, since that leaves little to hide.
fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let place = prop_oneof![1 => Just(0_usize), 9 => 1_usize..=13];
    prop::collection::vec((0..PERMISSIONS.len(), place), 0..6)
}

/// A new person who holds these, so that nothing of an earlier case is remembered.
fn person(app: &TestApp, places: &Places, grants: &[Grant]) -> Person {
    let oid = Uuid::new_v4().to_string().leak();
    let roles = PERMISSIONS.iter().enumerate().map(|(i, name)| format!("  r{i}: [{name}]\n"));
    let roles = roles.collect::<Vec<_>>().concat();
    let held = grants.iter().map(|(role, place)| {
        format!("  - {{user: {oid}, role: r{role}, at: {}}}\n", places.assignable[*place])
    });
    let held = held.collect::<Vec<_>>().concat();
    let held = if held.is_empty() { " []\n".to_owned() } else { format!("\n{held}") };
    let text = format!("roles:\n{roles}users:\n  - {{id: {oid}}}\nassignments:{held}");
    app.around.authz().replace(&text).unwrap();
    stranger("random", oid)
}

/// Arguments that fit each tool, naming what is in the world, inside or not.
fn arguments(places: &Places, tool: &str, pick: usize) -> Value {
    let site = SITES[pick % 4];
    let ticket = &places.tickets[pick * 31 % places.tickets.len()];
    let ticket = &ticket[if pick.is_multiple_of(2) { "id" } else { "sequenceNumber" }];
    let nodes = &places.nodes[pick % 4];
    let node = &nodes[pick * 7 % nodes.len()];
    let canary = canary(SITES[pick / 4 % 4]).unwrap();
    match tool {
        "get_location_tree" if pick.is_multiple_of(3) => json!({"depth": 1 + pick % 5}),
        "get_location_tree" => json!({"rootId": node, "depth": 1 + pick % 5}),
        "search_locations" if pick.is_multiple_of(2) => {
            json!({"q": canary, "pageSize": 1 + pick % 9})
        }
        "search_locations" => json!({"q": "e", "siteIds": [site, SITES[(pick + 1) % 4]]}),
        "get_ticket_statistics" => {
            let by = ["site", "status", "priority", "category", "age"][pick % 5];
            if pick.is_multiple_of(3) {
                json!({"groupBy": by, "siteIds": [site]})
            } else {
                json!({"groupBy": by})
            }
        }
        "list_sites" => json!({"q": canary}),
        "list_tickets" => match pick % 6 {
            0 => json!({"q": canary, "pageSize": 1 + pick % 9}),
            1 => json!({"locationId": node}),
            2 => json!({"siteIds": SITES, "sort": "priority"}),
            3 => json!({"fields": ["summary"], "order": "asc"}),
            _ => json!({"pageSize": 1 + pick % 100}),
        },
        "get_site" | "list_floors" | "list_workgroups" => json!({"siteId": site}),
        "list_ticket_categories" if pick.is_multiple_of(2) => json!({"siteId": site}),
        "list_ticket_categories" | "list_ticket_statuses" | "get_my_permissions" => json!({}),
        "create_ticket" => {
            json!({"siteId": site, "summary": "Lamp", "description": "x", "priority": 1,
                   "locationId": node})
        }
        "update_ticket" => json!({"ticketId": ticket, "priority": 1}),
        "add_ticket_comment" => json!({"ticketId": ticket, "text": "x"}),
        _ => json!({"ticketId": ticket}),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a check that is written where it is passed")]
fn run<T: std::fmt::Debug>(
    cases: u32,
    strategy: &impl Strategy<Value = T>,
    check: impl AsyncFn(&TestApp, &Places, T) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(TestApp::lax());
    let places = Places::of(&app);
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 40, ..Config::default() };
    let mut runner = TestRunner::new(config);
    runner.run(strategy, |value| runtime.block_on(check(&app, &places, value))).unwrap();
}

#[test]
fn a_tool_is_listed_if_and_only_if_it_may_be_called() {
    let strategy = (grants(), 0_usize..4, 0_usize..1000);
    run(48, &strategy, async |app, places, (grants, version, pick)| {
        let person = person(app, places, &grants);
        let client = app.speaking_as(&person, Version::ALL[version]).await;
        let listed: BTreeSet<String> = client.tools().await.into_iter().collect();
        let mut callable = BTreeSet::from(["get_my_permissions".to_owned()]);
        let mut expected = callable.clone();
        for (tool, permission, part_will_do) in NEEDS {
            let called = client.call(tool, arguments(places, tool, pick)).await;
            if called.text() != format!("Unknown tool: {tool}") {
                callable.insert(tool.to_owned());
            }
            let held = app.around.authz().grants(person.oid);
            let held = held.get(permission).cloned().unwrap_or_default();
            if held.holds_a_whole_site() || part_will_do && !held.is_empty() {
                expected.insert(tool.to_owned());
            }
        }
        let needs =
            |tool: &String| expected.contains(tool) || NEEDS.iter().any(|one| one.0 == tool);
        for tool in app.pipeline.catalog().tools().map(|tool| &tool.id.name) {
            // A wrong argument is told to those alone who may use the tool.
            let called = client.call(tool, json!({"no such argument": 1})).await;
            if called.text() != format!("Unknown tool: {tool}") {
                callable.insert(tool.clone());
            }
        }
        prop_assert_eq!(&listed, &callable, "{:?}", grants);
        let listed: BTreeSet<String> = listed.into_iter().filter(needs).collect();
        prop_assert_eq!(&listed, &expected, "{:?}", grants);
        Ok(())
    });
}

/// The rows of tickets and places that a reply holds, by id, with whether each is inside.
fn stray(places: &Places, held: &Scopes, reply: &Value) -> Option<Value> {
    let inside = |record: &Value| {
        let path = record.get("path").or(record.get("locationIds"));
        let mut path = path.and_then(Value::as_array).into_iter().flatten();
        held.is_global()
            || record["siteId"].as_str().is_some_and(|site| held.covers_site(site))
            || path.any(|id| held.locations().any(|(own, _)| id == own))
    };
    let rows = reply["items"].as_array().cloned().unwrap_or_default();
    rows.into_iter().chain(reply.get("item").cloned()).find(|row| {
        // A name on the way up says no path.
        let above = row.get("kind").is_some() && row.get("path").is_none();
        let record = row["id"].as_str().and_then(|id| places.known.get(id));
        !above && record.is_some_and(|record| !inside(record))
    })
}

async fn tells_nothing(
    (app, places): (&TestApp, &Places),
    client: &Client,
    person: &Person,
    pick: usize,
) -> Result<(), TestCaseError> {
    let grants = app.around.authz().grants(person.oid);
    for (tool, permission, _) in NEEDS {
        let arguments = arguments(places, tool, pick);
        let reply = client.call(tool, arguments.clone()).await;
        let held = grants.get(permission).cloned().unwrap_or_default();
        // What was asked may be repeated; what was answered may not tell.
        let mut said = format!("{:?} {:?}", reply.message, reply.before);
        for word in arguments.as_object().unwrap().values() {
            said = said.replace(&word.to_string(), "");
        }
        for site in SITES.iter().filter(|site| !held.pushed_sites(true).contains(*site)) {
            let told = said.contains(canary(site).unwrap());
            prop_assert!(!told || held.is_global(), "{} {} tells of {}", tool, arguments, said);
        }
        let stray = stray(places, &held, &reply.message["result"]["structuredContent"]);
        prop_assert!(stray.is_none(), "{} {} gave {:?}", tool, arguments, stray);
    }
    Ok(())
}

#[test]
fn no_reply_tells_of_a_place_outside_with_services_that_fence_nothing() {
    let strategy = (grants(), 0_usize..4, prop::collection::vec(0_usize..1000, 2));
    run(48, &strategy, async |app, places, (grants, version, picks)| {
        let person = person(app, places, &grants);
        let client = app.speaking_as(&person, Version::ALL[version]).await;
        for pick in picks {
            tells_nothing((app, places), &client, &person, pick).await?;
        }
        prop_assert!(app.around.services().wire().writes().is_empty());
        Ok(())
    });
}

/// The total of statistics by a person's own scope, for every way of counting.
#[test]
fn counts_are_those_of_whole_sites_that_are_held() {
    let strategy = (grants(), 0_usize..5);
    run(24, &strategy, async |app, places, (grants, by)| {
        let person = person(app, places, &grants);
        let client = app.speaking_as(&person, Version::V2026_07_28).await;
        let by = ["site", "status", "priority", "category", "age"][by];
        let counted = client.call("get_ticket_statistics", json!({"groupBy": by})).await;
        let held = app.around.authz().grants(person.oid);
        let held = held.get(VIEW_TICKETS).cloned().unwrap_or_default();
        if !held.holds_a_whole_site() {
            prop_assert_eq!(counted.text(), "Unknown tool: get_ticket_statistics");
            return Ok(());
        }
        let services = app.around.services();
        let all = services.tickets().len();
        let own: usize = held.sites().map(|site| services.tickets_of(site).len()).sum();
        let total = if held.is_global() { all } else { own };
        prop_assert_eq!(&counted.structured()["total"], &json!(total));
        let groups = counted.structured()["groups"].as_array().unwrap();
        let sum: u64 = groups.iter().map(|group| group["count"].as_u64().unwrap()).sum();
        prop_assert_eq!(sum, total as u64);
        Ok(())
    });
}
