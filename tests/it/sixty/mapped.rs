//! Mapped, documents and attachments.

use osier::demo::{SITE_60M, SITES, canary};
use serde_json::{Value, json};

use super::{Area, Case};
use crate::harness::TestApp;

pub const AREA: Area = Area { cases, arguments, counts: |_, _, _, _| None };

/// What Mapped calls places, machines and what they measure.
const KINDS: [&str; 5] = ["Floor", "Space", "Zone", "Thing", "Point"];

fn cases(app: &TestApp) -> Vec<Case> {
    let services = app.around.services();
    let document = services.documents_of(SITE_60M)[0].0["id"].clone();
    let attachment = readable(app, SITE_60M, 0);
    let floor = services.mapped_ids("Floor", SITE_60M)[2].clone();
    let case = |tool, arguments| Case { tool, arguments };
    vec![
        case("get_building_topology", json!({"buildingId": SITE_60M, "depth": 2})),
        case("list_things", json!({"floorId": floor})),
        case("search_documents", json!({"q": "manual", "siteIds": [SITE_60M]})),
        case("get_document", json!({"documentId": document})),
        case("read_document", json!({"documentId": document, "maxChars": 1000})),
        case(
            "get_ticket_attachment",
            json!({"ticketId": attachment["ticketId"], "attachmentId": attachment["id"]}),
        ),
    ]
}

/// One of a site's attachments that are text.
fn readable(app: &TestApp, site: &str, pick: usize) -> Value {
    let mut all = app.around.services().attachments_of(site);
    all.retain(|(about, _)| about["mimeType"].as_str().unwrap().starts_with("text/"));
    all[pick % all.len()].0.clone()
}

fn arguments(app: &TestApp, tool: &str, pick: usize) -> Option<Value> {
    let services = app.around.services();
    let site = SITES[pick % 4];
    let other = SITES[(pick / 4) % 4];
    let page = 1 + pick % 100;
    let id = |kind: &str| {
        let ids = services.mapped_ids(kind, site);
        ids[pick / 4 % ids.len()].clone()
    };
    let document = || {
        let all = services.documents_of(site);
        all[pick / 4 % all.len()].0["id"].clone()
    };
    Some(match tool {
        "get_building_topology" => {
            let building = if pick.is_multiple_of(3) { id("Building") } else { site.to_owned() };
            let mut asked =
                json!({"buildingId": building, "depth": 1 + pick % 4, "pageSize": page});
            if pick.is_multiple_of(5) {
                asked["kinds"] = json!([KINDS[pick / 5 % 5]]);
            }
            asked
        }
        "list_things" if pick.is_multiple_of(2) => {
            json!({"floorId": id("Floor"), "pageSize": page})
        }
        "list_things" => json!({"spaceId": id("Space")}),
        "search_documents" => match pick % 5 {
            0 => json!({"q": canary(other).unwrap(), "pageSize": page}),
            1 => json!({"siteIds": [site, other], "fields": ["name", "documentType"]}),
            2 => json!({"twinId": "60M-AHU-01", "siteIds": SITES}),
            3 => json!({"documentType": "manual"}),
            _ => json!({"pageSize": page}),
        },
        "get_document" => json!({"documentId": document()}),
        "read_document" if pick.is_multiple_of(3) => json!({"documentId": document(), "page": 1}),
        "read_document" => {
            json!({"documentId": document(), "offset": pick * 37 % 5000, "maxChars": 100 + pick % 900})
        }
        "get_ticket_attachment" => {
            let attachment = readable(app, site, pick);
            // Of its own ticket, or of another's.
            let ticket = if pick.is_multiple_of(4) {
                readable(app, other, pick + 1)
            } else {
                attachment.clone()
            };
            json!({
                "ticketId": ticket["ticketId"], "attachmentId": attachment["id"],
                "offset": pick * 131 % 40_000,
            })
        }
        _ => return None,
    })
}
