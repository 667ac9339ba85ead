//! What a caller can say: values for a query's parameters, each of its kind, and nothing else.

use osier::demo::{SITE_12H, SITE_60M};
use serde_json::{Value, json};

use super::{column, saved, site, viewer, words};
use crate::harness::{Setup, TestApp};

#[tokio::test]
async fn parameters_are_held_against_their_query() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    for (query, parameters, says) in [
        ("energy_peaks", json!({}), "parameters.above: is required"),
        ("energy_peaks", json!({"above": "1"}), "parameters.above: must be a number"),
        ("energy_peaks", json!({"above": -1}), "parameters.above: must be from 0 to 1000000"),
        ("energy_daily", json!({"meter": "gas"}), "must be one of main, hvac, lighting"),
        ("energy_daily", json!({"from": "yesterday"}), "parameters.from: must be a day"),
        ("energy_daily", json!({"form": "2026-01-01"}), "this query takes meter, from, to"),
        ("portfolio_energy", json!({"from": "2026-01-01"}), "this query takes no parameters"),
        ("comfort_hours", json!({"since": "2026-01-01"}), "parameters.since: must be a time"),
        ("co2_peaks", json!({"above": 900.5}), "parameters.above: must be a whole number"),
    ] {
        let asked = json!({"queryId": query, "parameters": parameters});
        let reply = ana.call("run_dashboard_query", asked).await;
        assert_eq!(reply.code(), Some(-32602), "{reply:?}");
        assert!(reply.text().contains(says), "{query}: {}", reply.text());
    }
    for odd in [json!({"a": {}}), json!({"a": [1]}), json!({"a": null}), json!("x"), json!([])] {
        let asked = json!({"queryId": "energy_daily", "parameters": odd});
        assert_eq!(ana.call("run_dashboard_query", asked).await.code(), Some(-32602), "{odd}");
    }
    assert_eq!(app.around.services().wire().count("/snowflake"), 0, "nothing is sent");
}

#[tokio::test]
async fn values_are_bound_and_never_become_sql() {
    let app = TestApp::lax().await;
    let her = viewer(&app, &[site(SITE_60M)]).await;
    let right = json!({"queryId": "equipment_days", "parameters": {"asset": "60M-AHU-01"}});
    assert_eq!(her.all_rows("run_dashboard_query", right).await.len(), 30);
    for asset in [
        "60M-AHU-01' OR '1'='1",
        "x') AS saved_query UNION SELECT * FROM asset_runtime --",
        "x'; DROP TABLE asset_runtime; --",
        "12H-AHU-01",
        "?",
        "$1 :1 @x {{asset}}",
        "%",
    ] {
        let asked = json!({"queryId": "equipment_days", "parameters": {"asset": asset}});
        let reply = her.call("run_dashboard_query", asked).await;
        assert_eq!(reply.items().len(), 0, "{asset}: {reply:?}");
    }
    for id in ["equipment_days' OR 1=1", "../queries/energy_daily", "SELECT 1", "energy_daily.yaml"]
    {
        let reply = her.call("run_dashboard_query", json!({"queryId": id})).await;
        assert!(reply.text().contains("Nothing was found for 'queryId'"), "{reply:?}");
    }
    let statements = app.around.services().snowflake().statements();
    let texts: std::collections::BTreeSet<&str> =
        statements.iter().map(|body| body["statement"].as_str().unwrap()).collect();
    assert_eq!(texts.len(), 1, "one statement, whatever was said: {texts:?}");
}

#[tokio::test]
async fn there_is_no_way_to_say_sql() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    for more in ["statement", "sql", "query", "order", "columns"] {
        let asked = json!({"queryId": "energy_daily", more: "SELECT 1"});
        assert_eq!(ana.call("run_dashboard_query", asked).await.code(), Some(-32602), "{more}");
    }
    let listed = ana.call("list_dashboards", json!({})).await.text();
    assert!(!listed.contains("SELECT") && !listed.contains("FROM"), "statements stay behind");
}

#[tokio::test]
async fn a_cursor_is_for_one_person_query_and_place() {
    let app = TestApp::lax().await;
    app.around.services().snowflake().partition(40);
    let places = [site(SITE_60M), site(SITE_12H)];
    let her = viewer(&app, &places).await;
    let asked = json!({"queryId": "energy_daily", "pageSize": 50});
    let first = her.call("run_dashboard_query", asked.clone()).await;
    let cursor = first.next_cursor().unwrap().to_owned();
    for other in [
        json!({"queryId": "energy_peaks", "parameters": {"above": 0}, "pageSize": 50}),
        json!({"queryId": "energy_daily", "parameters": {"meter": "hvac"}, "pageSize": 50}),
        json!({"queryId": "energy_daily", "siteIds": [SITE_12H], "pageSize": 50}),
    ] {
        let mut other = other;
        other["cursor"] = cursor.clone().into();
        let reply = her.call("run_dashboard_query", other).await;
        assert!(reply.text().to_lowercase().contains("cursor"), "{reply:?}");
    }
    let him = viewer(&app, &places).await;
    let mut stolen = asked;
    stolen["cursor"] = cursor.into();
    let reply = him.call("run_dashboard_query", stolen).await;
    assert!(reply.text().to_lowercase().contains("cursor"), "{reply:?}");
}

#[tokio::test]
async fn a_long_result_is_cut_and_says_so() {
    let more = "columns: [{name: site_id, type: string}, {name: label, type: string}, {name: kwh, type: number}]\n\
                scope_column: site_id\nmax_rows: 30\ntimeout_seconds: 10\n";
    let files = vec![saved("few", "SELECT site_id, label, kwh FROM energy_daily", more)];
    let app = TestApp::with(Setup { files, strict: false, ..Setup::default() }).await;
    for size in [7, 20, 40] {
        app.around.services().snowflake().partition(size);
        let ana = app.as_user("ana").await;
        let asked = json!({"queryId": "few", "pageSize": 9});
        let rows = ana.all_rows("run_dashboard_query", asked.clone()).await;
        assert_eq!(rows.len(), 30, "{size}");
        let reply = ana.call("run_dashboard_query", asked).await;
        assert_eq!(reply.structured()["partial"], true);
        assert!(column(&reply, "kwh").iter().all(Value::is_number));
        assert!(!words(&reply.text()).is_empty());
    }
}
