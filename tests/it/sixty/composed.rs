//! Tools made of other tools.

use osier::demo::{SITE_60M, SITES, canary};
use serde_json::{Value, json};

use super::{Area, Case};
use crate::harness::TestApp;

pub const AREA: Area = Area { cases, arguments, counts: |_, _, _, _| None };

fn cases(_: &TestApp) -> Vec<Case> {
    let word = canary(SITE_60M).unwrap();
    vec![
        Case { tool: "get_site_summary", arguments: json!({"siteId": SITE_60M}) },
        Case { tool: "search", arguments: json!({"query": word}) },
        Case { tool: "fetch", arguments: json!({"id": format!("site:{SITE_60M}")}) },
    ]
}

fn arguments(app: &TestApp, tool: &str, pick: usize) -> Option<Value> {
    let site = SITES[pick % 4];
    let ticket = || {
        let tickets = app.around.services().tickets_of(site);
        tickets[pick % tickets.len()]["id"].as_str().unwrap().to_owned()
    };
    Some(match tool {
        "get_site_summary" => json!({"siteId": site}),
        "search" => match pick % 3 {
            0 => json!({"query": canary(SITES[pick / 4 % 4]).unwrap()}),
            1 => json!({"query": "air"}),
            _ => json!({"query": "60M"}),
        },
        "fetch" => {
            let services = app.around.services();
            let insights = services.insights();
            let insight = &insights.insights[pick % insights.insights.len()]["id"];
            let documents = services.documents_of(site);
            let document = &documents[pick % documents.len()].0["id"];
            let (kind, id) = match pick / 4 % 6 {
                0 => ("site", site.to_owned()),
                1 => ("ticket", ticket()),
                2 => ("insight", insight.as_str().unwrap().to_owned()),
                3 => ("twin", services.twin_id(pick)),
                4 => ("document", document.as_str().unwrap().to_owned()),
                // Of another kind than it says.
                _ => ("insight", ticket()),
            };
            json!({"id": format!("{kind}:{id}")})
        }
        _ => return None,
    })
}
