//! Points and connectors by place, and the moments that may be asked about.

use std::collections::BTreeSet;

use osier::demo::{FINN_LEVEL, Fault, SITE_3LW, SITE_8KP, SITE_60M, SITES, canary};
use serde_json::{Value, json};

use super::{points_of, site, text, viewer};
use crate::harness::{TestApp, Version};

const OF_POINTS: [&str; 5] = [
    "aggregate_telemetry",
    "get_latest_values",
    "get_point",
    "get_telemetry_history",
    "list_points",
];

fn on_level(point: &Value) -> bool {
    point["locationIds"].as_array().unwrap().contains(&json!(FINN_LEVEL))
}

fn ids(rows: &[Value]) -> BTreeSet<&str> {
    rows.iter().map(|row| text(row, "twinId")).collect()
}

#[tokio::test]
async fn somebody_of_one_level_sees_the_points_of_that_level() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let at = format!("{{location: {FINN_LEVEL}, site: {SITE_60M}}}");
        let client = viewer(&app, &[at]).await;
        let tools = client.tools().await;
        let here: Vec<&str> =
            tools.iter().map(String::as_str).filter(|tool| *tool != "get_my_permissions").collect();
        assert_eq!(here, OF_POINTS, "a connector is of a whole site");
        let all = app.around.services().points_of(SITE_60M);
        let (own, others): (Vec<Value>, Vec<Value>) = all.into_iter().partition(on_level);
        assert!(own.len() > 40, "{}", own.len());
        for size in [7, 100] {
            let rows = client.all_rows("list_points", json!({"pageSize": size})).await;
            assert_eq!(ids(&rows), ids(&own));
        }
        let good = client.call("get_point", json!({"twinId": own[0]["twinId"]})).await;
        assert_eq!(good.item()["name"], own[0]["name"]);
        let hidden = client.call("get_point", json!({"twinId": others[0]["twinId"]})).await;
        let nobody = client.call("get_point", json!({"twinId": "60M-NO-SUCH"})).await;
        assert_eq!(hidden.refusal(), nobody.refusal());
        let asked = json!({"twinIds": [others[0]["twinId"], own[0]["twinId"]]});
        let latest = client.call("get_latest_values", asked).await;
        assert_eq!(latest.structured()["notFound"], json!(["twinIds.0"]));
    }
}

#[tokio::test]
async fn points_are_found_by_equipment_model_unit_and_words() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let all = app.around.services().points_of(SITE_60M);
    let found = async |arguments: Value| ana.all_rows("list_points", arguments).await;
    let like = |field: &str, value: &str| -> BTreeSet<String> {
        let same = all.iter().filter(|point| text(point, field) == value);
        same.map(|point| text(point, "twinId").to_owned()).collect()
    };
    for (argument, field, value) in [
        ("twinId", "equipmentTwinId", "60M-AHU-03"),
        ("modelId", "modelId", "dtmi:com:willowinc:ZoneAirTemperatureSensor;1"),
        ("unit", "unit", "kW"),
    ] {
        let rows = found(json!({"siteIds": [SITE_60M], "pageSize": 100, argument: value})).await;
        let expected = like(field, value);
        assert!(!expected.is_empty());
        let told: BTreeSet<String> = ids(&rows).into_iter().map(str::to_owned).collect();
        assert_eq!(told, expected, "{argument}");
    }
    let rows = found(json!({"q": "AHU-03 return air temperature"})).await;
    assert_eq!(
        ids(&rows),
        ["60M-AHU-03-RAT", "12H-AHU-03-RAT", "8KP-AHU-03-RAT", "3LW-AHU-03-RAT"].into()
    );
}

#[tokio::test]
async fn connectors_are_those_of_the_sites() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let client = viewer(&app, &[site(SITE_3LW), site(SITE_8KP)]).await;
        let told = client.call("get_connector_health", json!({"siteIds": SITES})).await;
        assert_eq!(told.items().len(), 6);
        assert_eq!(told.structured()["notFound"], json!(["siteIds.0", "siteIds.1"]));
        let line = told.text();
        for of in SITES {
            let theirs = [SITE_3LW, SITE_8KP].contains(&of);
            assert_eq!(line.contains(canary(of).unwrap()), theirs);
        }
        let status = |name: &str| {
            let row = told.items().iter().find(|row| text(row, "name").starts_with(name));
            row.map(|row| text(row, "status").to_owned())
        };
        assert_eq!(status("Velvastone wireless").as_deref(), Some("offline"));
        assert_eq!(status("Osprentide wireless").as_deref(), Some("degraded"));
        let services = app.around.services();
        for (of, count) in [(SITE_3LW, 1), (SITE_60M, 0)] {
            let id = services.connectors_of(of)[0].clone();
            let one = client.call("get_connector_health", json!({"connectorId": id})).await;
            assert_eq!(one.items().len(), count);
        }
    }
}

#[tokio::test]
async fn moments_are_in_order_and_not_too_far_apart() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let point = points_of(&app, SITE_60M, 500)[0].clone();
    app.around.services().wire().forget();
    let history = |start: &str, end: &str| json!({"twinIds": [point], "start": start, "end": end});
    let figures = |start: &str, end: &str| {
        let mut arguments = history(start, end);
        arguments["interval"] = "P7D".into();
        arguments["functions"] = json!(["avg"]);
        arguments
    };
    let new_year = "2026-01-01T00:00:00Z";
    for (tool, arguments, says) in [
        ("get_telemetry_history", history(new_year, new_year), "end: must be after start"),
        (
            "get_telemetry_history",
            history(new_year, "2026-02-02T00:00:00Z"),
            "end: at most 31 days after start",
        ),
        (
            "aggregate_telemetry",
            figures(new_year, "2027-02-06T00:00:00Z"),
            "end: at most 400 days after start",
        ),
        (
            "aggregate_telemetry",
            figures(new_year, "2025-01-01T00:00:00Z"),
            "end: must be after start",
        ),
    ] {
        let refused = ana.call(tool, arguments).await;
        assert!(refused.is_error() && refused.text().contains(says), "{refused:?}");
    }
    let vague = ana.call("get_telemetry_history", history("yesterday", new_year)).await;
    assert!(vague.text().contains("start: "), "{vague:?}");
    assert!(
        app.around.services().wire().count("/livedatacore") == 0,
        "refused before anything is sent"
    );
}

#[tokio::test]
async fn a_connector_is_seen_where_all_of_its_sites_are() {
    let app = TestApp::lax().await;
    let her = crate::dashboards::person(&app, "WillowApp.CanViewConnectors", &[site(SITE_60M)]);
    let her = app.speaking_as(&her, Version::V2026_07_28).await;
    for (sites, seen) in [(vec![SITE_60M], 1), (vec![SITE_60M, SITE_3LW], 0), (vec![], 0)] {
        let connector = json!({
            "id": "c", "siteId": SITE_60M, "siteIds": sites, "name": "c", "status": "healthy",
        });
        let answer = Fault::json(&json!({"items": [connector]}));
        app.around.services().inject("/livedatacore/connectors/health", answer);
        let reply = her.call("get_connector_health", json!({})).await;
        assert_eq!(reply.items().len(), seen, "{sites:?}");
        app.around.services().wire().heal();
    }
}
