//! Dashboards, saved queries and reports.

use osier::demo::{SITE_60M, SITES};
use serde_json::{Value, json};

use super::{Area, Case};
use crate::harness::TestApp;

pub const AREA: Area = Area { cases, arguments, counts: |_, _, _, _| None };

/// Saved queries whose parameters all have a value already, or with these.
const QUERIES: [&str; 8] = [
    "energy_by_site",
    "energy_daily",
    "portfolio_energy",
    "comfort_by_site",
    "co2_peaks",
    "ticket_backlog",
    "running_hours",
    "equipment_faults",
];

fn reports(app: &TestApp) -> Vec<Value> {
    app.around.services().reports()
}

fn directory(app: &TestApp, pick: usize) -> Value {
    let directory = app.around.services().directory();
    directory[pick % directory.len()]["id"].clone()
}

fn cases(app: &TestApp) -> Vec<Case> {
    let report = &reports(app)[0]["id"];
    let notification = &app.around.services().notifications_of(report.as_str().unwrap())[0]["id"];
    [
        ("list_dashboards", json!({})),
        (
            "run_dashboard_query",
            json!({"queryId": "energy_daily", "siteIds": [SITE_60M], "parameters": {"meter": "hvac"}}),
        ),
        ("list_reports", json!({"siteIds": [SITE_60M]})),
        ("get_report", json!({"reportId": report})),
        (
            "create_report",
            json!({"name": "Weekly", "type": "energy", "scopeIds": [SITE_60M], "visibility": "shared"}),
        ),
        ("update_report", json!({"reportId": report, "description": "Energy, month by month."})),
        (
            "create_report_notification",
            json!({
                "reportId": report,
                "recipientIds": [directory(app, 1)],
                "channel": "email",
                "format": "pdf",
                "frequency": "daily",
                "time": "07:00",
                "timeZone": "Australia/Sydney",
            }),
        ),
        (
            "update_report_notification",
            json!({"reportId": report, "notificationId": notification, "enabled": false}),
        ),
    ]
    .map(|(tool, arguments)| Case { tool, arguments })
    .into()
}

fn arguments(app: &TestApp, tool: &str, pick: usize) -> Option<Value> {
    let site = SITES[pick % 4];
    let other = SITES[pick / 4 % 4];
    let query = QUERIES[pick % QUERIES.len()];
    let reports = reports(app);
    let report = &reports[pick % reports.len()]["id"];
    let notifications: Vec<Value> = reports
        .iter()
        .flat_map(|one| app.around.services().notifications_of(one["id"].as_str().unwrap()))
        .collect();
    let notification = &notifications[pick % notifications.len()];
    Some(match tool {
        "list_dashboards" if pick.is_multiple_of(2) => json!({}),
        "list_dashboards" => json!({"q": (["energy", "co2", "fault", "zzz"][pick % 4])}),
        "run_dashboard_query" if pick.is_multiple_of(3) => json!({"queryId": query}),
        "run_dashboard_query" if pick % 3 == 1 => {
            json!({"queryId": query, "siteIds": [site], "pageSize": 1 + pick % 100})
        }
        "run_dashboard_query" => json!({
            "queryId": "equipment_days",
            "parameters": {"asset": (["60M-AHU-01", "12H-CH-01", "8KP-LIFT-01", "3LW-PUMP-01"][pick % 4])},
            "pageSize": 1 + pick % 40,
        }),
        "list_reports" if pick.is_multiple_of(2) => json!({"pageSize": 1 + pick % 5}),
        "list_reports" => {
            json!({"siteIds": [site, other], "q": (["e", "energy", "zzz"][pick % 3])})
        }
        "get_report" => json!({"reportId": report}),
        "create_report" => json!({
            "name": format!("Report {pick}"),
            "type": "custom",
            "scopeIds": if site == other { vec![site] } else { vec![site, other] },
            "visibility": (["shared", "private"][pick % 2]),
        }),
        "update_report" if pick.is_multiple_of(2) => {
            json!({"reportId": report, "name": format!("Report {pick}")})
        }
        "update_report" => json!({"reportId": report, "scopeIds": [site]}),
        "create_report_notification" => json!({
            "reportId": report,
            "recipientIds": [directory(app, pick)],
            "channel": "inApp",
            "format": "link",
            "frequency": "monthly",
            "dayOfMonth": 1 + pick % 28,
            "time": "12:30",
            "timeZone": "UTC",
        }),
        "update_report_notification" => json!({
            "reportId": notification["reportId"],
            "notificationId": notification["id"],
            "recipientIds": [directory(app, pick)],
        }),
        _ => return None,
    })
}
