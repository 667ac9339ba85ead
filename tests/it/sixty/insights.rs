//! Insights, inspections, rules and compliance.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use osier::demo::{SITE_60M, SITES, canary};
use serde_json::{Value, json};

use super::{Area, Case};
use crate::harness::TestApp;

const STATUSES: [&str; 3] = ["overdue", "due", "completed"];
const CATEGORIES: [&str; 4] = ["comfort", "energy", "maintenance", "dataQuality"];

pub const AREA: Area = Area { cases, arguments, counts };

fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

fn cases(app: &TestApp) -> Vec<Case> {
    let services = app.around.services();
    let of_site = |records: &[Value]| -> Value {
        records.iter().find(|one| one["siteId"] == SITE_60M).unwrap()["id"].clone()
    };
    let insight = of_site(&services.insights().insights);
    let inspection = of_site(&services.inspections().inspections);
    let skills = services.skills();
    let rule = skills.instances.iter().find(|one| one["siteId"] == SITE_60M).unwrap();
    let case = |tool, arguments| Case { tool, arguments };
    vec![
        case("list_inspections", json!({"siteIds": [SITE_60M], "pageSize": 5})),
        case("get_inspection", json!({"inspectionId": inspection})),
        case("list_insights", json!({"siteIds": [SITE_60M], "sort": "priority", "order": "asc"})),
        case("get_insight", json!({"insightId": insight})),
        case("list_insight_occurrences", json!({"insightId": insight})),
        case("get_insight_points", json!({"insightId": insight})),
        case("get_insight_history", json!({"insightId": insight})),
        case("summarize_insights", json!({"groupBy": "type", "siteIds": [SITE_60M]})),
        case("list_alerts", json!({"siteIds": [SITE_60M], "minPriority": 2})),
        case("list_rules", json!({"siteIds": [SITE_60M], "enabled": true})),
        case("get_rule", json!({"ruleId": rule["skillId"]})),
        case("get_compliance_status", json!({"siteIds": [SITE_60M], "standard": "ASHRAE 55"})),
    ]
}

fn arguments(app: &TestApp, tool: &str, pick: usize) -> Option<Value> {
    let services = app.around.services();
    let site = SITES[pick % 4];
    let page = 1 + pick % 40;
    let insights = services.insights();
    let insight = &insights.insights[pick * 37 % insights.insights.len()];
    let named = json!({
        "insightId": insight[if pick.is_multiple_of(3) { "sequenceNumber" } else { "id" }],
    });
    let moment = text(insight, "occurredDate");
    Some(match tool {
        "list_inspections" => match pick % 4 {
            0 => json!({"siteIds": SITES, "pageSize": page}),
            1 => json!({"status": STATUSES[pick / 4 % 3]}),
            2 => json!({"siteIds": [site], "fields": ["name", "status"]}),
            _ => json!({"locationId": location(insight)}),
        },
        "get_inspection" => {
            let all = services.inspections();
            let one = &all.inspections[pick * 7 % all.inspections.len()];
            if pick.is_multiple_of(5) {
                json!({"inspectionId": one["id"], "fields": ["name", "checks"]})
            } else {
                json!({"inspectionId": one["id"]})
            }
        }
        "list_insights" => list_insights(insight, pick),
        "get_insight" if pick.is_multiple_of(4) => {
            json!({"insightId": insight["id"], "fields": ["name", "children"]})
        }
        "get_insight" | "get_insight_points" => named,
        "list_insight_occurrences" if pick.is_multiple_of(2) => {
            json!({"insightId": insight["id"], "start": moment, "pageSize": page})
        }
        "list_insight_occurrences" => {
            json!({"insightId": insight["id"], "end": text(insight, "updatedDate")})
        }
        "get_insight_history" => json!({"insightId": named["insightId"], "pageSize": page}),
        "summarize_insights" => {
            let by = ["site", "type", "priority", "skill", "status"][pick % 5];
            match pick / 5 % 3 {
                0 => json!({"groupBy": by}),
                1 => json!({"groupBy": by, "siteIds": [site, SITES[pick / 4 % 4]]}),
                _ => json!({"groupBy": by, "start": moment}),
            }
        }
        "list_alerts" => match pick % 3 {
            0 => json!({"pageSize": page, "minPriority": 1 + pick / 3 % 4}),
            1 => json!({"siteIds": [site], "fields": ["name", "twinName"]}),
            _ => json!({"since": moment}),
        },
        "list_rules" => match pick % 4 {
            0 => json!({"pageSize": page}),
            1 => json!({"siteIds": [site, SITES[pick / 4 % 4]]}),
            2 => {
                json!({"category": CATEGORIES[pick / 4 % 4]})
            }
            _ => {
                json!({"modelId": insight["primaryModelId"], "enabled": true, "fields": ["sites"]})
            }
        },
        "get_rule" => {
            let all = services.skills();
            json!({"ruleId": all.skills[pick * 11 % all.skills.len()]["id"]})
        }
        "get_compliance_status" => {
            let all = services.requirements();
            let one = &all[pick * 13 % all.len()];
            match pick % 4 {
                0 => json!({"pageSize": page}),
                1 => json!({"siteIds": [site], "standard": one["standard"]}),
                2 => json!({"status": one["status"], "period": one["period"]}),
                _ => json!({"period": text(one, "period")[..4], "fields": ["name", "score"]}),
            }
        }
        _ => return None,
    })
}

fn list_insights(insight: &Value, pick: usize) -> Value {
    match pick % 10 {
        0 => json!({"pageSize": 1 + pick % 40}),
        1 => json!({"siteIds": [SITES[pick / 10 % 4]], "status": ["new", "open"]}),
        2 => json!({"q": canary(SITES[pick / 10 % 4]).unwrap(), "pageSize": 7}),
        3 => json!({"q": insight["twinId"], "sort": "priority", "order": "asc"}),
        4 => json!({"type": insight["type"], "fields": ["name", "children"]}),
        5 => json!({"skillId": insight["skillId"], "state": "active"}),
        6 => json!({"twinId": insight["twinId"], "sort": "updatedDate"}),
        7 => json!({"occurredAfter": insight["occurredDate"], "sort": "impact", "pageSize": 10}),
        8 => json!({"locationId": location(insight)}),
        _ => json!({"impactMin": pick % 200, "priority": 1 + pick % 4}),
    }
}

/// Where an insight lies, the innermost.
fn location(insight: &Value) -> Value {
    let own = insight["locationIds"].as_array().unwrap();
    own.last().cloned().unwrap_or_else(|| json!(SITE_60M))
}

fn counts(app: &TestApp, tool: &str, arguments: &Value, sites: &BTreeSet<String>) -> Option<Value> {
    if tool != "summarize_insights" {
        return None;
    }
    let services = app.around.services();
    let time = |value: &Value| DateTime::parse_from_rfc3339(value.as_str()?).ok();
    let (start, end) = (time(&arguments["start"]), time(&arguments["end"]));
    let by = text(arguments, "groupBy");
    let mut groups: BTreeMap<(String, String), usize> = BTreeMap::new();
    for insight in &services.insights().insights {
        let before_start =
            start.is_some_and(|start| time(&insight["lastOccurredDate"]) < Some(start));
        let after_end = end.is_some_and(|end| time(&insight["occurredDate"]) >= Some(end));
        if !sites.contains(text(insight, "siteId")) || before_start || after_end {
            continue;
        }
        let (key, name) = match by {
            "site" => {
                let site = text(insight, "siteId");
                (site.to_owned(), site_name(app, site))
            }
            "priority" => {
                let priority = insight["priority"].as_u64().unwrap();
                let words = ["", "urgent", "high", "medium", "low"];
                (priority.to_string(), words[usize::try_from(priority).unwrap()].to_owned())
            }
            "skill" => (text(insight, "skillId").to_owned(), text(insight, "skillName").to_owned()),
            field => (text(insight, field).to_owned(), text(insight, field).to_owned()),
        };
        *groups.entry((key, name)).or_default() += 1;
    }
    let total: usize = groups.values().sum();
    let groups: Vec<Value> = groups
        .into_iter()
        .map(|((key, name), count)| json!({"key": key, "name": name, "count": count}))
        .collect();
    Some(json!({"groups": groups, "total": total}))
}

fn site_name(app: &TestApp, site: &str) -> String {
    let places = app.around.services().records_of(site).locations;
    let building = places.into_iter().find(|place| place["id"] == site);
    building.map(|building| text(&building, "name").to_owned()).unwrap_or_default()
}
