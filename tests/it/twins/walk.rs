//! The walk: hidden twins end it, cycles don't keep it going, and it says how far it is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use osier::demo::{
    FINN_LEVEL, Fault, SITE_12H, SITE_60M, Services, TWIN_BETWEEN_SITES, TWINS_FED_FROM_ELSEWHERE,
    TWINS_IN_A_CYCLE,
};
use serde_json::{Value, json};

use super::{client, column, site, text, three_sites};
use crate::harness::{Setup, TestApp};

/// A server that gives long answers whole.
async fn roomy() -> TestApp {
    let settings = [("OSIER_LIMITS__MAX_RESULT_CHARS".to_owned(), "1000000".to_owned())].into();
    TestApp::with(Setup { strict: false, settings, ..Setup::default() }).await
}

/// What can be reached along every relationship, through twins that fit alone.
fn reach(
    services: &Services,
    from: &str,
    depth: usize,
    fits: impl Fn(&Value) -> bool,
) -> BTreeSet<String> {
    let twins = services.twins();
    let seen: BTreeSet<&str> =
        twins.iter().filter(|twin| fits(twin)).map(|twin| text(twin, "$dtId")).collect();
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let links = services.relationships();
    for one in &links {
        let (source, target) = (text(one, "$sourceId"), text(one, "$targetId"));
        next.entry(source).or_default().push(target);
        next.entry(target).or_default().push(source);
    }
    let mut found = BTreeSet::from([from]);
    let mut edge = vec![from];
    for _ in 0..depth {
        let ends = edge.iter().flat_map(|id| next.get(id).into_iter().flatten().copied());
        edge = ends.filter(|id| seen.contains(id) && !found.contains(id)).collect();
        found.extend(&edge);
    }
    found.into_iter().map(str::to_owned).collect()
}

/// A twin that isn't seen is no bridge to one that is.
#[tokio::test]
async fn trap_13_the_walk_does_not_go_through_a_hidden_twin() {
    let app = roomy().await;
    let services = app.around.services();
    let fed_by = json!([{"relationship": "isFedBy", "direction": "both"}]);
    let from = json!({"rootTwinId": "60M-AHU-01", "paths": fed_by, "maxDepth": 5, "maxNodes": 500});
    let everywhere = client(&app, &["global".to_owned()]).await;
    let all = everywhere.call("traverse_twin_graph", from.clone()).await;
    let ids = column(all.items(), "id");
    assert!(ids.contains(TWIN_BETWEEN_SITES));
    assert!(TWINS_FED_FROM_ELSEWHERE.iter().all(|id| ids.contains(*id)));

    let three = client(&app, &three_sites()).await;
    let seen = three.call("traverse_twin_graph", from).await;
    let ids = column(seen.items(), "id");
    assert!(ids.len() > 10 && ids.iter().all(|id| id.starts_with("60M-")), "{ids:?}");
    assert!(!seen.text().contains("3LW"));
    // The portfolio above two buildings of hers isn't hers.
    let up = json!([{"relationship": "isPartOf", "direction": "both"}]);
    let up = json!({"rootTwinId": "60M-LEVEL-2", "paths": up, "maxDepth": 3, "maxNodes": 500});
    let seen = three.call("traverse_twin_graph", up).await;
    assert!(column(seen.items(), "id").iter().all(|id| id.contains("60M")));
    // Nothing that was found lies elsewhere, wherever the walk starts, and nothing is left out.
    let inside = |twin: &Value| [SITE_60M, SITE_12H].contains(&text(twin, "siteID"));
    let two = client(&app, &[site(SITE_60M), site(SITE_12H)]).await;
    for root in ["60M-AHU-01", "12H-CH-01", TWINS_IN_A_CYCLE[0], "BLD-12H"] {
        let arguments = json!({"rootTwinId": root, "maxDepth": 2, "maxNodes": 500});
        let walked = two.call("traverse_twin_graph", arguments).await;
        assert_eq!(column(walked.items(), "id"), reach(services, root, 2, inside), "{root}");
    }
    let hidden = two.call("traverse_twin_graph", json!({"rootTwinId": TWIN_BETWEEN_SITES})).await;
    let unknown = two.call("traverse_twin_graph", json!({"rootTwinId": "nothing"})).await;
    assert_eq!(hidden.refusal(), unknown.refusal());
}

#[tokio::test]
async fn the_walk_stays_on_the_level_that_is_held() {
    let app = roomy().await;
    let services = app.around.services();
    let level = format!("{{location: {FINN_LEVEL}, site: {SITE_60M}}}");
    let finn = client(&app, &[level]).await;
    let on_level = |twin: &Value| {
        let path = &twin["customProperties"]["willow"]["locationPath"];
        path.as_array().unwrap().contains(&json!(FINN_LEVEL))
    };
    let arguments = json!({"rootTwinId": "60M-AHU-03", "maxDepth": 4, "maxNodes": 500});
    let walked = finn.call("traverse_twin_graph", arguments).await;
    assert_eq!(column(walked.items(), "id"), reach(services, "60M-AHU-03", 4, on_level));
}

#[tokio::test]
async fn trap_20_a_cycle_of_twins_ends() {
    let app = roomy().await;
    let one = client(&app, &[site(SITE_60M)]).await;
    let [a, b] = TWINS_IN_A_CYCLE;
    let paths = json!([{"relationship": "isFedBy", "direction": "outgoing"}]);
    let arguments = json!({"rootTwinId": a, "paths": paths, "maxDepth": 5});
    let walked = one.call("traverse_twin_graph", arguments).await;
    let rows = walked.items();
    assert_eq!(walked.column("id"), [a, b]);
    assert_eq!(walked.structured().get("truncated"), None);
    assert_eq!((&rows[0]["depth"], &rows[1]["depth"]), (&json!(0), &json!(1)));
    let link = |source: &str, target: &str| json!({"name": "isFedBy", "sourceId": source, "targetId": target});
    assert_eq!(rows[1]["links"], json!([link(a, b), link(b, a)]));
    // Asked in two rounds: there and back.
    let steps = super::queries(app.around.services());
    assert_eq!(steps.iter().filter(|query| query.contains("RELATIONSHIPS")).count(), 2);
}

#[tokio::test]
async fn a_long_walk_is_cut_and_says_so() {
    let app = roomy().await;
    let one = client(&app, &[site(SITE_60M)]).await;
    for most in [1, 10, 60] {
        let arguments = json!({"rootTwinId": "BLD-60M", "maxDepth": 5, "maxNodes": most});
        let walked = one.call("traverse_twin_graph", arguments).await;
        assert_eq!(walked.items().len(), most);
        assert_eq!(walked.structured()["truncated"], true);
        let ids = column(walked.items(), "id");
        for link in walked.items().iter().filter_map(|row| row["links"].as_array()).flatten() {
            assert!(ids.contains(text(link, "sourceId")) && ids.contains(text(link, "targetId")));
        }
    }
    let only = json!([{"relationship": "isPartOf", "direction": "incoming",
                       "modelFilter": "dtmi:com:willowinc:Level;1"}]);
    let arguments = json!({"rootTwinId": "BLD-60M", "paths": only, "maxDepth": 5});
    let levels = one.call("traverse_twin_graph", arguments).await;
    assert_eq!(levels.items().len(), 13);
    assert_eq!(levels.structured().get("truncated"), None);
}

#[tokio::test]
async fn the_walk_says_how_far_it_is_and_counts_what_is_seen() {
    let app = roomy().await;
    let three = client(&app, &three_sites()).await;
    let paths = json!([{"relationship": "isFedBy", "direction": "both"}]);
    let params = json!({
        "name": "traverse_twin_graph",
        "arguments": {"rootTwinId": "60M-AHU-01", "paths": paths, "maxDepth": 2},
        "_meta": {"progressToken": "walk"},
    });
    let reply = three.request("tools/call", params).await;
    let said: Vec<&Value> = reply.before.iter().map(|note| &note["params"]).collect();
    assert_eq!(said.len(), 2, "{reply:?}");
    assert_eq!((&said[0]["progress"], &said[1]["total"]), (&json!(1.0), &json!(2.0)));
    let count = reply.items().len();
    assert_eq!(said[1]["message"], format!("walked 2 of 2 levels, {count} twins"));
}

#[tokio::test]
async fn the_walk_ends_with_its_call() {
    let app = roomy().await;
    let services = app.around.services();
    let one = client(&app, &[site(SITE_60M)]).await;
    services.inject("/adt/query", Fault::slow(Duration::from_millis(150)));
    let arguments = json!({"rootTwinId": "BLD-60M", "maxDepth": 5, "maxNodes": 500});
    let call = one.call("traverse_twin_graph", arguments);
    // The client goes away in the middle.
    assert!(tokio::time::timeout(Duration::from_millis(400), call).await.is_err());
    drop(one);
    tokio::time::sleep(Duration::from_millis(400)).await;
    let sent = services.wire().count("/adt/query");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(services.wire().count("/adt/query"), sent);
}
