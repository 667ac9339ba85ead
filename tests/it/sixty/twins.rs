//! Twins, relationships and models.

use std::collections::BTreeSet;

use osier::demo::{SITES, canary};
use serde_json::{Value, json};

use super::{Area, Case};
use crate::harness::TestApp;

pub const AREA: Area = Area { cases, arguments, counts };

const MODELS: [&str; 6] = [
    "dtmi:com:willowinc:Space;1",
    "dtmi:com:willowinc:Room;1",
    "dtmi:com:willowinc:AirHandlingUnit;1",
    "dtmi:com:willowinc:Sensor;1",
    "dtmi:com:willowinc:ElectricalMeter;1",
    "dtmi:com:willowinc:Collection;1",
];
const RELATIONSHIPS: [&str; 6] =
    ["isFedBy", "isPartOf", "isCapabilityOf", "locatedIn", "serves", "hasDocument"];

fn cases(_: &TestApp) -> Vec<Case> {
    let case = |tool, arguments| Case { tool, arguments };
    vec![
        case("search_twins", json!({"q": "AHU-03", "pageSize": 5})),
        case("get_twin", json!({"twinId": "60M-AHU-03", "includeRelationships": true})),
        case("get_twin_relationships", json!({"twinId": "60M-AHU-03"})),
        case("traverse_twin_graph", json!({"rootTwinId": "60M-CH-01", "maxDepth": 2})),
        case("count_twins", json!({"modelIds": [MODELS[1]]})),
        case("list_models", json!({"q": "air"})),
        case("get_model", json!({"modelId": MODELS[2]})),
    ]
}

fn arguments(app: &TestApp, tool: &str, pick: usize) -> Option<Value> {
    let twin = |step: usize| app.around.services().twin_id(pick * step + step);
    let site = SITES[pick % 4];
    let relationship = RELATIONSHIPS[pick % 6];
    let direction = ["outgoing", "incoming", "both"][pick % 3];
    let filter = |property: &str, operator: &str, value: Value| json!([{"property": property, "operator": operator, "value": value}]);
    Some(match tool {
        "search_twins" => match pick % 7 {
            0 => json!({"q": canary(SITES[pick / 7 % 4]), "pageSize": 1 + pick % 20}),
            1 => json!({"modelIds": [MODELS[pick % 6]], "siteIds": [site]}),
            2 => json!({"modelIds": [MODELS[pick % 6]], "includeSubtypes": false}),
            3 => {
                let direction = ["outgoing", "incoming"][pick % 2];
                json!({"relatedTo": {"twinId": twin(37), "relationship": relationship,
                                     "direction": direction}})
            }
            4 => json!({"filters": filter("name", "contains", json!("1")), "fields": ["name"]}),
            5 => json!({"filters": filter("siteId", "in", json!(SITES)), "siteIds": SITES}),
            _ => json!({"pageSize": 1 + pick % 100}),
        },
        "count_twins" => match pick % 4 {
            0 => json!({}),
            1 => json!({"modelIds": [MODELS[1]]}),
            2 => json!({"siteIds": [site, SITES[(pick + 1) % 4]]}),
            _ => json!({"filters": filter("unit", "equals", json!("degC"))}),
        },
        "get_twin" if pick.is_multiple_of(3) => json!({"twinId": twin(31), "fields": ["name"]}),
        "get_twin" => json!({"twinId": twin(31), "includeRelationships": pick.is_multiple_of(2)}),
        "get_twin_relationships" if pick.is_multiple_of(4) => {
            json!({"twinId": twin(41), "names": [relationship], "pageSize": 1 + pick % 9})
        }
        "get_twin_relationships" => json!({"twinId": twin(41), "direction": direction}),
        "traverse_twin_graph" if pick.is_multiple_of(2) => {
            json!({"rootTwinId": twin(43), "maxDepth": 1 + pick % 2, "maxNodes": 1 + pick % 60})
        }
        "traverse_twin_graph" => {
            let paths = json!([{"relationship": relationship, "direction": direction}]);
            json!({"rootTwinId": twin(43), "paths": paths, "maxDepth": 1 + pick % 5})
        }
        "list_models" if pick.is_multiple_of(2) => json!({"rootModelId": MODELS[pick % 6]}),
        "list_models" => json!({"q": "temp", "pageSize": 1 + pick % 30}),
        "get_model" => json!({"modelId": MODELS[pick % 6]}),
        _ => return None,
    })
}

/// Counts of what `arguments` asks for.
fn counts(app: &TestApp, tool: &str, arguments: &Value, held: &BTreeSet<String>) -> Option<Value> {
    if tool != "count_twins" {
        return None;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let named: Option<Vec<String>> =
        arguments["siteIds"].as_array().map(|named| named.iter().map(text).collect());
    let fits = |twin: &Value| {
        let site = text(&twin["siteID"]);
        let asked = named.as_ref().is_none_or(|named| named.contains(&site));
        let model =
            arguments.get("modelIds").is_none_or(|_| twin["$metadata"]["$model"] == MODELS[1]);
        let unit = arguments.get("filters").is_none_or(|_| twin["unit"] == "degC");
        asked && held.contains(&site) && model && unit
    };
    let total = app.around.services().count_twins(fits);
    Some(json!({"total": total}))
}
