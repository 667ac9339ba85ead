//! What belongs to an insight: there for those who see the insight, and as if it didn't exist for others.

use chrono::DateTime;
use osier::demo::{Fault, SITE_3LW, SITE_12H, SITE_60M};
use serde_json::{Value, json};

use super::people::{ALL, NOBODYS, client, holder, site, text};
use crate::harness::{TestApp, Version};
use crate::scoping::matrix::{alike, ids, nothing_of};

const OF_AN_INSIGHT: [&str; 4] =
    ["get_insight", "list_insight_occurrences", "get_insight_points", "get_insight_history"];

#[tokio::test]
async fn what_belongs_to_a_hidden_insight_is_as_unknown_as_that_of_none() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let person = holder(&app, &ALL, &site(SITE_12H));
    let person = client(&app, &person).await;
    let all = services.insights();
    let theirs = all.insights.iter().filter(|one| one["siteId"] == SITE_3LW).step_by(7);
    let theirs: Vec<&Value> = theirs.collect();
    for strict in [true, false] {
        services.set_strict(strict);
        for tool in OF_AN_INSIGHT {
            let unknown = person.call(tool, json!({"insightId": NOBODYS})).await;
            let number = person.call(tool, json!({"insightId": "3LW-I-9999"})).await;
            alike(&number, &unknown, tool);
            for insight in &theirs {
                for key in ["id", "sequenceNumber"] {
                    let hidden = person.call(tool, json!({"insightId": insight[key]})).await;
                    alike(&hidden, &unknown, tool);
                }
            }
            // Names of other resources below the same path.
            for other in ["summary", "alerts", "search"] {
                let found = person.call(tool, json!({"insightId": other})).await;
                alike(&found, &unknown, tool);
            }
        }
    }
}

#[tokio::test]
async fn occurrences_points_and_history_are_those_of_the_insight() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let person = holder(&app, &ALL, &site(SITE_12H));
    let person = client(&app, &person).await;
    let all = services.insights();
    let of = |records: &[Value], insight: &Value| -> Vec<Value> {
        records.iter().filter(|one| one["insightId"] == insight["id"]).cloned().collect()
    };
    let own = all.insights.iter().filter(|one| one["siteId"] == SITE_12H).step_by(5);
    for insight in own {
        let named = json!({"insightId": insight["id"], "pageSize": 3});
        let occurrences = person.all_rows("list_insight_occurrences", named.clone()).await;
        assert_eq!(ids(&occurrences), ids(&of(&all.occurrences, insight)));
        assert_eq!(json!(occurrences.len()), insight["occurrenceCount"]);
        let newest_first =
            occurrences.is_sorted_by(|one, other| text(one, "started") >= text(other, "started"));
        assert!(newest_first);
        let points = person.all_rows("get_insight_points", named.clone()).await;
        let expected = of(&all.points, insight);
        let twins = |rows: &[Value]| -> Vec<String> {
            rows.iter().map(|one| text(one, "twinId").to_owned()).collect()
        };
        assert_eq!(twins(&points), twins(&expected));
        let history = person.all_rows("get_insight_history", named).await;
        assert_eq!(ids(&history), ids(&of(&all.activities, insight)));

        // The time between.
        let Some(middle) = occurrences.get(occurrences.len() / 2) else { continue };
        let moment = |one: &Value, field| DateTime::parse_from_rfc3339(text(one, field)).ok();
        let at = moment(middle, "started").unwrap();
        let since =
            json!({"insightId": insight["id"], "start": middle["started"], "pageSize": 100});
        let since = person.call("list_insight_occurrences", since).await;
        let lasted = |one: &&Value| moment(one, "ended").is_none_or(|ended| ended >= at);
        assert_eq!(since.items().len(), occurrences.iter().filter(lasted).count());
        let before = json!({"insightId": insight["id"], "end": middle["started"], "pageSize": 100});
        let before = person.call("list_insight_occurrences", before).await;
        let began = |one: &&Value| moment(one, "started").unwrap() < at;
        assert_eq!(before.items().len(), occurrences.iter().filter(began).count());
    }
}

/// A service that answers with another insight's records.
#[tokio::test]
async fn records_of_another_insight_are_dropped() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let all = services.insights();
    let ben = app.as_user("ben").await;
    let own = all.insights.iter().find(|one| one["siteId"] == SITE_12H).unwrap();
    let id = text(own, "id");
    for (tool, part, records) in [
        ("list_insight_occurrences", "occurrences", &all.occurrences),
        ("get_insight_history", "activities", &all.activities),
    ] {
        let path = format!("/insightcore/insights/{id}/{part}");
        services.inject(&path, Fault::json(&json!({"items": records})));
        let listed = ben.call(tool, json!({"insightId": id, "pageSize": 100})).await;
        assert!(listed.items().iter().all(|one| one["insightId"] == id), "{tool}");
        assert!(!listed.items().is_empty());
        nothing_of(SITE_3LW, &listed, tool);
    }
}

#[tokio::test]
async fn no_progress_tells_how_many_points_lie_elsewhere() {
    let app = TestApp::lax().await;
    let permissions = "WillowApp.CanViewInsights, WillowApp.CanViewTimeSeries";
    let her = crate::dashboards::person(&app, permissions, &[site(SITE_60M)]);
    let her = app.speaking_as(&her, Version::V2026_07_28).await;
    let services = app.around.services();
    let insights = services.insights();
    let insight = insights.insights.iter().find(|one| one["siteId"] == SITE_60M).unwrap();
    let id = insight["id"].as_str().unwrap();
    let elsewhere = json!({"items": [{"siteId": SITE_3LW}], "continuationToken": "more"});
    services.inject(&format!("/insightcore/insights/{id}/points"), Fault::json(&elsewhere));
    let params = json!({
        "name": "get_insight_points",
        "arguments": {"insightId": id, "pageSize": 1},
        "_meta": {"progressToken": 1},
    });
    let reply = her.request("tools/call", params).await;
    assert!(reply.items().is_empty() && reply.before.is_empty(), "{reply:?}");
}
