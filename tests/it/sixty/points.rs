//! Points, telemetry and connectors.

use osier::demo::{SITE_60M, SITES};
use serde_json::{Value, json};

use super::{Area, Case};
use crate::harness::TestApp;

// Aggregates of telemetry are of points that were named one by one: none of them counts.
pub const AREA: Area = Area { cases, arguments, counts: |_, _, _, _| None };

const DAY: i64 = 86_400;

fn at(app: &TestApp, days_ago: i64) -> String {
    let now = i64::try_from(app.clock.unix_seconds()).unwrap();
    chrono::DateTime::from_timestamp(now - days_ago * DAY, 0).unwrap().to_rfc3339()
}

fn cases(app: &TestApp) -> Vec<Case> {
    let points = app.around.services().points_of(SITE_60M);
    let id = |number: usize| points[number]["twinId"].clone();
    let connector = app.around.services().connectors_of(SITE_60M)[0].clone();
    let (start, end) = (at(app, 2), at(app, 1));
    let case = |tool, arguments| Case { tool, arguments };
    vec![
        case("list_points", json!({"siteIds": [SITE_60M], "q": "zone air temperature"})),
        case("get_point", json!({"twinId": id(0)})),
        case("get_latest_values", json!({"twinIds": [id(0), id(40)]})),
        case(
            "get_telemetry_history",
            json!({"twinIds": [id(0), id(40)], "start": start, "end": end, "maxPoints": 50}),
        ),
        case(
            "aggregate_telemetry",
            json!({
                "twinIds": [id(0), id(40)], "start": start, "end": end, "interval": "PT6H",
                "functions": ["avg", "max", "count"],
            }),
        ),
        case("get_connector_health", json!({"connectorId": connector})),
    ]
}

/// A number from 0 to below `bound`, by what it is for.
fn dice(number: usize, what: usize, bound: usize) -> usize {
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9).wrapping_add(what.wrapping_mul(0x85eb_ca6b));
    ((mixed >> 7) ^ (mixed >> 19)) % bound
}

fn arguments(app: &TestApp, tool: &str, number: usize) -> Option<Value> {
    let roll = |what: usize, bound: usize| dice(number, what, bound);
    let point = |what: usize| -> Value {
        let number = roll(what + 1, usize::MAX);
        app.around.services().any_point_of(SITES[roll(what, 4)], number).unwrap()
    };
    let ids = || -> Vec<Value> {
        let mut ids: Vec<Value> = Vec::new();
        for what in 0..=roll(3, 6) {
            let id = match roll(50 + what, 9) {
                0 => json!(format!("nobody-{what}")),
                _ => point(60 + 2 * what)["twinId"].clone(),
            };
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    };
    let days = i64::try_from(roll(5, 20)).unwrap();
    let (start, end) = (at(app, days + 2), at(app, days));
    Some(match tool {
        "list_points" => {
            let mut arguments = json!({"pageSize": 1 + roll(6, 100)});
            if roll(7, 2) == 0 {
                arguments["siteIds"] = json!([SITES[roll(8, 4)], SITES[roll(9, 4)]]);
            }
            match roll(10, 6) {
                0 => arguments["twinId"] = point(11)["equipmentTwinId"].clone(),
                1 => arguments["modelId"] = point(11)["modelId"].clone(),
                2 => arguments["unit"] = "degC".into(),
                3 => arguments["q"] = "temperature".into(),
                4 => arguments["fields"] = json!(["name", "unit"]),
                _ => {}
            }
            arguments
        }
        "get_point" => json!({"twinId": point(12)["twinId"]}),
        "get_latest_values" => json!({"twinIds": ids()}),
        "get_telemetry_history" => {
            json!({"twinIds": ids(), "start": start, "end": end, "maxPoints": 1 + roll(13, 60)})
        }
        "aggregate_telemetry" => json!({
            "twinIds": ids(), "start": start, "end": end,
            "interval": (["PT6H", "P1D", "P7D"][roll(14, 3)]),
            "functions": [(["avg", "min", "max", "sum", "count", "delta"][roll(15, 6)])],
        }),
        "get_connector_health" => {
            let connectors = app.around.services().connectors_of(SITES[roll(16, 4)]);
            match roll(17, 3) {
                0 => json!({}),
                1 => json!({"siteIds": [SITES[roll(18, 4)]]}),
                _ => json!({"connectorId": connectors[roll(19, connectors.len())]}),
            }
        }
        _ => return None,
    })
}
