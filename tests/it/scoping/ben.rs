//! `ben` and his three sites, through every tool that reads.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use osier::demo::{SITE_3LW, SITE_8KP, SITE_12H, SITE_60M};
use serde_json::{Value, json};

use super::matrix::{Cell, alike, everywhere, ids, nothing_of, text};
use crate::harness::TestApp;

const HIS: [&str; 3] = [SITE_60M, SITE_12H, SITE_8KP];
/// An id that no record has.
pub const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";

fn his_tickets(app: &TestApp) -> Vec<Value> {
    HIS.iter().flat_map(|site| app.around.services().tickets_of(site)).collect()
}

#[tokio::test]
async fn ben_lists_the_tickets_of_his_three_sites_and_no_others() {
    let app = TestApp::new().await;
    let expected = ids(&his_tickets(&app));
    everywhere(&app, async |cell: Cell<'_>| {
        let name = cell.name();
        let ben = cell.client("ben").await;
        for size in [100, if cell.strict { 37 } else { 60 }] {
            let rows = ben.all_rows("list_tickets", json!({"pageSize": size})).await;
            assert_eq!(ids(&rows), expected, "{name}");
        }
        for site in HIS {
            let rows = ben.all_rows("list_tickets", json!({"siteIds": [site, SITE_3LW]})).await;
            assert_eq!(ids(&rows), ids(&app.around.services().tickets_of(site)), "{name}");
        }
        let fourth = ben.call("list_tickets", json!({"siteIds": [SITE_3LW]})).await;
        assert_eq!(fourth.structured(), &json!({"items": [], "notFound": ["siteIds.0"]}), "{name}");
        let unknown = ben.call("list_tickets", json!({"siteIds": [NOBODYS]})).await;
        alike(&fourth, &unknown, &name);
        for filter in ["Velvastone", "3LW-T-"] {
            let found = ben.call("list_tickets", json!({"q": filter})).await;
            assert_eq!(found.structured(), &json!({"items": []}), "{name}: {filter}");
        }
        let theirs = app.around.services().records_of(SITE_3LW);
        for (argument, record) in
            [("categoryId", &theirs.categories[0]), ("assigneeId", &theirs.workgroups[0])]
        {
            let found = ben.call("list_tickets", json!({argument: record["id"]})).await;
            assert_eq!(found.structured(), &json!({"items": []}), "{name}: {argument}");
        }
        let place =
            ben.call("list_tickets", json!({"locationId": theirs.locations[1]["id"]})).await;
        let nowhere = ben.call("list_tickets", json!({"locationId": NOBODYS})).await;
        assert!(place.is_error(), "{name}");
        alike(&place, &nowhere, &name);
    })
    .await;
}

#[tokio::test]
async fn ben_sees_the_places_categories_and_workgroups_of_his_sites_and_no_others() {
    let app = TestApp::new().await;
    let records: Vec<_> = HIS.iter().map(|site| app.around.services().records_of(site)).collect();
    let categories: Vec<Value> = records.iter().flat_map(|one| one.categories.clone()).collect();
    let places: Vec<Value> = records.iter().flat_map(|one| one.locations.clone()).collect();
    everywhere(&app, async |cell: Cell<'_>| {
        let name = cell.name();
        let ben = cell.client("ben").await;
        let sites = ben.call("list_sites", json!({"siteIds": [SITE_3LW, SITE_8KP]})).await;
        assert_eq!(sites.column("id"), [SITE_8KP], "{name}");
        let sites = ben.call("list_sites", json!({})).await;
        assert_eq!(sites.column("id"), HIS, "{name}");
        let none = ben.call("list_sites", json!({"siteIds": [SITE_3LW]})).await;
        assert_eq!(none.structured(), &json!({"items": [], "notFound": ["siteIds.0"]}), "{name}");

        let found = ben.all_rows("list_ticket_categories", json!({})).await;
        assert_eq!(ids(&found), ids(&categories), "{name}");
        let found = ben.call("list_ticket_categories", json!({"siteId": SITE_3LW})).await;
        assert_eq!(found.structured(), &json!({"items": []}), "{name}");

        let found = ben.all_rows("search_locations", json!({"q": "e", "pageSize": 100})).await;
        let named = |one: &&Value| {
            let words = format!("{} {}", text(one, "name"), text(one, "twinId"));
            words.to_lowercase().contains('e')
        };
        let expected: Vec<Value> = places.iter().filter(named).cloned().collect();
        assert_eq!(ids(&found), ids(&expected), "{name}");
        let found = ben.call("search_locations", json!({"q": "e", "siteIds": [SITE_3LW]})).await;
        assert_eq!(found.structured(), &json!({"items": [], "notFound": ["siteIds.0"]}), "{name}");

        for (site, records) in HIS.iter().zip(&records) {
            let found = ben.all_rows("list_floors", json!({"siteId": site})).await;
            assert_eq!(ids(&found), ids(&records.floors), "{name}");
            let found = ben.all_rows("list_workgroups", json!({"siteId": site})).await;
            assert_eq!(ids(&found), ids(&records.workgroups), "{name}");
        }
        for tool in ["get_site", "list_floors", "list_workgroups"] {
            let fourth = ben.call(tool, json!({"siteId": SITE_3LW})).await;
            let unknown = ben.call(tool, json!({"siteId": NOBODYS})).await;
            assert!(fourth.is_error(), "{name}: {tool}");
            alike(&fourth, &unknown, &format!("{name}: {tool}"));
        }
    })
    .await;
}

#[tokio::test]
async fn ben_walks_the_tree_of_his_sites_and_reads_no_more_than_names_above() {
    let app = TestApp::new().await;
    let places: usize =
        HIS.iter().map(|site| app.around.services().records_of(site).locations.len()).sum();
    let theirs = app.around.services().records_of(SITE_3LW).locations;
    everywhere(&app, async |cell: Cell<'_>| {
        let name = cell.name();
        let ben = cell.client("ben").await;
        let tree = ben.call("get_location_tree", json!({"depth": 1})).await;
        nothing_of(SITE_3LW, &tree, &name);
        let (above, below): (Vec<Value>, Vec<Value>) =
            tree.items().iter().cloned().partition(|node| node["kind"] == "portfolio");
        assert_eq!((above.len(), below.len()), (2, 3), "{name}");
        for node in &above {
            let keys: Vec<_> = node.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["id", "name", "kind"], "{name}");
        }
        let mut seen = 0;
        for site in HIS {
            let part = ben.call("get_location_tree", json!({"rootId": site, "depth": 1})).await;
            seen += 1;
            for level in part.items().iter().filter(|node| node["kind"] == "level") {
                let arguments = json!({"rootId": level["id"], "depth": 5});
                seen += ben.call("get_location_tree", arguments).await.items().len();
            }
        }
        assert_eq!(seen, places, "{name}");
        let unknown = ben.call("get_location_tree", json!({"rootId": NOBODYS})).await;
        assert!(unknown.is_error(), "{name}");
        for node in theirs.iter().step_by(17) {
            let fourth = ben.call("get_location_tree", json!({"rootId": node["id"]})).await;
            alike(&fourth, &unknown, &name);
        }
    })
    .await;
}

#[tokio::test]
async fn ben_reads_one_ticket_with_all_that_belongs_to_it_if_it_is_of_his_sites() {
    let app = TestApp::new().await;
    let his = his_tickets(&app);
    let theirs = app.around.services().tickets_of(SITE_3LW);
    everywhere(&app, async |cell: Cell<'_>| {
        let ben = cell.client("ben").await;
        for ticket in his.iter().step_by(41) {
            for key in ["id", "sequenceNumber"] {
                let found = ben.call("get_ticket", json!({"ticketId": ticket[key]})).await;
                assert_eq!(found.item()["id"], ticket["id"], "{}", cell.name());
            }
        }
        for tool in
            ["get_ticket", "list_ticket_comments", "list_ticket_attachments", "get_ticket_history"]
        {
            let what = format!("{} through {tool}", cell.name());
            let unknown = ben.call(tool, json!({"ticketId": NOBODYS})).await;
            let number = ben.call(tool, json!({"ticketId": "3LW-T-9999"})).await;
            assert!(unknown.is_error(), "{what}");
            alike(&unknown, &number, &what);
            for ticket in theirs.iter().step_by(19) {
                for key in ["id", "sequenceNumber"] {
                    let hidden = ben.call(tool, json!({"ticketId": ticket[key]})).await;
                    alike(&hidden, &unknown, &what);
                }
            }
            for site_less in ["NIL-T-1001"] {
                let hidden = ben.call(tool, json!({"ticketId": site_less})).await;
                alike(&hidden, &unknown, &what);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn ben_counts_what_he_sees_and_no_more() {
    let app = TestApp::new().await;
    let his = his_tickets(&app);
    everywhere(&app, async |cell: Cell<'_>| {
        let ben = cell.client("ben").await;
        let count = async |arguments: Value| ben.call("get_ticket_statistics", arguments).await;
        let now = DateTime::<Utc>::from(app.clock.now());
        for by in ["site", "status", "priority", "category", "age"] {
            let what = format!("{} by {by}", cell.name());
            let all = count(json!({"groupBy": by})).await;
            assert_eq!(counts(all.structured()), recount(his.iter(), by, now), "{what}");
            assert_eq!(all.structured()["total"], his.len(), "{what}");
            nothing_of(SITE_3LW, &all, &what);
            let some = count(json!({"groupBy": by, "siteIds": [SITE_12H, SITE_3LW]})).await;
            let expected = app.around.services().tickets_of(SITE_12H);
            assert_eq!(counts(some.structured()), recount(expected.iter(), by, now), "{what}");
            let none = count(json!({"groupBy": by, "siteIds": [SITE_3LW]})).await;
            let nothing = json!({"groups": [], "total": 0, "notFound": ["siteIds.0"]});
            assert_eq!(none.structured(), &nothing, "{what}");
            let unknown = count(json!({"groupBy": by, "siteIds": [NOBODYS]})).await;
            alike(&none, &unknown, &what);
        }
    })
    .await;
}

fn counts(statistics: &Value) -> BTreeMap<String, usize> {
    let groups = statistics["groups"].as_array().unwrap();
    let count = |group: &Value| usize::try_from(group["count"].as_u64().unwrap()).unwrap();
    groups.iter().map(|group| (text(group, "key").to_owned(), count(group))).collect()
}

fn recount<'a>(
    tickets: impl Iterator<Item = &'a Value>,
    by: &str,
    now: DateTime<Utc>,
) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for ticket in tickets {
        let key = match by {
            "site" => text(ticket, "siteId").to_owned(),
            "status" => text(ticket, "statusId").to_owned(),
            "priority" => ticket["priority"].to_string(),
            "category" => text(ticket, "categoryId").to_owned(),
            _ => age(ticket, now).to_string(),
        };
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn age(ticket: &Value, now: DateTime<Utc>) -> usize {
    let created = DateTime::parse_from_rfc3339(text(ticket, "createdDate")).unwrap();
    let days = (now - created.to_utc()).num_days();
    [1, 7, 30, 90].iter().filter(|from| days >= **from).count()
}
