//! Relationships: both ends are judged, and a link to the next page is no address to call.

use std::collections::BTreeSet;

use osier::demo::{Fault, SITE_60M, TWIN_BETWEEN_SITES, canary};
use serde_json::{Value, json};

use super::{client, column, site, text, three_sites};
use crate::harness::TestApp;

/// The relationships of a twin, from the world's own records, as `name other`.
fn of(app: &TestApp, id: &str) -> BTreeSet<String> {
    let all = app.around.services().relationships();
    let ends = |one: &Value| {
        let (source, target) = (text(one, "$sourceId"), text(one, "$targetId"));
        let other = if source == id { target } else { source };
        (source == id || target == id)
            .then(|| format!("{} {other}", text(one, "$relationshipName")))
    };
    all.iter().filter_map(ends).collect()
}

fn told(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| format!("{} {}", text(row, "name"), text(&row["twin"], "id"))).collect()
}

#[tokio::test]
async fn a_relationship_is_told_where_both_ends_are_seen() {
    let app = TestApp::lax().await;
    let everything = of(&app, "60M-AHU-01");
    let hidden = format!("isFedBy {TWIN_BETWEEN_SITES}");
    assert!(everything.contains(&hidden) && everything.len() > 20);
    let three = client(&app, &three_sites()).await;
    for size in [5, 25] {
        let arguments = json!({"twinId": "60M-AHU-01", "pageSize": size});
        let rows = three.all_rows("get_twin_relationships", arguments).await;
        column(&rows, "id");
        let mut expected = everything.clone();
        expected.remove(&hidden);
        assert_eq!(told(&rows), expected);
    }
    let beside = json!({"twinId": "60M-AHU-01", "includeRelationships": true});
    let beside = three.call("get_twin", beside).await;
    let shown = beside.item()["relationships"].as_array().unwrap();
    assert_eq!(shown.len(), everything.len() - 1);
    assert_eq!(beside.item()["moreRelationships"], false);
    assert!(!beside.text().contains("3LW"));
    // The machine between the sites is itself hidden, whoever it feeds.
    let other = three.call("get_twin_relationships", json!({"twinId": TWIN_BETWEEN_SITES})).await;
    let unknown = three.call("get_twin_relationships", json!({"twinId": "nothing"})).await;
    assert_eq!(other.refusal(), unknown.refusal());

    let everywhere = client(&app, &["global".to_owned()]).await;
    let rows = everywhere.all_rows("get_twin_relationships", json!({"twinId": "60M-AHU-01"})).await;
    assert_eq!(told(&rows), everything);
}

#[tokio::test]
async fn names_and_directions_narrow() {
    let app = TestApp::lax().await;
    let one = client(&app, &[site(SITE_60M)]).await;
    let ask = async |direction: &str, names: &[&str]| {
        let arguments = json!({"twinId": "60M-AHU-03", "direction": direction, "names": names});
        let rows = one.all_rows("get_twin_relationships", arguments).await;
        assert!(rows.iter().all(|row| {
            let end = if text(row, "direction") == "outgoing" { "sourceId" } else { "targetId" };
            text(row, end) == "60M-AHU-03" && names.contains(&text(row, "name"))
        }));
        rows.len()
    };
    assert_eq!(ask("outgoing", &["isFedBy"]).await, 1);
    let fed = ask("incoming", &["isFedBy"]).await;
    assert_eq!(ask("both", &["isFedBy"]).await, fed + 1);
    assert_eq!(ask("both", &["isFedBy", "locatedIn"]).await, fed + 2);
    assert_eq!(ask("both", &["hasLease"]).await, 0);
}

/// The services' tokens go with a link that any host could be written in.
#[tokio::test]
async fn trap_19_a_link_to_another_host_is_not_followed() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let everywhere = client(&app, &["global".to_owned()]).await;
    let decoy = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let elsewhere = format!("http://{}", decoy.local_addr().unwrap());
    let path = "/adt/digitaltwins/60M-AHU-01/relationships";
    for link in [
        format!("{elsewhere}/digitaltwins/x/relationships?continuationToken=MDo&api-version=x"),
        "//other.example/x?continuationToken=MDo".to_owned(),
        "/adt/models?continuationToken=MDo".to_owned(),
        "https://user:pass@other.example:1/?continuationToken=MDo".to_owned(),
    ] {
        let page = json!({"value": [], "nextLink": link});
        services.inject(path, Fault::json(&page).times(1));
        services.wire().forget();
        let arguments = json!({"twinId": "60M-AHU-01", "direction": "outgoing"});
        let rows = everywhere.all_rows("get_twin_relationships", arguments).await;
        assert!(!rows.is_empty());
        let sent = services.wire().requests_to("/adt");
        let lists: Vec<_> = sent.iter().filter(|one| one.path == path).collect();
        assert_eq!(lists.len(), 2, "{link}");
        assert!(lists[1].query.contains("continuationToken=MDo"), "{}", lists[1].query);
        assert!(!sent.iter().any(|one| one.path == "/adt/models"));
        services.wire().heal();
    }
    // A link without a token ends the list, and nobody called the other host.
    let page = json!({"value": [], "nextLink": format!("{elsewhere}/next")});
    services.inject(path, Fault::json(&page));
    let arguments = json!({"twinId": "60M-AHU-01", "direction": "outgoing"});
    let ended = everywhere.call("get_twin_relationships", arguments).await;
    assert!(ended.items().is_empty() && ended.next_cursor().is_none());
    let waited = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(waited, decoy.accept()).await.is_err());
    assert!(canary(SITE_60M).is_some());
}
