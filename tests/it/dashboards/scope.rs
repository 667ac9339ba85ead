//! Whose rows come: the person's own sites, with a service that fences and with one that doesn't.

use osier::demo::{FINN_LEVEL, SITE_12H, SITE_60M, SITES, canary};
use serde_json::{Value, json};

use super::{column, saved, site, viewer, words};
use crate::harness::{Setup, TestApp};

const COLUMNS: &str = "columns: [{name: site_id, type: string}, {name: label, type: string}]\n\
     scope_column: site_id\nmax_rows: 5000\ntimeout_seconds: 10\n";

async fn both() -> [TestApp; 2] {
    [TestApp::new().await, TestApp::lax().await]
}

#[tokio::test]
async fn everybody_runs_a_query_over_their_own_sites() {
    for app in both().await {
        let ana = app.as_user("ana").await;
        let reply = ana.call("run_dashboard_query", json!({"queryId": "energy_by_site"})).await;
        assert_eq!(reply.items().len(), 4, "{reply:?}");
        assert_eq!(reply.structured()["about"]["columns"][2]["unit"], "kWh");
        let narrowed = json!({"queryId": "energy_by_site", "siteIds": [SITE_12H]});
        let reply = ana.call("run_dashboard_query", narrowed.clone()).await;
        assert_eq!(words(&reply.text()), [canary(SITE_12H).unwrap()]);

        let her = viewer(&app, &[site(SITE_60M), site(SITE_12H)]).await;
        for query in ["energy_by_site", "energy_daily", "ticket_backlog", "running_hours"] {
            let rows = her.all_rows("run_dashboard_query", json!({"queryId": query})).await;
            assert_eq!(words(&json!(rows).to_string()).len(), 2, "{query}");
        }
        let mut asked = narrowed;
        asked["siteIds"] = json!([SITES[2], SITE_12H, "nowhere"]);
        let reply = her.call("run_dashboard_query", asked).await;
        assert_eq!(words(&reply.text()), [canary(SITE_12H).unwrap()]);
        assert_eq!(reply.structured()["notFound"], json!(["siteIds.0", "siteIds.2"]));
        let sent = app.around.services().wire().count("/snowflake");
        let none = json!({"queryId": "energy_by_site", "siteIds": [SITES[3]]});
        let reply = her.call("run_dashboard_query", none).await;
        assert_eq!(reply.items().len(), 0);
        assert_eq!(app.around.services().wire().count("/snowflake"), sent, "nothing is sent");
    }
}

#[tokio::test]
async fn whatever_a_statement_does_only_rows_of_the_persons_sites_leave() {
    let statements = [
        ("all_of_it", "SELECT site_id, label FROM energy_daily"),
        ("all_in_one", "SELECT NULL AS site_id, GROUP_CONCAT(label) AS label FROM energy_daily"),
        ("of_nowhere", "SELECT 'everywhere' AS site_id, label FROM energy_daily"),
        (
            "a_union",
            "SELECT site_id, label FROM tickets_daily UNION SELECT site_id, label FROM asset_runtime",
        ),
        ("another_case", "SELECT UPPER(site_id) AS site_id, label FROM energy_daily"),
    ];
    let files = statements.iter().map(|(id, sql)| saved(id, sql, COLUMNS)).collect();
    let app = TestApp::with(Setup { strict: false, files, ..Setup::default() }).await;
    let her = viewer(&app, &[site(SITE_60M)]).await;
    for (id, _) in statements {
        let rows =
            her.all_rows("run_dashboard_query", json!({"queryId": id, "pageSize": 100})).await;
        let words = words(&json!(rows).to_string());
        let expected: &[&str] = if id.starts_with('a') && id != "all_in_one" && id != "another_case"
        {
            &["Quillmarrow"]
        } else {
            &[]
        };
        assert_eq!(words, expected, "{id}");
    }
    // The statement that is sent demands the sites, and nothing but bound values names them.
    for body in app.around.services().snowflake().statements() {
        let sql = body["statement"].as_str().unwrap();
        assert!(sql.contains("\nWHERE (site_id IN (?))\n") && !sql.contains(SITE_60M), "{sql}");
        assert!(body["bindings"].to_string().contains(SITE_60M));
    }
}

#[tokio::test]
async fn rows_that_the_service_adds_are_dropped() {
    let app = TestApp::lax().await;
    let her = viewer(&app, &[site(SITE_60M)]).await;
    let handle = "01b2c3d4-0000-4000-8000-000000000000";
    let text = |name: &str| json!({"name": name, "type": "text"});
    let number = |name: &str| json!({"name": name, "type": "real"});
    let answer = json!({
        "statementHandle": handle,
        "resultSetMetaData": {
            "numRows": 4,
            "rowType": [text("SITE_ID"), text("SITE"), number("KWH"), number("COST")],
            "partitionInfo": [{"rowCount": 4}],
        },
        "data": [
            [SITE_60M, "mine", "1", "2"],
            [SITE_12H, "Brindlefax", "1", "2"],
            [null, "Velvastone", "1", "2"],
            ["", "Osprentide", "1", "2"],
        ],
    });
    app.around.services().inject("/snowflake", osier::demo::Fault::json(&answer));
    let reply = her.call("run_dashboard_query", json!({"queryId": "energy_by_site"})).await;
    assert_eq!(column(&reply, "site"), ["mine"], "{reply:?}");
}

#[tokio::test]
async fn a_query_that_tells_no_sites_is_for_those_who_may_everywhere() {
    for app in both().await {
        let ana = app.as_user("ana").await;
        let all = ana.call("run_dashboard_query", json!({"queryId": "portfolio_energy"})).await;
        assert!(!all.items().is_empty(), "{all:?}");
        let narrowed = json!({"queryId": "portfolio_energy", "siteIds": [SITE_60M]});
        let reply = ana.call("run_dashboard_query", narrowed).await;
        assert!(reply.text().contains("doesn't tell sites apart"), "{reply:?}");
        assert!(
            listed(&ana.call("list_dashboards", json!({})).await)
                .contains(&"portfolio_energy".to_owned())
        );

        let every_site: Vec<String> = SITES.iter().map(|id| site(id)).collect();
        let her = viewer(&app, &every_site).await;
        let refused = her.call("run_dashboard_query", json!({"queryId": "portfolio_energy"})).await;
        let unknown = her.call("run_dashboard_query", json!({"queryId": "no_such_query"})).await;
        assert_eq!(refused.refusal(), unknown.refusal());
        let shown = listed(&her.call("list_dashboards", json!({})).await);
        assert_eq!(shown.len(), 11);
        assert!(!shown.contains(&"portfolio_energy".to_owned()));
    }
}

/// The ids of all queries of a list of dashboards.
fn listed(reply: &crate::harness::Reply) -> Vec<String> {
    let queries = reply.items().iter().flat_map(|one| one["queries"].as_array().unwrap());
    queries.map(|query| query["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn dashboards_are_listed_with_what_their_queries_take() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let reply = ana.call("list_dashboards", json!({})).await;
    assert_eq!(reply.column("name"), ["Comfort", "Energy", "Equipment", "Maintenance"]);
    let found = ana.call("list_dashboards", json!({"q": "backlog"})).await;
    assert_eq!(listed(&found), ["ticket_backlog"]);
    let daily = ana.call("list_dashboards", json!({"q": "energy by day"})).await;
    let meter = &daily.items()[0]["queries"][0]["parameters"][0];
    assert_eq!(meter["values"], json!(["main", "hvac", "lighting"]));
    assert_eq!(app.around.services().wire().count("/snowflake"), 0, "nothing is sent");
    for nobody in ["ben", "chloe", "finn"] {
        let tools = app.as_user(nobody).await.tools().await;
        assert!(!tools.iter().any(|name| name.contains("dashboard")), "{nobody}: {tools:?}");
    }
}

#[tokio::test]
async fn a_part_of_a_site_is_no_site() {
    let app = TestApp::lax().await;
    let level = format!("{{location: {FINN_LEVEL}, site: {SITE_60M}}}");
    let him = viewer(&app, std::slice::from_ref(&level)).await;
    assert!(!him.tools().await.contains(&"run_dashboard_query".to_owned()));
    assert_eq!(him.call("list_dashboards", json!({})).await.items().len(), 0);
    // Beside a whole site it adds nothing.
    let him = viewer(&app, &[level, site(SITE_12H)]).await;
    let rows = him.all_rows("run_dashboard_query", json!({"queryId": "energy_daily"})).await;
    assert_eq!(words(&Value::from(rows).to_string()), ["Brindlefax"]);
}
