//! Roots and children that lie at different places, and points that lie elsewhere than their insight.

use std::collections::BTreeSet;

use osier::demo::{FINN_LEVEL, Fault, SITE_3LW, SITE_8KP, SITE_60M, canary};
use serde_json::{Value, json};

use super::people::{ALL, NOBODYS, client, holder, ids_of, level, site, text};
use crate::harness::TestApp;
use crate::scoping::matrix::{alike, nothing_of};

/// The root of this site that has a child at the other, and its children at both.
fn across(app: &TestApp, root_at: &str, child_at: &str) -> (Value, Vec<Value>) {
    let all = app.around.services().insights();
    let children_of = |root: &Value| -> Vec<Value> {
        all.insights.iter().filter(|one| one["parentId"] == root["id"]).cloned().collect()
    };
    let mut roots = all.insights.iter().filter(|one| one["siteId"] == root_at);
    let root = roots.find(|root| children_of(root).iter().any(|one| one["siteId"] == child_at));
    let root = root.unwrap().clone();
    let children = children_of(&root);
    (root, children)
}

fn at<'a>(records: &'a [Value], site: &str) -> BTreeSet<&'a str> {
    records.iter().filter(|one| one["siteId"] == site).map(|one| text(one, "id")).collect()
}

fn children(row: &Value) -> BTreeSet<&str> {
    row["children"].as_array().unwrap().iter().map(|one| text(one, "id")).collect()
}

#[tokio::test]
async fn trap_11_children_of_a_root_that_lie_at_another_site_stay_hidden() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let (ana, ben) = (app.as_user("ana").await, app.as_user("ben").await);
    let (root, of_root) = across(&app, SITE_8KP, SITE_3LW);
    assert!(!at(&of_root, SITE_8KP).is_empty() && !at(&of_root, SITE_3LW).is_empty());
    let named = json!({"insightId": root["id"]});
    for strict in [true, false] {
        services.set_strict(strict);
        let all: BTreeSet<&str> = of_root.iter().map(|one| text(one, "id")).collect();
        assert_eq!(children(ana.call("get_insight", named.clone()).await.item()), all);
        let shown = ben.call("get_insight", named.clone()).await;
        assert_eq!(children(shown.item()), at(&of_root, SITE_8KP), "strict: {strict}");
        nothing_of(SITE_3LW, &shown, "a root's children");
        for search in [json!({"pageSize": 40}), json!({"q": root["sequenceNumber"]})] {
            let listed = ben.all_rows("list_insights", search).await;
            let told = json!(listed).to_string();
            assert!(!told.contains(canary(SITE_3LW).unwrap()), "strict: {strict}: {told}");
            let row = listed.iter().find(|one| one["id"] == root["id"]).unwrap();
            assert_eq!(children(row), at(&of_root, SITE_8KP), "strict: {strict}");
        }
        let some =
            ben.call("get_insight", json!({"insightId": root["id"], "fields": ["children"]}));
        nothing_of(SITE_3LW, &some.await, "the children alone");
    }
}

#[tokio::test]
async fn trap_11_a_child_of_a_root_at_another_site_is_there_by_itself() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let ben = app.as_user("ben").await;
    let (root, of_root) = across(&app, SITE_3LW, SITE_8KP);
    let own = at(&of_root, SITE_8KP);
    for strict in [true, false] {
        services.set_strict(strict);
        let unknown = ben.call("get_insight", json!({"insightId": NOBODYS})).await;
        for key in ["id", "sequenceNumber"] {
            let hidden = ben.call("get_insight", json!({"insightId": root[key]})).await;
            alike(&hidden, &unknown, key);
        }
        let rows = ben.all_rows("list_insights", json!({"pageSize": 50})).await;
        let listed: BTreeSet<&str> = rows.iter().map(|one| text(one, "id")).collect();
        assert!(own.is_subset(&listed), "strict: {strict}");
        for id in &own {
            let one = ben.call("get_insight", json!({"insightId": id})).await;
            assert_eq!(children(one.item()), BTreeSet::new());
            nothing_of(SITE_3LW, &one, "a child of a hidden root");
            // Not even the root's id is told.
            assert!(!format!("{one:?}").contains(text(&root, "id")), "strict: {strict}");
        }
    }
}

#[tokio::test]
async fn trap_11_children_on_another_level_stay_hidden() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let lena = holder(&app, &ALL, &level());
    let lena = client(&app, &lena).await;
    let insights = services.insights();
    let on_level = |one: &Value| {
        one["locationIds"].as_array().unwrap().iter().any(|place| place == FINN_LEVEL)
    };
    let mut mixed = insights.insights.iter().filter(|root| on_level(root)).filter(|root| {
        insights.insights.iter().any(|one| one["parentId"] == root["id"] && !on_level(one))
    });
    let root = mixed.next().unwrap();
    let theirs = insights.insights.iter().filter(|one| one["parentId"] == root["id"]);
    let (own, others): (Vec<&Value>, Vec<&Value>) = theirs.partition(|one| on_level(one));
    assert!(!own.is_empty() && !others.is_empty());
    for strict in [true, false] {
        services.set_strict(strict);
        let shown = lena.call("get_insight", json!({"insightId": root["id"]})).await;
        let expected = own.iter().map(|one| text(one, "id")).collect::<BTreeSet<_>>();
        assert_eq!(children(shown.item()), expected, "strict: {strict}");
        let listed = lena.all_rows("list_insights", json!({})).await;
        let listed = ids_of(&listed);
        assert!(others.iter().all(|one| !listed.contains(text(one, "id"))));
    }
}

/// A service whose rows hold anything but lists of children with their places.
#[tokio::test]
async fn children_of_no_place_are_dropped() {
    let app = TestApp::lax().await;
    let services = app.around.services();
    let ben = app.as_user("ben").await;
    let row = |children: Value| {
        json!({"items": [{"id": "i", "siteId": SITE_60M, "name": "Root", "status": "new",
                          "children": children}], "before": 0, "after": 0, "total": 1})
    };
    for (children, kept) in [
        (json!([{"id": "c", "name": "Velvastone"}]), Some(json!([]))),
        (json!([{"id": "c", "siteId": null, "name": "Velvastone"}]), Some(json!([]))),
        (json!([{"id": "c", "siteId": [SITE_60M], "name": "Velvastone"}]), Some(json!([]))),
        (json!(["Velvastone", SITE_60M]), Some(json!([]))),
        (json!({"0": {"id": "c", "siteId": SITE_60M, "name": "Velvastone"}}), None),
        (json!("Velvastone"), None),
        (json!([{"id": "c", "siteId": SITE_60M}]), Some(json!([{"id": "c", "siteId": SITE_60M}]))),
    ] {
        services.inject("/insightcore/insights/search", Fault::json(&row(children.clone())));
        let listed = ben.call("list_insights", json!({})).await;
        nothing_of(SITE_3LW, &listed, &children.to_string());
        assert_eq!(listed.items()[0].get("children"), kept.as_ref(), "{children}");
        services.wire().heal();
    }
}

#[tokio::test]
async fn a_point_at_another_site_than_its_insight_stays_hidden() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let person = holder(&app, &ALL, &site(SITE_8KP));
    let person = client(&app, &person).await;
    let ana = app.as_user("ana").await;
    let insights = services.insights();
    let (root, _) = across(&app, SITE_8KP, SITE_3LW);
    let behind: Vec<Value> =
        insights.points.iter().filter(|one| one["insightId"] == root["id"]).cloned().collect();
    assert!(!at(&behind, SITE_3LW).is_empty());
    let named = json!({"insightId": root["sequenceNumber"]});
    for strict in [true, false] {
        services.set_strict(strict);
        let all = ana.call("get_insight_points", named.clone()).await;
        assert_eq!(all.items().len(), behind.len());
        let own = person.call("get_insight_points", named.clone()).await;
        assert_eq!(own.items().len(), at(&behind, SITE_8KP).len());
        nothing_of(SITE_3LW, &own, "points");
    }
}
