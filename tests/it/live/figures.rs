//! What is told of telemetry is what the world has: samples, aggregates, latest values, faults.

use osier::demo::{SITE_3LW, SITE_8KP, SITE_60M};
use serde_json::{Value, json};

use super::{at, points_of, text};
use crate::harness::TestApp;

const DAY: i64 = 86_400;

fn seconds(row: &Value, field: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text(row, field)).unwrap().timestamp()
}

fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// Midnight (UTC) so many days ago.
fn days_ago(app: &TestApp, days: i64) -> i64 {
    let now = i64::try_from(app.clock.unix_seconds()).unwrap();
    now.div_euclid(DAY) * DAY - days * DAY
}

#[tokio::test]
async fn aggregates_are_those_of_the_samples() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let ids = [points_of(&app, SITE_60M, 301), points_of(&app, SITE_8KP, 301)].concat();
    let ids: Vec<&String> = ids.iter().take(4).collect();
    let (start, end) = (days_ago(&app, 3), days_ago(&app, 1));
    let functions = ["avg", "min", "max", "sum", "count", "first", "last", "delta"];
    for (interval, length) in [("PT1H", 3_600), ("PT6H", 21_600), ("P1D", DAY)] {
        let arguments = json!({
            "twinIds": ids, "start": at(start), "end": at(end), "interval": interval,
            "functions": functions,
        });
        let rows = ana.all_rows("aggregate_telemetry", arguments).await;
        let mut expected = Vec::new();
        for id in &ids {
            for begins in (start..end).step_by(usize::try_from(length).unwrap()) {
                let samples = services.samples_of(id, begins, begins + length);
                let values: Vec<f64> = samples.iter().map(|sample| sample.1).collect();
                assert!(!values.is_empty(), "{id}");
                let count = f64::from(u32::try_from(values.len()).unwrap());
                let sum: f64 = values.iter().sum();
                let (first, last) = (values[0], values[values.len() - 1]);
                expected.push(json!({
                    "twinId": id,
                    "timestamp": begins,
                    "average": round(sum / count),
                    "minimum": round(values.iter().copied().fold(f64::MAX, f64::min)),
                    "maximum": round(values.iter().copied().fold(f64::MIN, f64::max)),
                    "sum": round(sum),
                    "count": values.len(),
                    "first": round(first),
                    "last": round(last),
                    "delta": round(last - first),
                }));
            }
        }
        let told: Vec<Value> = rows
            .into_iter()
            .map(|mut row| {
                row["timestamp"] = seconds(&row, "timestamp").into();
                row
            })
            .collect();
        assert_eq!(told, expected, "{interval}");
    }
}

#[tokio::test]
async fn only_the_figures_that_were_asked_for_come() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let id = points_of(&app, SITE_60M, 301)[0].clone();
    let arguments = json!({
        "twinIds": [id], "start": at(days_ago(&app, 2)), "end": at(days_ago(&app, 1)),
        "interval": "P1D", "functions": ["max"],
    });
    let reply = ana.call("aggregate_telemetry", arguments).await;
    let keys: Vec<&String> = reply.items()[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["twinId", "timestamp", "maximum"]);
}

#[tokio::test]
async fn history_is_the_samples_of_each_point() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let ids: Vec<String> = points_of(&app, SITE_60M, 211).into_iter().take(3).collect();
    let (start, end) = (days_ago(&app, 2), days_ago(&app, 1));
    let arguments = json!({"twinIds": ids, "start": at(start), "end": at(end), "maxPoints": 5000});
    let rows = ana.all_rows("get_telemetry_history", arguments).await;
    let told: Vec<(String, i64, f64)> = rows
        .iter()
        .map(|row| {
            let value = row["scalarValue"].as_f64().unwrap();
            (text(row, "twinId").to_owned(), seconds(row, "sourceTimestamp"), value)
        })
        .collect();
    let services = app.around.services();
    let expected: Vec<(String, i64, f64)> = ids
        .iter()
        .flat_map(|id| {
            let samples = services.samples_of(id, start, end);
            samples.into_iter().map(|(at, value)| (id.clone(), at, value))
        })
        .collect();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_latest_value_is_the_last_sample_and_says_how_good_it_is() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let now = i64::try_from(app.clock.unix_seconds()).unwrap();
    let good = points_of(&app, SITE_60M, 97);
    let ids: Vec<&String> = good.iter().take(5).collect();
    let reply = ana.call("get_latest_values", json!({"twinIds": ids})).await;
    for (row, id) in reply.items().iter().zip(ids) {
        let at = seconds(row, "sourceTimestamp");
        assert!(
            services.samples_of(id, at, at + 1) == [(at, row["scalarValue"].as_f64().unwrap())]
        );
        assert!(now - at < 3_600 && row["dataQuality"]["offline"] == false, "{row}");
    }
    // The wireless sensors of 3LW have been down for days.
    let wireless = services.connectors_of(SITE_3LW)[2].clone();
    let down = services.points_of(SITE_3LW);
    let down =
        down.iter().find(|one| one["connectorId"] == json!(wireless) && one["detected"] == true);
    let id = text(down.unwrap(), "twinId").to_owned();
    let row = ana.call("get_latest_values", json!({"twinIds": [id]})).await.items()[0].clone();
    assert_eq!(row["dataQuality"]["offline"], true);
    assert!(now - seconds(&row, "sourceTimestamp") > DAY, "{row}");
}

#[tokio::test]
async fn faults_can_be_seen_in_the_figures() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let faults = app.around.services().fault_spells_of(SITE_60M);
    let fault = faults.iter().find(|fault| fault.kind == "Zone overcooled").unwrap();
    let (from, to) = fault.spells[0];
    let mean = async |from: i64, to: i64| {
        let arguments = json!({
            "twinIds": [fault.point], "start": at(from), "end": at(to), "interval": "P7D",
            "functions": ["avg"],
        });
        ana.call("aggregate_telemetry", arguments).await.items()[0]["average"].as_f64().unwrap()
    };
    let week = 7 * DAY;
    assert!(mean(from, to).await < mean(from - week, to - week).await - 2.5);
}
