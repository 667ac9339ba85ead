//! Who lists what.

use osier::access::Scopes;
use osier::demo::{INSIGHT_WITHOUT_SITE, SITE_3LW, SITE_8KP, SITE_12H, SITE_60M};
use serde_json::json;

use super::people::{ALL, NOBODYS, VIEW, client, holder, ids_inside, ids_of, inside, level, text};
use crate::harness::TestApp;
use crate::scoping::matrix::{alike, nothing_of};

const TOOLS: [&str; 12] = [
    "list_inspections",
    "get_inspection",
    "list_insights",
    "get_insight",
    "list_insight_occurrences",
    "get_insight_points",
    "get_insight_history",
    "summarize_insights",
    "list_alerts",
    "list_rules",
    "get_rule",
    "get_compliance_status",
];

#[tokio::test]
async fn ana_and_ben_list_the_insights_of_their_sites_each_once() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let all = services.insights();
    assert!((180..=230).contains(&all.insights.len()), "{}", all.insights.len());
    let (ana, ben) = (app.as_user("ana").await, app.as_user("ben").await);
    for strict in [true, false] {
        services.set_strict(strict);
        for (client, held) in [
            (&ana, Scopes::everywhere()),
            (&ben, app.around.authz().grants(osier::demo::BEN.oid)[VIEW].clone()),
        ] {
            let expected = ids_inside(&held, &all.insights);
            for size in [100, 17] {
                let rows = client.all_rows("list_insights", json!({"pageSize": size})).await;
                assert_eq!(ids_of(&rows), expected, "strict: {strict}");
            }
            let alerts = client.all_rows("list_alerts", json!({"pageSize": 9})).await;
            assert!(alerts.len() > 10);
            let of = |id: &str| all.insights.iter().find(|one| text(one, "id") == id).unwrap();
            assert!(alerts.iter().all(|alert| inside(&held, of(text(alert, "insightId")))));
        }
        for tool in ["list_insights", "list_alerts"] {
            let fourth = ben.call(tool, json!({"siteIds": [SITE_3LW]})).await;
            assert_eq!(fourth.structured(), &json!({"items": [], "notFound": ["siteIds.0"]}));
            let whole = ben.call(tool, json!({"siteIds": [SITE_8KP, SITE_3LW]})).await;
            nothing_of(SITE_3LW, &whole, tool);
            assert!(whole.items().iter().all(|row| row["siteId"] == SITE_8KP));
        }
    }
}

#[tokio::test]
async fn one_who_holds_a_level_sees_its_insights_and_no_counts() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let lena = holder(&app, &ALL, &level());
    let held = app.around.authz().grants(lena.oid)[VIEW].clone();
    let lena = client(&app, &lena).await;
    let all = services.insights();
    let expected = ids_inside(&held, &all.insights);
    assert!(expected.len() > 3, "{expected:?}");
    let listed = lena.tools().await;
    for hidden in ["summarize_insights", "list_rules", "get_rule"] {
        assert!(!listed.contains(&hidden.to_owned()), "{hidden}");
    }
    for strict in [true, false] {
        services.set_strict(strict);
        let rows = lena.all_rows("list_insights", json!({"pageSize": 3})).await;
        // A child whose root lies on another level comes by itself where the service fences; where
        // it doesn't, it comes below the root, which isn't hers.
        let found = ids_of(&rows);
        assert!(found.is_subset(&expected), "strict: {strict}");
        let roots = all.insights.iter().filter(|one| one["parentId"].is_null());
        let roots = ids_inside(&held, &roots.cloned().collect::<Vec<_>>());
        assert!(roots.is_subset(&found), "strict: {strict}");
        assert!(!strict || found == expected);
        for insight in &all.insights {
            let one = lena.call("get_insight", json!({"insightId": insight["id"]})).await;
            assert_eq!(one.is_error(), !expected.contains(text(insight, "id")), "{insight}");
        }
    }
}

#[tokio::test]
async fn who_holds_nothing_of_it_sees_no_such_tool() {
    let app = TestApp::lax().await;
    for (name, hidden) in
        [("finn", &TOOLS[..]), ("chloe", &TOOLS), ("ben", &["get_insight_points"])]
    {
        let person = app.as_user(name).await;
        let listed = person.tools().await;
        for tool in hidden {
            assert!(!listed.contains(&(*tool).to_owned()), "{name} {tool}");
            let called = person.call(tool, json!({"insightId": NOBODYS, "ruleId": NOBODYS})).await;
            assert_eq!(called.text(), format!("Unknown tool: {tool}"));
        }
    }
    // Of two permissions that a tool needs, each alone is none.
    for only in [VIEW, "WillowApp.CanViewTimeSeries"] {
        let person = holder(&app, &[only], "global");
        let person = client(&app, &person).await;
        assert!(!person.tools().await.contains(&"get_insight_points".to_owned()), "{only}");
    }
    let listed = app.as_user("ana").await.tools().await;
    assert!(TOOLS.iter().all(|tool| listed.contains(&(*tool).to_owned())));
}

#[tokio::test]
async fn an_insight_without_a_site_is_there_for_one_who_may_everywhere() {
    let app = TestApp::lax().await;
    let named = json!({"insightId": INSIGHT_WITHOUT_SITE});
    let (ana, ben) = (app.as_user("ana").await, app.as_user("ben").await);
    let shown = ana.call("get_insight", named.clone()).await;
    assert_eq!(shown.item()["sequenceNumber"], INSIGHT_WITHOUT_SITE);
    let hidden = ben.call("get_insight", named).await;
    alike(&hidden, &ben.call("get_insight", json!({"insightId": NOBODYS})).await, "without a site");
    let found = ben.call("list_insights", json!({"q": INSIGHT_WITHOUT_SITE})).await;
    assert_eq!(found.structured(), &json!({"items": []}));
}

/// What no row may hold, whoever asks: counts and names of what other permissions are for.
#[tokio::test]
async fn nothing_leaves_that_tells_of_children_tickets_or_people() {
    let app = TestApp::lax().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let insights = services.insights();
    let mixed = insights.insights.iter().find(|one| one["parentId"].is_string()).unwrap();
    let root = mixed["parentId"].clone();
    let mut told = Vec::new();
    for site in [SITE_60M, SITE_12H, SITE_8KP, SITE_3LW] {
        told.push(ana.call("list_insights", json!({"siteIds": [site], "pageSize": 100})).await);
    }
    for id in [&root, &mixed["id"]] {
        let named = json!({"insightId": id});
        told.push(ana.call("get_insight", named.clone()).await);
        told.push(ana.call("get_insight_history", named).await);
    }
    for reply in &told {
        let whole = reply.structured().to_string();
        for key in ["childCount", "ticketCount", "parentId", "scenarioId", "userName", "-T-1"] {
            assert!(!whole.contains(key), "{key} in {whole}");
        }
    }
    let with_ticket = insights.activities.iter().find(|one| text(one, "text").contains("-T-1"));
    let named = json!({"insightId": with_ticket.unwrap()["insightId"]});
    let history = ana.call("get_insight_history", named).await;
    assert!(history.column("activityType").contains(&"TicketCreated".to_owned()));
    assert!(!history.structured().to_string().contains("-T-1"));
}
